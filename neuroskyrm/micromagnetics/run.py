"""One run of a simulation: from edge to edge of the drive, from row to row of the table.

Where it stands is a handful of numbers beside the memory of the integrator and what was recorded,
so that a run that was interrupted goes on from its last checkpoint with the same bits.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from neuroskyrm.errors import DataError
from neuroskyrm.micromagnetics import checkpoint
from neuroskyrm.micromagnetics.integrator import Integrator
from neuroskyrm.micromagnetics.recorder import Recorder

KEEP_SHARE = 0.05
"""Writing checkpoints may take this share of the time, however large they are."""


@dataclass
class Place:
    """Where a run stands.

    Parameters
    ----------
    origin, duration : float
        Begin and length of the run [s].
    begin : float
        Begin of the present segment, between two moments at which something jumps or is recorded.
    done : float
        Time done in it [s].
    steps : int
        Steps done in it.
    """

    origin: float
    duration: float
    begin: float
    done: float = 0.0
    steps: int = 0


class Keeper:
    """Writes a checkpoint of a run every now and then.

    Parameters
    ----------
    path : Path
        The file.
    every : float
        Time between checkpoints [s on the clock].
    seed : int
        Seed of the thermal field.
    """

    def __init__(self, path: Path, every: float, seed: int) -> None:
        self.path, self.every, self.seed = path, every, seed
        self._last, self._cost = time.monotonic(), 0.0

    def is_due(self) -> bool:
        """Whether enough time has passed since the last checkpoint."""
        return time.monotonic() - self._last >= max(self.every, self._cost / KEEP_SHARE)

    def save(self, place: Place, integrator: Integrator, recorder: Recorder) -> None:
        """Write all that the run needs to go on."""
        start = time.monotonic()
        more = {**integrator.memory(), **recorder.memory()}
        t = place.begin + place.done
        checkpoint.save(self.path, t, integrator, self.seed, asdict(place), more)
        self._last = time.monotonic()
        self._cost = self._last - start

    def load(self, place: Place, integrator: Integrator, recorder: Recorder) -> Place:
        """Return where the kept run stands, and set integrator and recorder to it.

        Raises
        ------
        DataError
            The file is damaged or belongs to another run.
        """
        _, numbers, more = checkpoint.load(self.path, integrator, self.seed)
        if not numbers:
            raise DataError(f"{self.path}: this checkpoint was not written inside a run.")
        steps = int(numbers.pop("steps"))
        kept = Place(**numbers, steps=steps)
        if (kept.origin, kept.duration) != (place.origin, place.duration):
            raise DataError(
                f"{self.path}: it keeps a run of {kept.duration:g} s from t = {kept.origin:g} s, "
                f"but this one is of {place.duration:g} s from t = {place.origin:g} s; remove the "
                f"file to begin anew."
            )
        integrator.recall(more)
        recorder.recall(more)
        return kept


def advance(
    integrator: Integrator,
    place: Place,
    end: float,
    current: Callable[[float], float],
    after_step: Callable[[], None],
) -> None:
    """Advance from where `place` says to `end`, between two jumps of the drive.

    `current` takes the time from the origin of the run; `place` follows every step.
    """
    begin, length = place.begin, end - place.begin

    def inside(t: float) -> float:
        # At the ends of the segment the current is the one inside it.
        return current(begin + (t - begin) * (1 - 2e-9) + length * 1e-9 - place.origin)

    if integrator.scheme.adaptive:
        while place.done < length * (1 - 1e-12):
            wanted = integrator.dt
            step = min(wanted, length - place.done)
            step_done = integrator.step(begin + place.done, step, inside)
            if step_done == step < wanted:
                integrator.dt = max(wanted, integrator.dt)
            place.done += step_done
            place.steps += 1
            after_step()
        return
    count = max(1, int(np.ceil(length / integrator.dt * (1 - 1e-9))))
    step = length / count
    while place.steps < count:
        integrator.step(begin + place.steps * step, step, inside)
        place.steps += 1
        place.done = place.steps * step
        after_step()
