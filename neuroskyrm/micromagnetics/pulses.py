"""Drive as a function of time: current pulses and trains of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from neuroskyrm.errors import ConfigError


@dataclass(frozen=True)
class Pulse:
    """A rectangular current pulse.

    Parameters
    ----------
    start : float
        When it begins [s].
    width : float
        How long it lasts [s].
    amplitude : float
        Current density [A/m^2]; the sign is the direction along x.

    Raises
    ------
    ConfigError
        `start` is negative or `width` is not positive.
    """

    start: float
    width: float
    amplitude: float

    def __post_init__(self) -> None:
        if self.start < 0 or not self.width > 0:
            raise ConfigError(
                f"Pulse start = {self.start!r} and width = {self.width!r} must not be negative, "
                f"and the width not 0."
            )

    @property
    def end(self) -> float:
        """When it ends [s]."""
        return self.start + self.width


@dataclass(frozen=True)
class PulseTrain:
    """Pulses one after the other, with pauses between them.

    Parameters
    ----------
    pulses : tuple of Pulse
        In order of time, not overlapping.

    Raises
    ------
    ConfigError
        Pulses overlap or are out of order.

    Examples
    --------
    >>> train = PulseTrain.regular(2, width=1e-9, pause=1e-9, amplitude=5e11)
    >>> train.amplitude(0.5e-9), train.amplitude(1.5e-9)
    (500000000000.0, 0.0)
    """

    pulses: tuple[Pulse, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "pulses", tuple(self.pulses))
        for before, after in zip(self.pulses[:-1], self.pulses[1:], strict=True):
            if after.start < before.end * (1 - 1e-12):
                raise ConfigError(
                    f"PulseTrain: the pulse at {after.start} s begins before the one at "
                    f"{before.start} s ends; pulses must be in order and must not overlap."
                )

    @classmethod
    def regular(
        cls, count: int, width: float, pause: float, amplitude: float, start: float = 0.0
    ) -> PulseTrain:
        """Return `count` equal pulses [s, s, A/m^2], each followed by a pause."""
        period = width + pause
        return cls(tuple(Pulse(start + i * period, width, amplitude) for i in range(count)))

    @classmethod
    def join(cls, trains: Iterable[PulseTrain]) -> PulseTrain:
        """Return one train of all the pulses of `trains`."""
        return cls(tuple(pulse for train in trains for pulse in train.pulses))

    def amplitude(self, t: float) -> float:
        """Return the current density at time `t` [A/m^2]."""
        for pulse in self.pulses:
            if pulse.start <= t < pulse.end:
                return pulse.amplitude
        return 0.0

    @property
    def ends(self) -> tuple[float, ...]:
        """When every pulse ends [s]."""
        return tuple(pulse.end for pulse in self.pulses)

    @property
    def edges(self) -> tuple[float, ...]:
        """All times at which the current jumps [s]."""
        return tuple(sorted({e for pulse in self.pulses for e in (pulse.start, pulse.end)}))

    @property
    def duration(self) -> float:
        """When the last pulse ends [s]."""
        return max(self.ends, default=0.0)

    def energy(self, resistivity: float, volume: float) -> float:
        """Return the Joule heat of all pulses in a conductor.

        Parameters
        ----------
        resistivity : float
            Of the conductor [ohm m].
        volume : float
            Of the part that carries the current [m^3].

        Returns
        -------
        float
            resistivity * volume * sum of width * amplitude^2 [J].
        """
        return resistivity * volume * sum(p.width * p.amplitude**2 for p in self.pulses)
