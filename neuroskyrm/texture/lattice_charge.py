# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
"""Topological charge on a lattice by solid angles (Berg and Luescher), with or without wrap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.errors import ConfigError
from neuroskyrm.jit import kernel


@kernel
def _solid_angle(a, b, c):
    """Return the signed solid angle of the spherical triangle of three unit vectors."""
    triple = (
        a[0] * (b[1] * c[2] - b[2] * c[1])
        + a[1] * (b[2] * c[0] - b[0] * c[2])
        + a[2] * (b[0] * c[1] - b[1] * c[0])
    )
    ab = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    bc = b[0] * c[0] + b[1] * c[1] + b[2] * c[2]
    ca = c[0] * a[0] + c[1] * a[1] + c[2] * a[2]
    return 2.0 * np.arctan2(triple, 1.0 + ab + bc + ca)


@kernel
def _spin(spins, i, j):
    return float(spins[0, i, j]), float(spins[1, i, j]), float(spins[2, i, j])


@kernel
def _fill_density(spins, wrap_x, wrap_y, density):
    _, ny, nx = spins.shape
    for i in range(ny if wrap_y else ny - 1):
        up = i + 1 if i + 1 < ny else 0
        for j in range(nx if wrap_x else nx - 1):
            right = j + 1 if j + 1 < nx else 0
            a, b = _spin(spins, i, j), _spin(spins, i, right)
            c, d = _spin(spins, up, right), _spin(spins, up, j)
            density[i, j] = (_solid_angle(a, b, c) + _solid_angle(a, c, d)) / (4.0 * np.pi)


def lattice_charge_density(
    spins: NDArray[np.floating], periodic: tuple[bool, bool] = (True, True)
) -> NDArray[np.float64]:
    """Return the charge of every plaquette; the sum is an integer where x and y wrap.

    Each plaquette (i, j), (i, j+1), (i+1, j+1), (i+1, j) is cut into two triangles, whose solid
    angles are summed and divided by 4 pi.

    Parameters
    ----------
    spins : ndarray
        Unit vectors, shape (3, ny, nx).
    periodic : tuple of bool
        Whether x and y wrap around. At a free edge the last row or column has no plaquettes.

    Returns
    -------
    ndarray
        Shape (ny, nx).

    Raises
    ------
    ConfigError
        The shape is not (3, ny, nx).

    References
    ----------
    B. Berg and M. Luescher, Nucl. Phys. B 190, 412 (1981), doi:10.1016/0550-3213(81)90568-X.
    """
    if spins.ndim != 3 or spins.shape[0] != 3:
        raise ConfigError(f"Spins have the shape {spins.shape}; it must be (3, ny, nx).")
    density = np.zeros(spins.shape[1:])
    _fill_density(np.ascontiguousarray(spins), periodic[0], periodic[1], density)
    return density


def lattice_charge(
    spins: NDArray[np.floating], periodic: tuple[bool, bool] = (True, True)
) -> float:
    """Return the topological charge: +1 or -1 for a skyrmion (see `lattice_charge_density`)."""
    return float(lattice_charge_density(spins, periodic).sum())
