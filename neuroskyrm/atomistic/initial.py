"""Initial states: the uniform state, a skyrmion seed, and a skyrmion relaxed to equilibrium."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.atomistic.dynamics import SpinDynamics
from neuroskyrm.atomistic.hamiltonian import Hamiltonian
from neuroskyrm.constants import GAMMA
from neuroskyrm.errors import ConvergenceError
from neuroskyrm.texture.lattice_charge import lattice_charge


def uniform(shape: tuple[int, int], sz: int = 1) -> NDArray[np.float64]:
    """Return spins along +z or -z, shape (3, ny, nx)."""
    spins = np.zeros((3, *shape))
    spins[2] = sz
    return spins


def skyrmion_seed(
    shape: tuple[int, int],
    radius: float = 8.0,
    wall: float = 3.0,
    core: int = 1,
    dmi: float = 1.0,
) -> NDArray[np.float64]:
    """Return one Bloch skyrmion in the middle: a 360-degree wall profile, shape (3, ny, nx).

    Parameters
    ----------
    shape : tuple of int
        (ny, nx).
    radius, wall : float
        Radius and wall width [sites].
    core : int
        +1 or -1: direction of the core; the background is opposite.
    dmi : float
        Sign of D in Eq. (1); it sets the sense of rotation of the wall.
    """
    ny, nx = shape
    x = np.arange(nx) - (nx - 1) / 2
    y = (np.arange(ny) - (ny - 1) / 2)[:, None]
    r = np.hypot(x, y)
    # Polar angle from 0 in the core to pi outside (Braun 1994).
    with np.errstate(over="ignore"):
        polar = 2 * np.arctan2(np.sinh(r / wall), np.sinh(radius / wall))
    azimuth = np.arctan2(y, x) - np.copysign(np.pi / 2, dmi)
    spins = np.stack([np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth),
                      np.cos(polar)])  # fmt: skip
    if core < 0:
        # Turning every spin about the bond keeps the sense of rotation: both signs flip.
        spins = -spins
    return spins


@lru_cache(maxsize=16)
def relaxed_skyrmion(
    hamiltonian: Hamiltonian,
    shape: tuple[int, int] = (100, 100),
    core: int = 1,
    torque: float = 1e-4,
    patience: int = 60,
) -> NDArray[np.float32]:
    """Return the equilibrium skyrmion, by strongly damped motion from a seed (cached).

    Parameters
    ----------
    hamiltonian : Hamiltonian
        Couplings and boundary.
    shape : tuple of int
        (ny, nx).
    core : int
        Direction of the core, +1 or -1.
    torque : float
        Stop when no torque S x B exceeds this part of the exchange field of one neighbour.
    patience : int
        Give up after so many times 16 / (gamma B), with B the exchange field of one neighbour:
        4 ps each for the paper's couplings.

    Returns
    -------
    ndarray
        Read-only spins, shape (3, ny, nx).

    Raises
    ------
    ConvergenceError
        No equilibrium was reached, or the skyrmion vanished on the way.
    """
    seed = skyrmion_seed(shape, core=core, dmi=hamiltonian.dmi)
    dynamics = SpinDynamics(hamiltonian, seed, damping=1.0)
    limit = torque * abs(hamiltonian.exchange_field)
    stretch = 16 / (GAMMA * abs(hamiltonian.exchange_field))
    for _ in range(patience):
        dynamics.advance(dynamics.time + stretch)
        spins = dynamics.spins
        residual = np.abs(np.cross(spins, hamiltonian.field(spins), axis=0)).max()
        if residual <= limit:
            break
    else:
        raise ConvergenceError(
            f"The skyrmion did not relax within {dynamics.time:.1e} s (torque {residual:.1e} T)."
        )
    if round(abs(lattice_charge(spins, hamiltonian.periodic))) != 1:
        raise ConvergenceError("The seeded skyrmion is not stable with these couplings.")
    spins.flags.writeable = False
    return spins
