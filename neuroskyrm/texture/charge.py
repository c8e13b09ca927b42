"""Topological charge of a layer: by solid angles on the lattice, or by finite differences."""

from __future__ import annotations

from math import pi
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.errors import ConfigError
from neuroskyrm.texture.lattice_charge import lattice_charge_density

Method = Literal["lattice", "difference"]
Periodic = tuple[bool, bool]


def charge_density(
    m: NDArray[np.floating], method: Method = "lattice", periodic: Periodic = (False, False)
) -> NDArray[np.float64]:
    """Return the topological charge of every cell of one layer.

    The sum is N = 1/(4 pi) int m.(dm/dx x dm/dy) dx dy: +1 or -1 for a skyrmion, with the sign
    of its core's m_z.

    Parameters
    ----------
    m : array of shape (3, ny, nx)
        Unit vectors; zero vectors (cells without material) carry no charge.
    method : {"lattice", "difference"}
        "lattice" (Berg and Luescher) is an integer for a texture that is uniform at its edge, at
        any cell size; "difference" (central differences) is what OOMMF and mumax3 call the
        topological charge, and falls short of an integer where m turns much from cell to cell.
    periodic : tuple of bool
        Whether x and y close on themselves.

    Returns
    -------
    array of shape (ny, nx)

    Raises
    ------
    ConfigError
        `method` is unknown, or the shape is not (3, ny, nx).
    """
    if m.ndim != 3 or m.shape[0] != 3:
        raise ConfigError(f"m of shape {m.shape} must be one layer, (3, ny, nx).")
    if method == "lattice":
        return lattice_charge_density(m, periodic) * _all_corners(m, periodic)
    if method == "difference":
        along_x = _difference(m, 2, periodic[0])
        along_y = _difference(m, 1, periodic[1])
        return np.asarray(np.sum(m * np.cross(along_x, along_y, axis=0), axis=0) / (4 * pi))
    raise ConfigError(f"method = {method!r} must be 'lattice' or 'difference'.")


def topological_charge(
    m: NDArray[np.floating], method: Method = "lattice", periodic: Periodic = (False, False)
) -> float:
    """Return the topological charge of one layer (3, ny, nx); see `charge_density`."""
    return float(charge_density(m, method, periodic).sum())


def _all_corners(m: NDArray[np.floating], periodic: Periodic) -> NDArray[np.bool_]:
    """Return which plaquettes have material at all four corners."""
    inside = np.any(m != 0, axis=0)
    both = inside & np.roll(inside, -1, axis=1)
    full = both & np.roll(both, -1, axis=0)
    if not periodic[0]:
        full[:, -1] = False
    if not periodic[1]:
        full[-1] = False
    return np.asarray(full)


def _difference(m: NDArray[np.floating], axis: int, closed: bool) -> NDArray[np.float64]:
    """Return the central difference per cell; at free edges a missing neighbour is the cell."""
    width = [(1, 1) if a == axis else (0, 0) for a in range(3)]
    padded = np.pad(m.astype(np.float64), width, mode="wrap" if closed else "edge")
    ahead = np.take(padded, range(2, m.shape[axis] + 2), axis)
    behind = np.take(padded, range(m.shape[axis]), axis)
    ahead = np.where(np.any(ahead != 0, axis=0), ahead, m)
    behind = np.where(np.any(behind != 0, axis=0), behind, m)
    return np.asarray((ahead - behind) / 2)
