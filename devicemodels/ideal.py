"""The ideal n-level device: exact levels, one level a pulse, no noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from devicemodels.base import (
    AnyCounts,
    Conductances,
    Counts,
    States,
    checked_counts,
    checked_states,
)
from neuroskyrm.errors import DeviceError

PAPER_RANGE = (20e-6, 32e-6)
"""Conductance range of Chen et al.: G0 = 20 uS to 1.6 G0 [S]."""


class IdealDevice:
    """A deterministic device with n levels: each pulse moves it by exactly one.

    Parameters
    ----------
    levels : int or array_like
        Number of equidistant levels over `conductance_range`, or the levels themselves [S]
        (strictly ascending, 2 to 255 of them). 255 levels stand for a continuous device.
    conductance_range : tuple of float, optional
        Lowest and highest conductance [S], used with a number of levels.
    pulse_energy, pulse_time, area : float, optional
        Cost of one pulse [J], its duration [s], and the device's footprint [m^2].

    Raises
    ------
    DeviceError
        The levels are too few, too many, not positive or not ascending.
    """

    def __init__(
        self,
        levels: int | ArrayLike,
        conductance_range: tuple[float, float] = PAPER_RANGE,
        pulse_energy: float = 0.0,
        pulse_time: float = 0.0,
        area: float = 0.0,
    ) -> None:
        if isinstance(levels, (int, np.integer)):
            if not 2 <= levels <= 255:
                raise DeviceError(f"IdealDevice: levels = {levels}; allowed are 2 to 255.")
            values = np.linspace(*conductance_range, int(levels))
        else:
            values = np.array(levels, dtype=np.float64)
        if values.ndim != 1 or not 2 <= values.size <= 255:
            raise DeviceError(
                f"IdealDevice: levels have shape {values.shape}; allowed is one row of 2 to 255."
            )
        if not (np.isfinite(values).all() and values[0] > 0 and (np.diff(values) > 0).all()):
            raise DeviceError("IdealDevice: levels must be positive and rise from state to state.")
        self.name = f"ideal-{values.size}"
        self.pulse_energy = pulse_energy
        self.pulse_width = pulse_time
        self.pulse_time = pulse_time
        self.area = area
        self._levels = values

    @property
    def levels(self) -> Conductances:
        """Conductance of each state [S], ascending, shape (states,)."""
        return self._levels.copy()

    def conductance(self, state: States) -> Conductances:
        """Return the conductance [S] of each device, shape as `state`."""
        return self._levels[checked_states(self.name, state, len(self._levels))]

    def read(self, state: States, rng: np.random.Generator) -> Conductances:
        """Return the conductance [S] of each device; an ideal read has no noise."""
        return self.conductance(state)

    def visit(self, state: States, rng: np.random.Generator) -> Conductances:
        """Return zeros: every visit to a state is the same."""
        return np.zeros(state.shape)

    def pulse(
        self,
        state: States,
        count: AnyCounts,
        rng: np.random.Generator,
    ) -> States:
        """Return the states moved by `count` levels each, held at the ends of the range."""
        checked_states(self.name, state, len(self._levels))
        moved = state.astype(np.int32) + checked_counts(self.name, count, state.shape)
        return np.clip(moved, 0, len(self._levels) - 1).astype(np.uint8)

    def plan(self) -> Counts:
        """Return the pulses from state i to state j: their distance, shape (states, states)."""
        index = np.arange(len(self._levels), dtype=np.int16)
        return index[None, :] - index[:, None]

    def energy(self, count: NDArray[np.int64] | int) -> float:
        """Return the energy of `count` pulses altogether [J]."""
        return float(self.pulse_energy * np.sum(np.abs(count), dtype=np.float64))

    def spread(
        self,
        shape: tuple[int, ...],
        rng: np.random.Generator,
    ) -> Conductances:
        """Return ones: all devices are the same."""
        return np.ones(shape)
