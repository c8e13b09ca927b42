"""The seam that users extend: what every synaptic device can do, over arrays of any shape."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

States = NDArray[np.uint8]
"""Device states: one byte each, 0 is the lowest conductance."""

Conductances = NDArray[np.float64]
"""Conductances [S]."""


@runtime_checkable
class DeviceModel(Protocol):
    """A vectorised synaptic device with integer states.

    A skyrmion card, an ideal n-level device and a user's measured staircase all look like this,
    and are interchangeable everywhere above.
    """

    name: str

    @property
    def levels(self) -> Conductances:
        """Mean conductance of each state [S], ascending, shape (states,)."""

    def conductance(self, state: States) -> Conductances:
        """Return the mean conductance [S] of each device, shape as `state`."""

    def read(self, state: States, rng: np.random.Generator) -> Conductances:
        """Return one noisy read of each device [S], shape as `state`."""

    def pulse(self, state: States, count: NDArray[np.int16], rng: np.random.Generator) -> States:
        """Return the states after `count` pulses each (sign: potentiation or depression)."""

    def energy(self, count: NDArray[np.int64] | int) -> float:
        """Return the energy of `count` pulses altogether [J]."""

    def spread(self, shape: tuple[int, ...], rng: np.random.Generator) -> Conductances:
        """Return a factor on the conductance range of each device (device to device)."""
