"""Uniaxial magnetocrystalline anisotropy."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from neuroskyrm.errors import ConfigError
from neuroskyrm.micromagnetics.stencil import HERE, Stencil
from neuroskyrm.micromagnetics.terms.base import LocalTerm


class UniaxialAnisotropy(LocalTerm):
    """First-order uniaxial anisotropy, energy density -Ku (m.axis)^2.

    Parameters
    ----------
    Ku : float or array broadcastable to mesh.shape
        Anisotropy constant [J/m^3]; positive for an easy axis, and free to differ per cell.
    axis : sequence of 3 float
        The axis; it is normalised.

    Raises
    ------
    ConfigError
        `axis` has no direction.
    """

    def __init__(self, Ku: ArrayLike, axis: tuple[float, float, float] = (0.0, 0.0, 1.0)) -> None:
        self.Ku = Ku
        length = float(np.linalg.norm(axis))
        if len(axis) != 3 or not length > 0:
            raise ConfigError(f"UniaxialAnisotropy axis = {axis!r} must be 3 numbers, not all 0.")
        self.axis = tuple(float(part) / length for part in axis)

    def add_to(self, stencil: Stencil) -> None:
        """Add this term's lines to the table."""
        sample = stencil.sample
        Ku = sample.spread(self.Ku, "UniaxialAnisotropy Ku")
        strength = sample.per_moment(2 * Ku)
        for a in range(3):
            for b in range(3):
                if self.axis[a] * self.axis[b] != 0.0:
                    stencil.add(a, b, HERE, self.axis[a] * self.axis[b] * strength)
