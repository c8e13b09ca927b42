"""What people see of a watched run: the latest frame, the curves so far, alarms and counts.

The monitor's thread writes, pages and panels read; both only hold a lock for a moment, and the
simulation never touches the board.
"""

from __future__ import annotations

import threading
from base64 import b64encode
from collections import deque
from math import isfinite
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from networks.monitor import UNSURE, Verdict
from neuroskyrm.texture.lattice_charge import lattice_charge

PIXELS = 128
"""Largest side of the picture."""

POINTS = 1000
"""Points of a curve; a longer run is thinned by leaving out every second one."""

_ALARMS = 50
_CURVES = ("time", "mx", "my", "mz", "charge", "novelty")


class Board:
    """The state of a watched run, ready to be shown.

    Parameters
    ----------
    title : str
        What is watched.
    classes : tuple of str
        Names of the monitor's classes.
    alarming : tuple of str
        Labels that are an alarm besides "unsure", e.g. ("lost",).
    alarm_at : {"verdict", "update"}
        Whether every verdict counts, or only the last one of each process (`restart`).
    periodic : tuple of bool
        Whether the charge is counted across the edges in x and y.
    """

    def __init__(
        self,
        title: str,
        classes: tuple[str, ...],
        alarming: tuple[str, ...] = (),
        alarm_at: Literal["verdict", "update"] = "verdict",
        periodic: tuple[bool, bool] = (False, False),
    ) -> None:
        self.title = title
        self.classes = classes
        self._alarming = {UNSURE, *alarming}
        self._alarm_at = alarm_at
        self._periodic = periodic
        self._lock = threading.Lock()
        self._curves: dict[str, list[float]] = {name: [] for name in (*_CURVES, *classes)}
        self._every, self._seen = 1, 0
        self._alarms: deque[dict[str, Any]] = deque(maxlen=_ALARMS)
        self._alarm_count = 0
        self._picture: NDArray[np.uint8] | None = None
        self._verdict: Verdict | None = None
        self._counts: dict[str, int] = {}
        self._progress: tuple[float, str] = (0.0, "")
        self._state = "running"
        self._revision = 0

    def show(
        self,
        frame: NDArray[np.floating] | None,
        time: float,
        verdict: Verdict | None,
        counts: dict[str, int],
    ) -> None:
        """Take in one frame and what was said about it.

        Parameters
        ----------
        frame : ndarray or None
            Spins, shape (3, ny, nx) or (3, layers, ny, nx), of which the uppermost layer is
            shown; None if it was damaged.
        time : float
            Its time [s].
        verdict : Verdict or None
            The latest verdict.
        counts : dict
            What became of the frames so far.
        """
        fresh = verdict is not None and verdict.time == time
        picture = mean = None
        charge = 0.0
        if frame is not None:
            frame = frame[:, -1] if frame.ndim == 4 else frame
            picture = picture_of(frame[2])
            mean = frame.mean(axis=(1, 2), dtype=np.float64)
            charge = lattice_charge(frame, self._periodic)
        with self._lock:
            self._counts = dict(counts)
            self._verdict = verdict
            if picture is not None:
                self._picture = picture
            if fresh and verdict is not None and mean is not None:
                row = dict(zip(_CURVES, (time, *mean, charge, verdict.novelty), strict=True))
                self._add(row | dict(zip(self.classes, verdict.probabilities, strict=True)))
            self._revision += 1

    def tell(self, event: dict[str, Any]) -> None:
        """Take in one event of the stream; keep it if it is an alarm."""
        kind = event["event"]
        alarm = kind in ("damaged", "novel") or (
            kind == self._alarm_at and event.get("label") in self._alarming
        )
        with self._lock:
            if kind == "end":
                self._counts = {k: v for k, v in event.items() if k != "event"}
                self._state = "ended"
            if alarm:
                self._alarm_count += 1
                self._alarms.append(
                    {key: event[key] for key in ("event", "time", "label") if key in event}
                )
            self._revision += 1

    def progress(self, share: float, text: str = "") -> None:
        """Note how much of the run is done, 0 to 1, and what is going on."""
        with self._lock:
            self._progress = (float(share), text)

    def fail(self, message: str) -> None:
        """Say that the run broke off, and why."""
        with self._lock:
            self._state = f"stopped: {message}"
            self._revision += 1

    def snapshot(self) -> dict[str, Any]:
        """Return everything that is to be shown, ready for JSON (the picture in base64)."""
        with self._lock:
            verdict, picture = self._verdict, self._picture
            shape = picture.shape if picture is not None else (0, 0)
            alarm = verdict is not None and verdict.label in self._alarming
            alarm = alarm and self._alarm_at == "verdict"
            return {
                "title": self.title,
                "classes": list(self.classes),
                "revision": self._revision,
                "state": self._state,
                "progress": self._progress[0],
                "doing": self._progress[1],
                "label": verdict.label if verdict else None,
                "alarm": alarm,
                "since_pulse": verdict.since_pulse if verdict else None,
                "curves": {name: list(values) for name, values in self._curves.items()},
                "alarms": list(self._alarms),
                "alarm_count": self._alarm_count,
                "counts": dict(self._counts),
                "rows": shape[0],
                "columns": shape[1],
                "picture": b64encode(picture.tobytes()).decode() if picture is not None else "",
            }

    def _add(self, row: dict[str, float]) -> None:
        """Append to the curves, thinning them when they are full."""
        if self._seen % self._every == 0:
            for name, value in row.items():
                self._curves[name].append(float(value) if isfinite(value) else 0.0)
        self._seen += 1
        if len(self._curves["time"]) > POINTS:
            self._every *= 2
            for name, values in self._curves.items():
                self._curves[name] = values[::2]


def picture_of(sz: NDArray[np.floating], pixels: int = PIXELS) -> NDArray[np.uint8]:
    """Return S_z as bytes (0 is -1, 255 is +1), at most `pixels` wide and high.

    Parameters
    ----------
    sz : ndarray
        Shape (ny, nx).
    pixels : int
        Largest side; larger frames are averaged over blocks.
    """
    block = -(-max(sz.shape) // pixels)
    rows, columns = (-(-side // block) for side in sz.shape)
    starts = np.arange(rows) * block, np.arange(columns) * block
    summed = np.add.reduceat(np.add.reduceat(sz, starts[0], axis=0), starts[1], axis=1)
    heights = np.diff([*starts[0], sz.shape[0]])
    widths = np.diff([*starts[1], sz.shape[1]])
    mean = summed / (heights[:, None] * widths)
    levels = np.clip(np.rint((mean + 1) * 127.5), 0, 255)
    return np.asarray(levels, dtype=np.uint8)
