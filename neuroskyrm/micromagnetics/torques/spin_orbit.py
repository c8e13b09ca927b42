"""Spin-orbit torque of the heavy metals beside each layer."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuroskyrm.constants import ELEMENTARY_CHARGE, HBAR
from neuroskyrm.errors import ConfigError
from neuroskyrm.micromagnetics.sample import Array, Sample, State
from neuroskyrm.micromagnetics.torques.base import Torque


class SpinOrbitTorque(Torque):
    """Damping-like and field-like spin-orbit torque.

    Effective field of a layer: B = j (damping_like m x p + field_like p), where j is the current
    density of the drive. The damping-like part turns m towards p where j * damping_like > 0.

    Parameters
    ----------
    damping_like, field_like : float, or sequence of one float per layer
        Field per current density [T m^2/A]: sign and strength per layer; 0 leaves a layer
        undriven. See `from_spin_hall`.
    polarisation : 3 floats
        Direction p of the spin polarisation for positive current; it is normalised.

    Raises
    ------
    ConfigError
        `polarisation` has no direction.

    References
    ----------
    A. Manchon et al., Rev. Mod. Phys. 91, 035004 (2019), doi:10.1103/RevModPhys.91.035004.
    """

    def __init__(
        self,
        damping_like: ArrayLike,
        field_like: ArrayLike = 0.0,
        polarisation: tuple[float, float, float] = (0.0, 1.0, 0.0),
    ) -> None:
        length = float(np.linalg.norm(polarisation))
        if len(polarisation) != 3 or not length > 0:
            raise ConfigError(
                f"SpinOrbitTorque polarisation = {polarisation!r} must be 3 numbers, not all 0."
            )
        self.damping_like: NDArray[np.float64] = np.asarray(damping_like, dtype=np.float64)
        self.field_like: NDArray[np.float64] = np.asarray(field_like, dtype=np.float64)
        self.polarisation = np.asarray(polarisation, dtype=np.float64) / length

    @classmethod
    def from_spin_hall(
        cls,
        angle: float,
        Ms: float,
        thickness: float,
        layers: ArrayLike = 1.0,
        field_like_ratio: float = 0.0,
        polarisation: tuple[float, float, float] = (0.0, 1.0, 0.0),
    ) -> SpinOrbitTorque:
        """Return the torque of a spin Hall angle: damping_like = hbar angle / (2 e Ms thickness).

        Parameters
        ----------
        angle : float
            Effective spin Hall angle of one layer's interfaces.
        Ms : float
            Saturation magnetisation [A/m].
        thickness : float
            Thickness over which the torque is absorbed [m]: that of one magnetic layer.
        layers : float or sequence of one float per layer
            Factor per layer, e.g. (1, 0, 0, 0) to drive only the lowest.
        field_like_ratio : float
            field_like / damping_like.
        polarisation : 3 floats
            Direction of the spin polarisation for positive current.

        Returns
        -------
        SpinOrbitTorque
        """
        strength = HBAR * angle / (2 * ELEMENTARY_CHARGE * Ms * thickness)
        damping_like = strength * np.asarray(layers, dtype=np.float64)
        return cls(damping_like, field_like_ratio * damping_like, polarisation)

    def check(self, sample: Sample) -> None:
        """Complain if there is not one strength per layer."""
        for name in ("damping_like", "field_like"):
            values = getattr(self, name)
            if values.ndim > 1 or (values.ndim == 1 and len(values) != sample.mesh.layers):
                raise ConfigError(
                    f"SpinOrbitTorque {name} of shape {values.shape} must be one number, or one "
                    f"for each of the {sample.mesh.layers} layers."
                )

    def push(self, current: float, layers: int) -> NDArray[np.float64]:
        """Return j damping_like p of every layer [T], shape (layers, 3)."""
        return self._per_layer(self.damping_like, current, layers)

    def uniform(self, current: float, layers: int) -> NDArray[np.float64]:
        """Return j field_like p of every layer [T], shape (layers, 3)."""
        return self._per_layer(self.field_like, current, layers)

    def _per_layer(
        self, strength: NDArray[np.float64], current: float, layers: int
    ) -> NDArray[np.float64]:
        full = np.broadcast_to(strength, (layers,))
        return current * full[:, None] * self.polarisation

    def field(self, state: State, out: Array) -> None:
        """Add the equivalent field [T] to `out`, shape (3, layers, ny, nx)."""
        layers = state.mesh.layers
        push = self.push(state.current, layers).T.reshape(3, layers, 1, 1)
        out += np.cross(state.m, push, axis=0)
        out += self.uniform(state.current, layers).T.reshape(3, layers, 1, 1)
