"""From labelled processes to a monitor, and the small version of it that the demo runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from networks.frame_inputs import Scalar, process_inputs
from networks.monitor import ProcessMonitor, Verdict
from networks.recurrent_features import Spacing
from networks.recurrent_training import Training, TrainingHistory, train_classifier
from neuroskyrm.atomistic.labels import LABELS, MIXED
from neuroskyrm.atomistic.process import Process, ProcessRun, simulate_process, simulate_processes
from neuroskyrm.atomistic.pulse import FieldPulse
from neuroskyrm.seeds import generator

Progress = Callable[[int, int], None]

CLEAR = LABELS[:3]
"""The classes of the paper's network; mixed processes are not trained on."""

_REFERENCES = 1024


@dataclass(frozen=True, eq=False)
class ProfileSet:
    """Labelled processes, ready for training.

    Parameters
    ----------
    profiles : ndarray
        Float32, shape (processes, frames, inputs).
    labels : ndarray
        Indices into `LABELS`, shape (processes,).
    interval : float
        Time between frames [s].
    spacing : {"tails", "uniform"}
        Bins of the quantile functions.
    regions : int
        Parts along x that were sorted apart.
    relative : bool
        Whether the profiles are changes since the first frame.
    scalars : tuple of str
        What the last inputs are; see `frame_inputs`.
    """

    profiles: NDArray[np.float32]
    labels: NDArray[np.int64]
    interval: float
    spacing: Spacing = "tails"
    regions: int = 1
    relative: bool = False
    scalars: tuple[Scalar, ...] = ()

    def only(self, chosen: Sequence[int]) -> ProfileSet:
        """Return the processes whose label is one of `chosen`."""
        keep = np.isin(self.labels, chosen)
        return replace(self, profiles=self.profiles[keep], labels=self.labels[keep])

    def __len__(self) -> int:
        return len(self.labels)

    def joined(self, *others: ProfileSet) -> ProfileSet:
        """Return this set and `others` as one."""
        every = (self, *others)
        return replace(
            self,
            profiles=np.concatenate([one.profiles for one in every]),
            labels=np.concatenate([one.labels for one in every]),
        )


def collect_profiles(
    runs: Iterable[ProcessRun],
    inputs: int,
    spacing: Spacing = "tails",
    scalars: tuple[Scalar, ...] = (),
) -> ProfileSet:
    """Return the inputs and labels of simulated processes; frames are not kept."""
    profiles, labels, interval = [], [], 0.0
    for run in runs:
        profiles.append(process_inputs(run.frames, inputs, spacing, scalars))
        labels.append(run.label)
        interval = float(np.diff(run.times).mean())
    return ProfileSet(
        np.stack(profiles), np.array(labels, dtype=np.int64), interval, spacing, scalars=scalars
    )


def train_monitor(
    data: ProfileSet,
    training: Training,
    classes: tuple[str, ...] = CLEAR,
    progress: Progress | None = None,
) -> tuple[ProcessMonitor, TrainingHistory]:
    """Train the classifier and measure how far apart known frames lie.

    Parameters
    ----------
    data : ProfileSet
        Labelled processes; labels beyond `classes` are left out of the training.
    training : Training
        Options.
    classes : tuple of str
        The first names of `LABELS`: three as in the paper, or four with "mixed".
    progress : callable, optional
        Called with (epoch, epochs).

    Returns
    -------
    monitor : ProcessMonitor
    history : TrainingHistory
    """
    known = data.only(range(len(classes)))
    net, history = train_classifier(known.profiles, known.labels, classes, training, progress)
    references, scale = _reference_frames(known.profiles, generator(training.seed, "references"))
    monitor = ProcessMonitor(
        net, references, scale,
        spacing=data.spacing, interval=data.interval, regions=data.regions, relative=data.relative,
        scalars=data.scalars,
    )  # fmt: skip
    return monitor, history


def _reference_frames(
    profiles: NDArray[np.float32], rng: np.random.Generator
) -> tuple[NDArray[np.float32], float]:
    """Return reference frames, and the distance that 99 in 100 held-out frames stay within."""
    runs = rng.permutation(len(profiles))
    held, kept = runs[: max(1, len(runs) // 5)], runs[max(1, len(runs) // 5) :]
    known = profiles[kept].reshape(-1, profiles.shape[-1])
    other = profiles[held].reshape(-1, profiles.shape[-1])
    known = known[rng.permutation(len(known))[:_REFERENCES]]
    squares = (
        (known**2).sum(1)[None, :] - 2 * other @ known.T + (other**2).sum(1)[:, None]
    ) / profiles.shape[-1]
    distance = np.sqrt(np.maximum(squares.min(axis=1), 0.0))
    return known, max(float(np.quantile(distance, 0.99)), 1e-6)


@dataclass(frozen=True, eq=False)
class WatchedProcess:
    """A trained monitor, and what it said about a process it had never seen.

    Parameters
    ----------
    monitor : ProcessMonitor
        The monitor, after its last frame.
    run : ProcessRun
        The unseen process: frames, magnetisation, charge, true label.
    verdicts : tuple of Verdict
        One for each frame.
    counts : dict
        Training processes by label, mixed ones (left out) too.
    accuracy : float
        Part of the clear training-grid processes that the final monitor names correctly.
    """

    monitor: ProcessMonitor
    run: ProcessRun
    verdicts: tuple[Verdict, ...]
    counts: dict[str, int]
    accuracy: float

    @property
    def correct(self) -> bool:
        """Whether the last verdict is the true label."""
        return self.verdicts[-1].label == self.run.label_name


def training_grid(polar: float = 50.0, side: int = 11) -> list[Process]:
    """Return a coarse grid over width (2 to 44 ps) and damping (0.08 to 0.72)."""
    widths = np.linspace(2e-12, 44e-12, side)
    dampings = np.linspace(0.08, 0.72, side)
    return [
        Process(float(damping), FieldPulse(float(width), polar=polar))
        for damping in dampings
        for width in widths
    ]


UNSEEN = Process(damping=0.36, pulse=FieldPulse(width=28e-12, polar=40.0))
"""The switching process of Fig. 4 (b), at another pulse angle than the training grid."""


def watch_unseen_process(
    unseen: Process = UNSEEN,
    seed: int = 0,
    threads: int = 1,
    inputs: int = 64,
    hidden: int = 32,
    progress: Progress | None = None,
) -> WatchedProcess:
    """Simulate a coarse process diagram, train a small monitor on it, and watch a new process.

    Takes about ten seconds: 121 processes at theta = 50 degrees, a 64-32-3 network, and one
    process at another angle, which the monitor sees frame by frame.

    Parameters
    ----------
    unseen : Process
        The process to watch.
    seed : int
        Seed of the training.
    threads : int
        Simulations side by side; the result does not depend on it.
    inputs, hidden : int
        Quantiles of a frame, and hidden neurons.
    progress : callable, optional
        Called with (done, total) processes.

    Returns
    -------
    WatchedProcess
    """
    data = collect_profiles(simulate_processes(training_grid(), threads, progress), inputs)
    training = Training(hidden=hidden, epochs=150, patience=100, rate=1e-2, batch=16, seed=seed)
    monitor, _ = train_monitor(data, training)
    run = simulate_process(unseen)
    monitor.reset(pulse_time=unseen.pulse.centre)
    pairs = zip(run.frames, run.times, strict=True)
    verdicts = [monitor.update(frame, float(time)) for frame, time in pairs]
    clear = data.only(range(MIXED))
    hits = monitor.classifier.predict(clear.profiles) == clear.labels
    return WatchedProcess(
        monitor=monitor,
        run=run,
        verdicts=tuple(verdict for verdict in verdicts if verdict is not None),
        counts={name: int((data.labels == k).sum()) for k, name in enumerate(LABELS)},
        accuracy=float(hits.mean()),
    )
