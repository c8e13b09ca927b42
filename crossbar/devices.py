"""An array of devices: one byte of state each, and what makes each of them individual."""

from __future__ import annotations

from copy import copy

import numpy as np
from numpy.typing import NDArray

from devicemodels.base import AnyCounts, Conductances, Counts, DeviceModel, States, checked_counts
from devicemodels.retention import Retention
from devicemodels.variability import OPEN, STUCK_HIGH, STUCK_LOW, WORKING, Faults

INDIVIDUAL = ("state", "condition", "gain", "offset", "age")
"""Arrays of what each device has of its own; all but the state may be None."""


class DeviceArray:
    """Devices of one model in an array, with their spread, faults and age.

    Individual properties are kept in single precision, and only where there are any.

    Parameters
    ----------
    model : DeviceModel
        What each device is.
    state : ndarray of uint8
        States, any shape; the array takes them over.
    rng : numpy.random.Generator
        Draws the device-to-device spread, the first visit to each state, and the faults.
    faults : Faults, optional
        Shares of broken devices.
    retention : Retention, optional
        How resting devices relax. Default: they do not.
    """

    def __init__(
        self,
        model: DeviceModel,
        state: States,
        rng: np.random.Generator,
        faults: Faults | None = None,
        retention: Retention | None = None,
    ) -> None:
        self.model = model
        self.levels = model.levels
        self.retention = retention
        self.condition = None if faults is None else faults.draw(state.shape, rng)
        self.state = self._held(state)
        self.gain = _unless_all(1.0, model.spread(state.shape, rng))
        self.offset = _unless_all(0.0, model.visit(self.state, rng))
        self.age: NDArray[np.float32] | None = None

    def conductance(self) -> Conductances:
        """Return each device's own conductance [S], without read noise, shape of the array."""
        mean = self.model.conductance(self.state)
        if self.gain is not None:
            mean = self.levels[0] + self.gain * (mean - self.levels[0])
        if self.offset is not None:
            mean = mean + self.offset
        if self.age is not None and self.retention is not None:
            mean = self.retention.drifted(mean, self.age, (self.levels[0], self.levels[-1]))
        return self._connected(np.maximum(mean, 0.0))

    def read(self, rng: np.random.Generator) -> Conductances:
        """Return one noisy read of each device [S], shape of the array."""
        noise = self.model.read(self.state, rng) - self.model.conductance(self.state)
        return self._connected(np.maximum(self.conductance() + noise, 0.0))

    def pulse(self, count: AnyCounts, rng: np.random.Generator) -> Counts:
        """Apply signed pulse counts to the devices; return the counts, shape of the array.

        Raises
        ------
        DeviceError
            The counts do not fit the array.
        """
        counts = checked_counts(self.model.name, count, self.state.shape)
        touched = counts != 0
        effective = counts
        if self.age is not None and self.retention is not None:
            missed = self.retention.latency * self.retention.cold(self.age, rng)
            effective = (np.sign(counts) * np.maximum(np.abs(counts) - missed, 0)).astype(np.int16)
            self.age[touched] = 0.0
        self.state = self._held(self.model.pulse(self.state, effective, rng))
        self._visit(touched, rng)
        return counts

    def taken(self, places: NDArray[np.intp]) -> DeviceArray:
        """Return copies of the devices at flat `places`, shape (len(places),)."""
        few = copy(self)
        for name in INDIVIDUAL:
            mine = getattr(self, name)
            setattr(few, name, None if mine is None else mine.ravel()[places])
        return few

    def put(self, places: NDArray[np.intp], few: DeviceArray) -> None:
        """Put devices from `taken` back to their `places`."""
        for name in INDIVIDUAL:
            mine, theirs = getattr(self, name), getattr(few, name)
            if theirs is not None:
                if mine is None:  # they met their first deviation away from here
                    setattr(self, name, np.zeros(self.state.shape, dtype=theirs.dtype))
                getattr(self, name).ravel()[places] = theirs

    def rest(self, duration: float) -> None:
        """Leave all devices alone for `duration` [s]; matters only with a retention."""
        if self.retention is not None:
            if self.age is None:
                self.age = np.zeros(self.state.shape, dtype=np.float32)
            self.age += np.float32(duration)

    def initialise(self) -> None:
        """Reboot relaxed devices: skyrmions gather again and the next pulse finds them."""
        if self.age is not None:
            self.age[:] = 0.0

    def _visit(self, touched: NDArray[np.bool_], rng: np.random.Generator) -> None:
        """Draw anew how far each touched device lies from the mean of its state."""
        fresh = _unless_all(0.0, self.model.visit(self.state, rng))
        if fresh is not None:
            kept = 0.0 if self.offset is None else self.offset
            self.offset = np.where(touched, fresh, kept).astype(np.float32)

    def _held(self, state: States) -> States:
        """Return `state` with stuck devices where they are stuck."""
        if self.condition is not None:
            state = state.copy()
            state[self.condition == STUCK_LOW] = 0
            state[self.condition == STUCK_HIGH] = len(self.levels) - 1
        return state

    def _connected(self, conductance: Conductances) -> Conductances:
        """Return `conductance` with open devices at zero."""
        if self.condition is not None:
            conductance[self.condition == OPEN] = 0.0
        return conductance

    @property
    def working(self) -> NDArray[np.bool_]:
        """Which devices are neither stuck nor open, shape of the array."""
        if self.condition is None:
            return np.ones(self.state.shape, dtype=np.bool_)
        working: NDArray[np.bool_] = self.condition == WORKING
        return working


def _unless_all(value: float, array: Conductances) -> NDArray[np.float32] | None:
    """Return `array` in single precision, or None if it holds nothing but `value`."""
    return None if (array == value).all() else array.astype(np.float32)
