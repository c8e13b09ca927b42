"""Which device effects are switched on, and how strongly: each can be mixed with every other."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.errors import DeviceError


@dataclass(frozen=True)
class Effects:
    """Strength of each device effect, as a factor on what the card says (0: off, 1: as is).

    Attributes
    ----------
    stochastic : bool
        Draw the state after a pulse from the card's transition matrix; if False, pulses never
        fail and take the likeliest move of each state, so that updates are repeatable.
    read_noise : float
        Factor on the thermal read noise [1].
    cycle_to_cycle : float
        Factor on the spread between separate visits of one state [1].
    device_to_device : float
        Factor on the spread of the conductance range between devices [1].
    write_noise : float
        Further spread of each newly programmed conductance, as a share of the range, e.g. from
        the amplitude noise of the pulse driver; not in any card, hence 0 unless given [1].

    Raises
    ------
    DeviceError
        A factor is negative or not a number.
    """

    stochastic: bool = True
    read_noise: float = 1.0
    cycle_to_cycle: float = 1.0
    device_to_device: float = 1.0
    write_noise: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = float(getattr(self, field.name))
            if not 0 <= value < float("inf"):
                raise DeviceError(
                    f"Effects: '{field.name}' = {value:g} must be a finite number of at least 0."
                )


NO_EFFECTS = Effects(stochastic=False, read_noise=0.0, cycle_to_cycle=0.0, device_to_device=0.0)
"""Everything off: the mean device."""

WORKING, STUCK_LOW, STUCK_HIGH, OPEN = range(4)
"""Condition of a device: as it should be; held in its lowest or highest state; not connected."""


@dataclass(frozen=True)
class Faults:
    """Share of devices that do not work, each between 0 and 1.

    Attributes
    ----------
    stuck_low, stuck_high : float
        Devices held in their lowest or highest state, whatever the pulses [1].
    open : float
        Devices that conduct nothing [1].

    Raises
    ------
    DeviceError
        A share is out of range, or they add up to more than 1.
    """

    stuck_low: float = 0.0
    stuck_high: float = 0.0
    open: float = 0.0

    def __post_init__(self) -> None:
        shares = [getattr(self, field.name) for field in fields(self)]
        if not all(0 <= share <= 1 for share in shares) or sum(shares) > 1:
            raise DeviceError(
                f"Faults: shares {shares} must lie between 0 and 1 and add up to 1 at most."
            )

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.uint8]:
        """Return the condition of each device (`WORKING`, `STUCK_LOW`, ...), shape `shape`."""
        edges = np.cumsum([self.stuck_low, self.stuck_high, self.open])
        kind = np.searchsorted(edges, rng.random(shape), side="right")
        conditions = np.array([STUCK_LOW, STUCK_HIGH, OPEN, WORKING], dtype=np.uint8)
        return conditions[kind]
