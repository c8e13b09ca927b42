"""An array of devices: one byte of state each, and what makes each of them individual."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from devicemodels.base import Conductances, Counts, DeviceModel, States, checked_counts


class DeviceArray:
    """Devices of one model in an array, with their spread.

    Individual offsets are kept in single precision, and only where the model has any.

    Parameters
    ----------
    model : DeviceModel
        What each device is.
    state : ndarray of uint8
        States, any shape; the array takes them over.
    rng : numpy.random.Generator
        Draws the device-to-device spread and the first visit to each state.
    """

    def __init__(self, model: DeviceModel, state: States, rng: np.random.Generator) -> None:
        self.model = model
        self.state = state
        self.levels = model.levels
        self.gain = _unless_all(1.0, model.spread(state.shape, rng))
        self.offset = _unless_all(0.0, model.visit(state, rng))

    def conductance(self) -> Conductances:
        """Return each device's own conductance [S], without read noise, shape of the array."""
        mean = self.model.conductance(self.state)
        if self.gain is not None:
            mean = self.levels[0] + self.gain * (mean - self.levels[0])
        if self.offset is not None:
            mean = mean + self.offset
        return np.maximum(mean, 0.0)

    def read(self, rng: np.random.Generator) -> Conductances:
        """Return one noisy read of each device [S], shape of the array."""
        noise = self.model.read(self.state, rng) - self.model.conductance(self.state)
        return np.maximum(self.conductance() + noise, 0.0)

    def pulse(self, count: Counts, rng: np.random.Generator) -> Counts:
        """Apply signed pulse counts to the devices; return the counts, shape of the array.

        Raises
        ------
        DeviceError
            The counts do not fit the array.
        """
        counts = checked_counts(self.model.name, count, self.state.shape)
        self.state = self.model.pulse(self.state, counts, rng)
        self._visit(counts != 0, rng)
        return counts

    def _visit(self, touched: NDArray[np.bool_], rng: np.random.Generator) -> None:
        """Draw anew how far each touched device lies from the mean of its state."""
        fresh = _unless_all(0.0, self.model.visit(self.state, rng))
        if fresh is not None:
            kept = 0.0 if self.offset is None else self.offset
            self.offset = np.where(touched, fresh, kept).astype(np.float32)


def _unless_all(value: float, array: Conductances) -> NDArray[np.float32] | None:
    """Return `array` in single precision, or None if it holds nothing but `value`."""
    return None if (array == value).all() else array.astype(np.float32)
