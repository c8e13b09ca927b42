"""The demagnetising tensor between two rectangular cells, thicknesses free.

Near cells use the closed formula of Newell, Williams and Dunlop; its differences cancel like
(distance / cell)^6, so far cells use a Gauss rule over both cells of the dipole tensor, exact to
fifth order in cell / distance.

References
----------
A. J. Newell, W. Williams, D. J. Dunlop, J. Geophys. Res. 98, 9551 (1993), doi:10.1029/93JB00694.
M. J. Donahue, "Accurate computation of the demagnetization tensor" (2007), for the far field.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from math import pi

import numpy as np
from numpy.typing import NDArray

Grid = NDArray[np.floating]

NEAR = 12
"""Cells (of the largest side) up to which Newell's formula is used: both agree to 1e-8 there."""

COMPONENTS = ("xx", "yy", "zz", "xy", "xz", "yz")
"""Order of the tensor components in arrays."""


@dataclass(frozen=True)
class CellPair:
    """A source cell and a target cell in (possibly) different layers.

    Parameters
    ----------
    dx, dy : float
        Size of both cells in plane [m].
    source, target : float
        Their thicknesses [m].
    rise : float
        Height of the target's lower face above the source's lower face [m].
    """

    dx: float
    dy: float
    source: float
    target: float
    rise: float


def tensor(pair: CellPair, columns: int, lines: int) -> NDArray[np.float64]:
    """Return the demagnetising tensor N of a cell pair for in-plane offsets 0 .. n-1.

    H averaged over the target = -N M of the source. N_xy is odd in x and y, N_xz is odd in x,
    N_yz is odd in y, all others are even.

    Parameters
    ----------
    pair : CellPair
        Sizes and heights [m].
    columns, lines : int
        Number of offsets along x and y.

    Returns
    -------
    array of shape (6, lines, columns)
        Components in the order of `COMPONENTS`, without unit.
    """
    result = _far_tensor(pair, columns, lines)
    side = max(pair.dx, pair.dy, pair.source, pair.target)
    near_x = min(columns, int(np.ceil(NEAR * side / pair.dx)) + 1)
    near_y = min(lines, int(np.ceil(NEAR * side / pair.dy)) + 1)
    if abs(pair.rise) < NEAR * side:
        result[:, :near_y, :near_x] = _near_tensor(pair, near_x, near_y)
    return result


def _near_tensor(pair: CellPair, columns: int, lines: int) -> NDArray[np.float64]:
    """Return Newell's tensor: second differences of f and g over the corners of both cells."""
    # Lengths in units of the largest side keep all powers near 1.
    unit = max(pair.dx, pair.dy, pair.source, pair.target)
    x = np.arange(-1, columns + 1) * (pair.dx / unit)
    y = np.arange(-1, lines + 1) * (pair.dy / unit)
    t1, t2, h = pair.source / unit, pair.target / unit, pair.rise / unit
    corners = ((h + t2, -1.0), (h + t2 - t1, 1.0), (h, 1.0), (h - t1, -1.0))
    volume = (pair.dx / unit) * (pair.dy / unit) * t2
    result = np.empty((6, lines, columns))
    for number, name in enumerate(COMPONENTS):
        potential = np.zeros((len(y), len(x)))
        for z, weight in corners:
            potential += weight * _potential(name, x[None, :], y[:, None], np.array(z))
        along_x = 2 * potential[:, 1:-1] - potential[:, 2:] - potential[:, :-2]
        along_y = 2 * along_x[1:-1] - along_x[2:] - along_x[:-2]
        result[number] = along_y / (4 * pi * volume)
    return result


def _potential(name: str, x: Grid, y: Grid, z: Grid) -> Grid:
    """Return Newell's f or g with the axes permuted for component `name`."""
    axis = {"x": x, "y": y, "z": z}
    first, second = axis[name[0]], axis[name[1]]
    others = [axis[key] for key in "xyz" if key not in name]
    if name[0] == name[1]:
        return _f(first, others[0], others[1])
    return _g(first, second, others[0])


def _ratio(function: Callable[[Grid], Grid], top: Grid, bottom: Grid) -> Grid:
    """Return function(top / bottom), and 0 where bottom is 0 (its factor vanishes there)."""
    top, bottom = np.broadcast_arrays(top, bottom)
    return function(np.divide(top, bottom, out=np.zeros(top.shape), where=bottom != 0))


def _f(x: Grid, y: Grid, z: Grid) -> Grid:
    """Return f of Newell et al., eq. (27)."""
    x2, y2, z2 = x * x, y * y, z * z
    r = np.sqrt(x2 + y2 + z2)
    result: Grid = (
        y / 2 * (z2 - x2) * _ratio(np.arcsinh, y, np.sqrt(x2 + z2))
        + z / 2 * (y2 - x2) * _ratio(np.arcsinh, z, np.sqrt(x2 + y2))
        - x * y * z * _ratio(np.arctan, y * z, x * r)
        + (2 * x2 - y2 - z2) * r / 6
    )
    return result


def _g(x: Grid, y: Grid, z: Grid) -> Grid:
    """Return g of Newell et al., eq. (32)."""
    x2, y2, z2 = x * x, y * y, z * z
    r = np.sqrt(x2 + y2 + z2)
    result: Grid = (
        x * y * z * _ratio(np.arcsinh, z, np.sqrt(x2 + y2))
        + y / 6 * (3 * z2 - y2) * _ratio(np.arcsinh, x, np.sqrt(y2 + z2))
        + x / 6 * (3 * z2 - x2) * _ratio(np.arcsinh, y, np.sqrt(x2 + z2))
        - z * z2 / 6 * _ratio(np.arctan, x * y, z * r)
        - z * y2 / 2 * _ratio(np.arctan, x * z, y * r)
        - z * x2 / 2 * _ratio(np.arctan, y * z, x * r)
        - x * y * r / 3
    )
    return result


def _far_tensor(pair: CellPair, columns: int, lines: int) -> NDArray[np.float64]:
    """Return the dipole tensor averaged over both cells with 3 x 3 x 3 Gauss points."""
    x = np.arange(columns) * pair.dx
    y = np.arange(lines) * pair.dy
    z = pair.rise + (pair.target - pair.source) / 2
    result = np.zeros((6, lines, columns))
    rules = (
        _gauss_rule(pair.dx, pair.dx), _gauss_rule(pair.dy, pair.dy),
        _gauss_rule(pair.source, pair.target),
    )  # fmt: skip
    volume = pair.dx * pair.dy * pair.source
    for (sx, wx), (sy, wy), (sz, wz) in product(*rules):
        weight = wx * wy * wz * volume / (4 * pi)
        result += weight * _dipole(x[None, :] + sx, y[:, None] + sy, z + sz)
    return result


def _gauss_rule(first: float, second: float) -> list[tuple[float, float]]:
    """Return 3 points and weights for the distance of two points, one in each of two boxes."""
    variance = (first**2 + second**2) / 12
    fourth = (first**4 + second**4) / 80 + first**2 * second**2 / 24
    weight = variance**2 / (2 * fourth)
    point = float(np.sqrt(fourth / variance))
    return [(-point, weight), (0.0, 1 - 2 * weight), (point, weight)]


def _dipole(x: Grid, y: Grid, z: float) -> NDArray[np.float64]:
    """Return (delta - 3 n n) / r^3; 0 where r is 0."""
    r2 = x * x + y * y + z * z
    inverse = np.divide(1.0, r2, out=np.zeros_like(r2), where=r2 > 0)
    cube = inverse * np.sqrt(inverse)
    three = 3 * cube * inverse
    return np.stack(
        [cube - three * x * x, cube - three * y * y, cube - three * z * z,
         -three * x * y, -three * x * z, -three * y * z]
    )  # fmt: skip
