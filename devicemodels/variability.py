"""Which device effects are switched on, and how strongly: each can be mixed with every other."""

from __future__ import annotations

from dataclasses import dataclass, fields

from neuroskyrm.errors import DeviceError


@dataclass(frozen=True)
class Effects:
    """Strength of each device effect, as a factor on what the card says (0: off, 1: as is).

    Attributes
    ----------
    stochastic : bool
        Draw the state after a pulse from the card's transition matrix; if False, every pulse
        takes the likeliest transition, so that updates are repeatable.
    read_noise : float
        Factor on the thermal read noise [1].
    cycle_to_cycle : float
        Factor on the spread between separate visits of one state (also called write noise) [1].
    device_to_device : float
        Factor on the spread of the conductance range between devices [1].

    Raises
    ------
    DeviceError
        A factor is negative or not a number.
    """

    stochastic: bool = True
    read_noise: float = 1.0
    cycle_to_cycle: float = 1.0
    device_to_device: float = 1.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = float(getattr(self, field.name))
            if not 0 <= value < float("inf"):
                raise DeviceError(
                    f"Effects: '{field.name}' = {value:g} must be a finite number of at least 0."
                )


NO_EFFECTS = Effects(stochastic=False, read_noise=0.0, cycle_to_cycle=0.0, device_to_device=0.0)
"""Everything off: the mean device."""
