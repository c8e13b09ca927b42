"""The seam that users extend: what every synaptic device can do, over arrays of any shape."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.errors import DeviceError

States = NDArray[np.uint8]
"""Device states: one byte each, 0 is the lowest conductance."""

Conductances = NDArray[np.float64]
"""Conductances [S]."""

Counts = NDArray[np.int16]
"""Signed pulse counts: positive potentiates, negative depresses."""

AnyCounts = NDArray[np.integer[Any]] | np.integer[Any] | int
"""Pulse counts as callers may give them: an array, or one number for every device."""


@runtime_checkable
class DeviceModel(Protocol):
    """A vectorised synaptic device with integer states.

    A skyrmion card, an ideal n-level device and a user's measured staircase all look like this,
    and are interchangeable everywhere above.
    """

    name: str
    pulse_width: float
    """Duration of one programming pulse [s]."""
    pulse_time: float
    """Duration of one programming pulse with the pause after it [s]."""
    area: float
    """Footprint of one device [m^2]."""

    @property
    def levels(self) -> Conductances:
        """Mean conductance of each state [S], ascending, shape (states,)."""

    def conductance(self, state: States) -> Conductances:
        """Return the mean conductance [S] of each device, shape as `state`."""

    def read(self, state: States, rng: np.random.Generator) -> Conductances:
        """Return one noisy read of each device [S], shape as `state`."""

    def visit(self, state: States, rng: np.random.Generator) -> Conductances:
        """Return how far each fresh visit to its state lies from the mean [S] (write noise)."""

    def pulse(self, state: States, count: AnyCounts, rng: np.random.Generator) -> States:
        """Return the states after `count` pulses each (sign: potentiation or depression)."""

    def plan(self) -> Counts:
        """Return the signed pulses that best take state i to state j, shape (states, states)."""

    def energy(self, count: NDArray[np.int64] | int) -> float:
        """Return the energy of `count` pulses altogether [J]."""

    def spread(self, shape: tuple[int, ...], rng: np.random.Generator) -> Conductances:
        """Return a factor on the conductance range of each device (device to device)."""


def checked_states(model: str, state: States, states: int) -> States:
    """Return `state`, or raise if one lies outside 0 ... states - 1.

    Raises
    ------
    DeviceError
        The states are not bytes, or one does not exist in the device.
    """
    if state.dtype != np.uint8:
        raise DeviceError(f"{model}: states are of type {state.dtype}; they must be uint8.")
    if state.size and int(state.max()) >= states:
        raise DeviceError(
            f"{model}: state {int(state.max())} does not exist; states go from 0 to {states - 1}."
        )
    return state


def checked_counts(model: str, count: AnyCounts, shape: tuple[int, ...]) -> Counts:
    """Return pulse counts as int16 in `shape` (a single number is given to every device).

    Raises
    ------
    DeviceError
        The counts are not whole numbers within int16, or their shape does not fit.
    """
    count = np.asarray(count)
    if not np.issubdtype(count.dtype, np.integer):
        raise DeviceError(
            f"{model}: pulse counts are of type {count.dtype}; they must be whole numbers."
        )
    if count.dtype != np.int16:
        limit = np.iinfo(np.int16).max
        if count.size and (int(count.max()) > limit or int(count.min()) < -limit):
            raise DeviceError(f"{model}: pulse counts must lie between -{limit} and {limit}.")
        count = count.astype(np.int16)
    if count.shape not in ((), shape):
        raise DeviceError(
            f"{model}: pulse counts have shape {count.shape}; they must have {shape}, as states."
        )
    return np.broadcast_to(count, shape)
