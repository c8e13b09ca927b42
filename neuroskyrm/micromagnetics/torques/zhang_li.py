"""Spin-transfer torque of a current in the film, on textures."""

from __future__ import annotations

import numpy as np

from neuroskyrm.constants import BOHR_MAGNETON, ELEMENTARY_CHARGE, GAMMA
from neuroskyrm.errors import ConfigError
from neuroskyrm.micromagnetics.sample import Array, State
from neuroskyrm.micromagnetics.torques.base import Torque


class ZhangLiTorque(Torque):
    """Adiabatic and non-adiabatic torque: tau = -(u.grad) m + xi m x (u.grad) m.

    u = -muB P j / (e Ms (1 + xi^2)): textures drift with the electrons, against the current.

    Parameters
    ----------
    polarisation : float
        Degree of polarisation P.
    xi : float
        Non-adiabaticity.
    direction : 2 floats
        Direction of positive current in the plane; it is normalised.

    Raises
    ------
    ConfigError
        `direction` has no direction.

    References
    ----------
    S. Zhang and Z. Li, Phys. Rev. Lett. 93, 127204 (2004), doi:10.1103/PhysRevLett.93.127204.
    """

    def __init__(
        self, polarisation: float, xi: float = 0.0, direction: tuple[float, float] = (1.0, 0.0)
    ) -> None:
        length = float(np.hypot(*direction)) if len(direction) == 2 else 0.0
        if not length > 0:
            raise ConfigError(f"ZhangLiTorque direction = {direction!r} must be 2 numbers, not 0.")
        self.polarisation, self.xi = polarisation, xi
        self.direction = (direction[0] / length, direction[1] / length)

    def drift(self, current: float, Ms: float) -> float:
        """Return the speed of the drift along the current [m/s]; negative for P j > 0."""
        moment = ELEMENTARY_CHARGE * Ms * (1 + self.xi**2)
        return -BOHR_MAGNETON * self.polarisation * current / moment

    def field(self, state: State, out: Array) -> None:
        """Add the equivalent field [T], m x tau / gamma, to `out`, (3, layers, ny, nx)."""
        if state.current == 0:
            return
        mesh = state.mesh
        change = np.zeros_like(state.m)
        for axis, part, step, closed in (
            (3, self.direction[0], mesh.dx, mesh.periodic[0]),
            (2, self.direction[1], mesh.dy, mesh.periodic[1]),
        ):
            if part and state.m.shape[axis] > 1:
                change += part / (2 * step) * central_difference(state.m, axis, closed)
        speed = state.sample.per_moment(np.full(mesh.shape, self.drift(state.current, 1.0)))
        change = (speed / GAMMA * change).astype(state.m.dtype)
        across = np.cross(state.m, change, axis=0)
        out -= across - self.xi * np.cross(state.m, across, axis=0)


def central_difference(m: Array, axis: int, closed: bool) -> Array:
    """Return m(next) - m(previous) along `axis`; a missing neighbour counts as the cell itself."""
    ahead, behind = np.roll(m, -1, axis), np.roll(m, 1, axis)
    if not closed:
        last = [slice(None)] * m.ndim
        first = list(last)
        last[axis], first[axis] = slice(-1, None), slice(0, 1)
        ahead[tuple(last)] = m[tuple(last)]
        behind[tuple(first)] = m[tuple(first)]
    ahead = np.where(np.any(ahead != 0, axis=0), ahead, m)
    behind = np.where(np.any(behind != 0, axis=0), behind, m)
    return np.asarray(ahead - behind)
