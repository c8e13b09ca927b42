"""Counting skyrmions: islands of reversed m_z that carry charge."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from neuroskyrm.texture.charge import Periodic, charge_density

_FINE = 4
"""Points per cell along each axis for areas: linear interpolation between cell centres."""


@dataclass(frozen=True)
class Skyrmion:
    """One skyrmion of a layer.

    Parameters
    ----------
    position : tuple of float
        Centre (x, y) of the reversed area [m, or cells if no cell size was given]; a layer
        begins at 0, so that the first cell centre is at half a cell.
    radius : float
        Radius of the disc of the same area [m or cells].
    charge : float
        Topological charge around it.
    area : float
        Area inside the line m_z = 0 [m^2 or cells].
    """

    position: tuple[float, float]
    radius: float
    charge: float
    area: float


def count_skyrmions(
    m: NDArray[np.floating],
    cell: tuple[float, float] = (1.0, 1.0),
    periodic: Periodic = (False, False),
    smallest: int = 4,
    smooth: float = 0.0,
) -> list[Skyrmion]:
    """Return the skyrmions of one layer: islands of reversed m_z with |charge| above 1/2.

    Each island gets the lattice charge of the plaquettes nearest to it. Reversed patches at an
    edge (charge up to about 1/2) and thermal flips of a few cells are not skyrmions.

    Parameters
    ----------
    m : array of shape (3, ny, nx)
        Unit vectors; the background is the sign of m_z that most cells have.
    cell : tuple of float
        Cell size (dx, dy) [m].
    periodic : tuple of bool
        Whether x and y close on themselves.
    smallest : int
        Smaller islands are not looked at [cells].
    smooth : float
        Width of a Gaussian average taken before counting [cells]; about 1 helps at 300 K.

    Returns
    -------
    list of Skyrmion
        From left to right.
    """
    ny, nx = m.shape[1:]
    if any(periodic):
        # A period beyond each closed edge shows every island whole at least once.
        m = np.pad(m, ((0, 0), _half(ny, periodic[1]), _half(nx, periodic[0])), mode="wrap")
    origin = (_half(nx, periodic[0])[0], _half(ny, periodic[1])[0])
    if smooth > 0:
        m = _smoothed(m, smooth)
    mz = m[2]
    sign = -1.0 if np.count_nonzero(mz > 0) >= np.count_nonzero(mz < 0) else 1.0
    labels, count = ndimage.label(sign * mz > 0)
    if count == 0:
        return []
    charges = _charges(charge_density(m), labels, count)
    result = []
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        island = labels[box] == number
        if np.count_nonzero(island) < smallest or abs(charges[number]) <= 0.5:
            continue
        x, y, area = _measure(sign * mz, box, island)
        x, y = x - origin[0], y - origin[1]
        # Of the copies of an island, the one whose centre lies in the first period counts.
        if (periodic[0] and not 0 <= x < nx) or (periodic[1] and not 0 <= y < ny):
            continue
        position = (x * cell[0], y * cell[1])
        area *= cell[0] * cell[1]
        result.append(Skyrmion(position, sqrt(area / pi), float(charges[number]), area))
    return sorted(result, key=lambda skyrmion: skyrmion.position)


def _half(cells: int, closed: bool) -> tuple[int, int]:
    """Return how many cells to repeat on both sides of a closed axis."""
    return (cells // 2, cells // 2) if closed else (0, 0)


def _smoothed(m: NDArray[np.floating], width: float) -> NDArray[np.float64]:
    """Return the normalised Gaussian average of m; cells without material stay empty."""
    mean = np.stack([ndimage.gaussian_filter(part.astype(float), width) for part in m])
    length = np.sqrt(np.sum(mean**2, axis=0))
    inside = np.any(m != 0, axis=0) & (length > 0)
    return np.asarray(np.divide(mean, length, out=np.zeros_like(mean), where=inside))


def _charges(
    density: NDArray[np.float64], labels: NDArray[np.int32], count: int
) -> NDArray[np.float64]:
    """Return the charge nearest to every island, by label."""
    nearest = ndimage.distance_transform_edt(
        labels == 0, return_distances=False, return_indices=True
    )
    owner = labels[tuple(nearest)]
    sums = np.bincount(owner.ravel(), weights=density.ravel(), minlength=count + 1)
    return sums.astype(np.float64)


def _measure(
    reversed_mz: NDArray[np.floating], box: tuple[slice, slice], island: NDArray[np.bool_]
) -> tuple[float, float, float]:
    """Return centre (x, y) and area of an island inside its line m_z = 0 [cells]."""
    ny, nx = reversed_mz.shape
    rows = slice(max(box[0].start - 1, 0), min(box[0].stop + 1, ny))
    columns = slice(max(box[1].start - 1, 0), min(box[1].stop + 1, nx))
    part = np.array(reversed_mz[rows, columns], dtype=np.float64)
    own = np.zeros(part.shape, dtype=bool)
    top, left = box[0].start - rows.start, box[1].start - columns.start
    own[top : top + island.shape[0], left : left + island.shape[1]] = island
    # Other islands that reach into the box are not this one's area.
    part[(part > 0) & ~own] = 0.0
    height, width = part.shape
    y = (np.arange(height * _FINE) + 0.5) / _FINE
    x = (np.arange(width * _FINE) + 0.5) / _FINE
    grid = np.meshgrid(y - 0.5, x - 0.5, indexing="ij")
    inside = ndimage.map_coordinates(part, grid, order=1, mode="nearest") > 0
    points = np.count_nonzero(inside)
    if points == 0:
        points, inside = own.sum() * _FINE**2, np.kron(own, np.ones((_FINE, _FINE), dtype=bool))
    centre_y = float(y[np.nonzero(inside)[0]].mean()) + rows.start
    centre_x = float(x[np.nonzero(inside)[1]].mean()) + columns.start
    return centre_x, centre_y, points / _FINE**2
