"""Spin-transfer torque of a current through the film (perpendicular to its plane)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuroskyrm.constants import ELEMENTARY_CHARGE, HBAR
from neuroskyrm.errors import ConfigError
from neuroskyrm.micromagnetics.sample import Array, Sample, State
from neuroskyrm.micromagnetics.torques.base import Torque


class SlonczewskiTorque(Torque):
    """Torque of electrons polarised by a fixed layer.

    Effective field: B = hbar j / (e Ms t) (epsilon m x p + epsilon_prime p), with
    epsilon = P L^2 / ((L^2 + 1) + (L^2 - 1) m.p) and t the thickness of the layer. j > 0 turns m
    towards p. With L = 1 it is the spin-orbit torque of spin Hall angle P.

    Parameters
    ----------
    polarisation : float
        Degree of polarisation P.
    direction : 3 floats
        Direction p of the fixed layer; it is normalised.
    asymmetry : float
        L (Lambda of the spacer), at least 1.
    epsilon_prime : float
        Strength of the field-like part.
    layers : float or sequence of one float per layer
        Factor per layer; 0 leaves a layer undriven.

    Raises
    ------
    ConfigError
        `direction` has no direction, or `asymmetry` is less than 1.

    References
    ----------
    J. C. Slonczewski, J. Magn. Magn. Mater. 247, 324 (2002), doi:10.1016/S0304-8853(02)00291-3.
    """

    def __init__(
        self,
        polarisation: float,
        direction: tuple[float, float, float],
        asymmetry: float = 1.0,
        epsilon_prime: float = 0.0,
        layers: ArrayLike = 1.0,
    ) -> None:
        length = float(np.linalg.norm(direction))
        if len(direction) != 3 or not length > 0:
            raise ConfigError(
                f"SlonczewskiTorque direction = {direction!r} must be 3 numbers, not all 0."
            )
        if not asymmetry >= 1:
            raise ConfigError(f"SlonczewskiTorque asymmetry = {asymmetry!r} must be 1 or more.")
        self.polarisation, self.epsilon_prime = polarisation, epsilon_prime
        self.asymmetry = asymmetry
        self.direction = np.asarray(direction, dtype=np.float64) / length
        self.layers: NDArray[np.float64] = np.asarray(layers, dtype=np.float64)

    def check(self, sample: Sample) -> None:
        """Complain if there is not one factor per layer."""
        if self.layers.ndim > 1 or self.layers.size not in (1, sample.mesh.layers):
            raise ConfigError(
                f"SlonczewskiTorque layers of shape {self.layers.shape} must be one number, or "
                f"one for each of the {sample.mesh.layers} layers."
            )

    def field(self, state: State, out: Array) -> None:
        """Add the equivalent field [T] to `out`, shape (3, layers, ny, nx)."""
        if state.current == 0:
            return
        thickness = np.asarray(state.mesh.thicknesses).reshape(-1, 1, 1)
        factor = np.broadcast_to(self.layers, (state.mesh.layers,)).reshape(-1, 1, 1)
        strength = HBAR * state.current / (ELEMENTARY_CHARGE * thickness) * factor
        per_cell = state.sample.per_moment(np.broadcast_to(strength, state.mesh.shape))
        p = self.direction.reshape(3, 1, 1, 1)
        square = self.asymmetry**2
        along = np.sum(state.m * p, axis=0)
        epsilon = self.polarisation * square / ((square + 1) + (square - 1) * along)
        out += per_cell * (epsilon * np.cross(state.m, p, axis=0) + self.epsilon_prime * p)
