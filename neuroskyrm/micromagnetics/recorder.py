"""What a run writes down, and when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.io.trajectory import Trajectory
from neuroskyrm.micromagnetics.sample import State

Quantity = Callable[[State], float]


class Recorder:
    """Rows of a table and snapshots at regular moments.

    Parameters
    ----------
    quantities : dict of str to callable
        Extra columns.
    start, duration : float
        Span of the run [s].
    every, snapshot_every : float, optional
        Time between rows and between snapshots [s].
    """

    def __init__(
        self,
        quantities: Mapping[str, Quantity],
        start: float,
        duration: float,
        every: float | None,
        snapshot_every: float | None,
    ) -> None:
        self.quantities = dict(quantities)
        self._rows = _moments(start, duration, every)
        self._frames = _moments(start, duration, snapshot_every) if snapshot_every else set()
        self.table: dict[str, list[float]] = {}
        self.snapshots: list[Any] = []
        self.times: list[float] = []

    @property
    def moments(self) -> set[float]:
        """All times after the start at which something is to be recorded [s]."""
        return {t for t in self._rows | self._frames if t > min(self._rows)}

    def see(self, state: State) -> None:
        """Record what is due at the time of `state`."""
        if state.t in self._rows:
            mx, my, mz = state.mean()
            row = {"t": state.t, "mx": mx, "my": my, "mz": mz, "current": state.current}
            row.update({name: float(f(state)) for name, f in self.quantities.items()})
            for name, value in row.items():
                self.table.setdefault(name, []).append(float(value))
        if state.t in self._frames:
            self.snapshots.append(state.m.astype(np.float32))
            self.times.append(state.t)

    def memory(self) -> dict[str, NDArray[Any]]:
        """Return all that was recorded, by names that `recall` understands."""
        columns = {f"column.{name}": np.array(column) for name, column in self.table.items()}
        frames = np.stack(self.snapshots) if self.snapshots else np.zeros(0)
        return {**columns, "frames": frames, "frame_times": np.array(self.times)}

    def recall(self, memory: Mapping[str, NDArray[Any]]) -> None:
        """Take back what `memory` returned."""
        names = [name for name in memory if name.startswith("column.")]
        self.table = {name.removeprefix("column."): memory[name].tolist() for name in names}
        self.snapshots, self.times = list(memory["frames"]), memory["frame_times"].tolist()

    def trajectory(self, attrs: dict[str, Any]) -> Trajectory:
        """Return everything recorded."""
        table = {name: np.array(column) for name, column in self.table.items()}
        if not self.snapshots:
            return Trajectory(table, attrs=attrs)
        return Trajectory(table, np.stack(self.snapshots), np.array(self.times), attrs)


def _moments(start: float, duration: float, every: float | None) -> set[float]:
    """Return start, end, and every multiple of `every` between them [s]."""
    end = start + duration
    if every is None:
        return {start, end}
    count = int(np.floor(duration / every * (1 + 1e-9)))
    inner = {start + i * every for i in range(count + 1)}
    return {t for t in inner if t < end - 1e-6 * every} | {start, end}
