"""Training and test processes for the classifier's experiments: chosen, simulated, kept on disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from networks.frame_inputs import Scalar, process_inputs
from networks.monitor_training import ProfileSet
from networks.recurrent_features import Spacing
from neuroskyrm.atomistic.diagram import clear_interior
from neuroskyrm.atomistic.labels import LABELS, MIXED
from neuroskyrm.atomistic.process import Process, simulate_processes
from neuroskyrm.errors import ConfigError, DataError
from neuroskyrm.io.atomic import replacing

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True, eq=False)
class FrameStore:
    """Frames of many processes.

    Parameters
    ----------
    frames : ndarray
        S_z in half precision, shape (processes, frames, ny, nx); may be mapped from disk.
    labels : ndarray
        Indices into `LABELS`, shape (processes,).
    interval : float
        Time between frames [s].
    """

    frames: NDArray[np.float16]
    labels: NDArray[np.int64]
    interval: float

    def profiles(
        self, count: int, spacing: Spacing = "tails", scalars: tuple[Scalar, ...] = ()
    ) -> ProfileSet:
        """Return what a network of `count` inputs reads of all processes."""
        inputs = [
            process_inputs(f.astype(np.float32), count, spacing, scalars) for f in self.frames
        ]
        return ProfileSet(np.stack(inputs), self.labels, self.interval, spacing, scalars=scalars)

    def unsorted(self) -> ProfileSet:
        """Return the frames as they are, site by site."""
        flat = self.frames.reshape(*self.frames.shape[:2], -1).astype(np.float32)
        return ProfileSet(flat, self.labels, self.interval, "uniform")


def simulate_store(
    processes: Sequence[Process],
    path: Path,
    threads: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> FrameStore:
    """Simulate processes and keep their frames in `path`; a complete file is read instead.

    Parameters
    ----------
    processes : sequence of Process
        All with the same lattice and number of frames.
    path : Path
        An npz file.
    threads : int
        Processes side by side.
    progress : callable, optional
        Called with (done, total).

    Raises
    ------
    DataError
        The file holds another number of processes.
    """
    if not path.exists():
        frames = np.empty(
            (len(processes), len(processes[0].frame_times), *processes[0].shape), dtype=np.float16
        )
        labels = np.empty(len(processes), dtype=np.int64)
        for k, run in enumerate(simulate_processes(processes, threads, progress)):
            frames[k], labels[k] = run.frames, run.label
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(file, frames=frames, labels=labels)
    with np.load(path, allow_pickle=False) as file:
        frames, labels = file["frames"], file["labels"]
    if len(frames) != len(processes):
        raise DataError(f"{path}: holds {len(frames)} processes, but {len(processes)} are needed.")
    return FrameStore(frames, labels, float(np.diff(processes[0].frame_times).mean()))


def sampled_processes(
    diagram: xarray.Dataset,
    base: Process,
    label: int,
    count: int,
    rng: np.random.Generator,
    margin: int = 1,
) -> list[Process]:
    """Return processes at random points of one label's area of a (damping, width) diagram.

    Parameters
    ----------
    diagram : xarray.Dataset
        From `process_diagram` over damping and width.
    base : Process
        What the axes do not vary.
    label : int
        Which area. For the clear labels only its interior is used (the paper's Fig. 11).
    count : int
        How many.
    rng : numpy.random.Generator
        Chooses cells, and points within half a cell of them.
    margin : int
        Distance that the interior keeps from other labels [cells].

    Raises
    ------
    ConfigError
        The label has no (interior) points.
    """
    labels = diagram["label"].values
    area = labels == label
    if label != MIXED:
        area &= clear_interior(labels, margin)
    cells = np.argwhere(area)
    if len(cells) == 0:
        raise ConfigError(f"The diagram has no interior points labelled '{LABELS[label]}'.")
    dampings, widths = diagram["damping"].values, diagram["width"].values
    steps = np.array([np.diff(dampings).mean(), np.diff(widths).mean()])
    chosen = cells[rng.integers(len(cells), size=count)]
    points = np.stack([dampings[chosen[:, 0]], widths[chosen[:, 1]]], axis=1)
    points += rng.uniform(-0.5, 0.5, points.shape) * steps
    return [
        replace(base, damping=float(a), pulse=replace(base.pulse, width=float(w)))
        for a, w in points
    ]
