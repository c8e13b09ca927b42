"""The on-line monitoring unit: one frame in, one verdict out (numpy and numba at run time)."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from networks.frame_inputs import Scalar, frame_inputs
from networks.recurrent import RecurrentClassifier
from networks.recurrent_features import Spacing
from neuroskyrm.errors import ConfigError, DataError
from neuroskyrm.io.atomic import replacing

UNSURE = "unsure"
"""The verdict's label when no class is probable enough, or the frames look unlike any known."""

_FORMAT = "neuroskyrm.process-monitor.1"


@dataclass(frozen=True)
class Verdict:
    """What the monitor thinks after a frame.

    Parameters
    ----------
    frame : int
        How many frames were used so far.
    time : float
        Time of the frame [s].
    label : str
        The most probable class, or "unsure".
    probabilities : tuple of float
        One for each class of the monitor.
    novelty : float
        Distance of the frame from all training frames; above 1 is farther than 99 in 100
        frames of held-out training runs.
    since_pulse : float or None
        Time since the pulse's centre where it is known, else since the frames began to change;
        None before that [s].
    """

    frame: int
    time: float
    label: str
    probabilities: tuple[float, ...]
    novelty: float
    since_pulse: float | None


@dataclass
class FrameCounts:
    """What happened to the frames that were offered.

    Parameters
    ----------
    used, damaged, late, missing : int
        Frames that moved the network; frames with NaN or |S_z| > 1; frames not newer than the
        last one; frames that should have come but did not.
    """

    used: int = 0
    damaged: int = 0
    late: int = 0
    missing: int = 0


class ProcessMonitor:
    """Watches a process frame by frame.

    Parameters
    ----------
    classifier : RecurrentClassifier
        The trained network.
    references : ndarray
        Profiles of training frames that novelty is measured from, shape (count, inputs).
    novelty_scale : float
        Distance that counts as novelty 1.
    threshold : float
        Least probability of a sure verdict (paper: 0.8).
    spacing : {"tails", "uniform"}
        Bins of the quantile function that the network was trained on.
    interval : float
        Time between frames in training [s]; a longer gap counts frames as missing.
    largest_novelty : float
        Above it the verdict is "unsure", whatever the probabilities.
    regions : int
        Parts along x that are sorted apart: 1 as in the paper; 2 tells the left half of a device
        from the right one.
    relative : bool
        Whether the network reads the change since the first frame: devices differ in how much is
        reversed to begin with, and an update is what changes.
    scalars : tuple of str
        Numbers of a frame that are read beside its sorted S_z, as the last inputs; frames must
        then be planes.
    """

    def __init__(
        self,
        classifier: RecurrentClassifier,
        references: NDArray[np.float32],
        novelty_scale: float,
        *,
        threshold: float = 0.8,
        spacing: Spacing = "tails",
        interval: float = 15e-12,
        largest_novelty: float = float("inf"),
        regions: int = 1,
        relative: bool = False,
        scalars: tuple[Scalar, ...] = (),
    ) -> None:
        quantiles = classifier.input_count - len(scalars)
        if regions < 1 or quantiles < regions or quantiles % regions:
            raise ConfigError(
                f"ProcessMonitor: {quantiles} inputs cannot be shared among {regions} regions."
            )
        if references.ndim != 2 or references.shape[1] != classifier.input_count:
            raise ConfigError(
                f"ProcessMonitor: references of shape {references.shape} do not fit "
                f"{classifier.input_count} inputs."
            )
        if not novelty_scale > 0:
            raise ConfigError(f"ProcessMonitor: 'novelty_scale' = {novelty_scale} must be above 0.")
        self.classifier = classifier
        self.references = references
        self.novelty_scale = novelty_scale
        self.threshold = threshold
        self.spacing: Spacing = spacing
        self.interval = interval
        self.largest_novelty = largest_novelty
        self.regions = regions
        self.relative = relative
        self.scalars = scalars
        self._lengths = np.einsum("ij,ij->i", references, references)
        self.reset()

    def reset(self, pulse_time: float | None = None) -> None:
        """Forget all frames and counts; `pulse_time` [s] is the pulse's centre, if known."""
        self.counts = FrameCounts()
        self.restart(pulse_time)

    def restart(self, pulse_time: float | None = None) -> None:
        """Forget all frames but keep the counts: another process begins in the same run."""
        self._state = self.classifier.initial_state()
        self._first: NDArray[np.float32] | None = None
        self._last_time: float | None = None
        self._onset: float | None = None
        self._pulse_time = pulse_time
        self.verdict: Verdict | None = None

    def update(self, frame: NDArray[np.floating], time: float) -> Verdict | None:
        """Take one frame and return the verdict.

        Parameters
        ----------
        frame : ndarray
            S_z of any shape and size (with regions: (..., nx), with scalars: (ny, nx)); or spins
            of shape (3, ny, nx), of which z is taken.
        time : float
            Time of the frame [s].

        Returns
        -------
        Verdict or None
            The last verdict is repeated for a damaged or late frame; it is None if there is
            none yet. `counts` tells what happened to each frame.
        """
        sz = frame[2] if frame.ndim == 3 and frame.shape[0] == 3 else frame
        if not _sound(sz):
            self.counts.damaged += 1
            return self.verdict
        if self._last_time is not None and time <= self._last_time:
            self.counts.late += 1
            return self.verdict
        count = self.classifier.input_count
        profile = frame_inputs(sz, count, self.spacing, self.regions, self.scalars)
        self._count_missing(time)
        self._note_change(profile, time)
        if self.relative and self._first is not None:
            profile = profile - self._first
        self._state, probabilities = self.classifier.step(profile, self._state)
        self._last_time = time
        self.counts.used += 1
        novelty = self.novelty(profile)
        self.verdict = Verdict(
            frame=self.counts.used,
            time=time,
            label=self._label(probabilities, novelty),
            probabilities=tuple(float(p) for p in probabilities),
            novelty=novelty,
            since_pulse=self._since_pulse(time),
        )
        return self.verdict

    def novelty(self, profile: NDArray[np.float32]) -> float:
        """Return the distance of a profile from the nearest training frame, scaled."""
        squares = self._lengths - 2 * (self.references @ profile) + profile @ profile
        distance = np.sqrt(max(float(squares.min()), 0.0) / profile.size)
        return float(distance / self.novelty_scale)

    def _label(self, probabilities: NDArray[np.float32], novelty: float) -> str:
        best = int(probabilities.argmax())
        sure = probabilities[best] >= self.threshold and novelty <= self.largest_novelty
        return self.classifier.classes[best] if sure else UNSURE

    def _count_missing(self, time: float) -> None:
        if self._last_time is not None:
            gap = round((time - self._last_time) / self.interval) - 1
            self.counts.missing += max(0, gap)

    def _note_change(self, profile: NDArray[np.float32], time: float) -> None:
        if self._first is None:
            self._first = profile
        elif self._onset is None and np.abs(profile - self._first).mean() > 0.02:
            self._onset = time

    def _since_pulse(self, time: float) -> float | None:
        known = self._pulse_time if self._pulse_time is not None else self._onset
        return None if known is None or time < known else time - known

    def save(self, path: Path) -> None:
        """Write the monitor as one safetensors file."""
        from safetensors.numpy import save_file

        net = self.classifier
        settings = {
            "classes": net.classes, "temperature": net.temperature, "threshold": self.threshold,
            "novelty_scale": self.novelty_scale, "spacing": self.spacing,
            "interval": self.interval,
            "largest_novelty": min(self.largest_novelty, 1e30),
            "regions": self.regions, "relative": self.relative, "scalars": self.scalars,
        }  # fmt: skip
        tensors = {
            "inputs": net.inputs, "recurrent": net.recurrent, "outputs": net.outputs,
            "hidden_bias": net.hidden_bias, "output_bias": net.output_bias,
            "references": self.references,
        }  # fmt: skip
        tensors = {name: np.ascontiguousarray(value) for name, value in tensors.items()}
        with replacing(path) as temporary:
            metadata = {"format": _FORMAT, "settings": json.dumps(settings)}
            save_file(tensors, temporary, metadata=metadata)

    @classmethod
    def load(cls, path: Path) -> ProcessMonitor:
        """Read a monitor that `save` wrote.

        Raises
        ------
        DataError
            The file is missing, damaged, or not a process monitor.
        """
        tensors, settings = _read(path)
        try:
            references = tensors.pop("references")
            network = RecurrentClassifier(
                **tensors,
                classes=tuple(settings["classes"]),
                temperature=settings["temperature"],
            )
            return cls(
                network,
                references,
                settings["novelty_scale"],
                threshold=settings["threshold"],
                spacing=settings["spacing"],
                interval=settings["interval"],
                largest_novelty=settings["largest_novelty"],
                regions=settings.get("regions", 1),
                relative=settings.get("relative", False),
                scalars=tuple(settings.get("scalars", ())),
            )
        except (KeyError, IndexError, TypeError, ValueError) as problem:
            raise DataError(f"{path}: a damaged process monitor ({problem}).") from None

    def with_classifier(self, **changes: Any) -> ProcessMonitor:
        """Return a monitor whose classifier has some fields replaced."""
        return ProcessMonitor(
            replace(self.classifier, **changes),
            self.references,
            self.novelty_scale,
            threshold=self.threshold,
            spacing=self.spacing,
            interval=self.interval,
            largest_novelty=self.largest_novelty,
            regions=self.regions,
            relative=self.relative,
            scalars=self.scalars,
        )


def _read(path: Path) -> tuple[dict[str, NDArray[np.float32]], dict[str, Any]]:
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise DataError(f"{path}: there is no such file.")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != _FORMAT:
                raise DataError(f"{path}: this is not a process monitor of neuroskyrm.")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return tensors, json.loads(metadata["settings"])
    except (SafetensorError, json.JSONDecodeError, KeyError) as problem:
        raise DataError(f"{path}: damaged ({problem}).") from None


def _sound(sz: NDArray[np.floating]) -> bool:
    """Return whether a frame has sites and no NaN, infinity or |S_z| > 1."""
    if sz.size == 0 or not np.issubdtype(sz.dtype, np.floating):
        return False
    # NaN fails both comparisons.
    return bool(sz.min() >= -1.001 and sz.max() <= 1.001)
