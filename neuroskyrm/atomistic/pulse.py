"""The ultrafast field pulse of the process-recognition paper (its Eq. 3)."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, exp, radians, sin

from neuroskyrm.errors import ConfigError


@dataclass(frozen=True)
class FieldPulse:
    """A Gaussian field pulse ``B(t) = B0 exp(-(t - tp)^2 / (2 tw^2)) e_B``.

    Parameters
    ----------
    width : float
        Gaussian width tw [s].
    polar : float
        Angle of the field to z [degrees].
    azimuth : float
        Angle of its in-plane part to x [degrees].
    amplitude : float
        Peak field B0 [T].
    centre : float
        Time of the peak tp [s].

    Examples
    --------
    >>> pulse = FieldPulse(width=8e-12, polar=0.0)
    >>> pulse.field(40e-12)
    (0.0, 0.0, 2.0)
    """

    width: float
    polar: float = 40.0
    azimuth: float = 0.0
    amplitude: float = 2.0
    centre: float = 40e-12

    def __post_init__(self) -> None:
        if not self.width > 0:
            raise ConfigError(f"FieldPulse: 'width' = {self.width} must be above 0 s.")

    @property
    def peak(self) -> tuple[float, float, float]:
        """The field at the centre (x, y, z) [T]."""
        polar, azimuth = radians(self.polar), radians(self.azimuth)
        plane = self.amplitude * sin(polar)
        return (plane * cos(azimuth), plane * sin(azimuth), self.amplitude * cos(polar))

    def field(self, time: float) -> tuple[float, float, float]:
        """Return the field at `time` [s]: (x, y, z) [T]."""
        strength = exp(-((time - self.centre) ** 2) / (2 * self.width**2))
        x, y, z = self.peak
        return (strength * x, strength * y, strength * z)
