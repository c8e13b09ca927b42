"""Islands of reversed spins on a lattice whose edges may wrap around."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


@dataclass(frozen=True)
class Island:
    """A connected patch of spins that point against the background.

    Parameters
    ----------
    area : int
        Number of sites.
    percolates : bool
        Whether it closes on itself around the torus: a domain, not an island of its own.
    """

    area: int
    percolates: bool


def islands(
    sz: NDArray[np.floating],
    periodic: tuple[bool, bool] = (True, True),
    smallest: int = 4,
) -> list[Island]:
    """Return the islands of reversed spins, largest first.

    The background is the sign that most spins have.

    Parameters
    ----------
    sz : ndarray
        z components, shape (ny, nx).
    periodic : tuple of bool
        Whether x and y wrap around: islands cut by the edge are then one.
    smallest : int
        Smaller patches (thermal flips of single spins) are not counted [sites].

    Returns
    -------
    list of Island

    Examples
    --------
    >>> field = np.ones((8, 8))
    >>> field[:3, :2] = field[:3, -2:] = -1  # one island across the left and right edge
    >>> islands(field)
    [Island(area=12, percolates=False)]
    """
    up = int(np.count_nonzero(sz > 0))
    core = (sz < 0) if 2 * up >= sz.size else (sz > 0)
    patch, count = ndimage.label(core)
    owner = _joined(patch, count, periodic)
    area = np.bincount(owner[patch[core]], minlength=count + 1)
    found = [
        Island(int(area[root]), _percolates(owner[patch] == root, periodic))
        for root in np.flatnonzero(area >= smallest)
    ]
    return sorted(found, key=lambda island: -island.area)


def _joined(patch: NDArray[np.int32], count: int, periodic: tuple[bool, bool]) -> NDArray[np.intp]:
    """Return for every label the smallest label it touches across the wrapped edges."""
    owner = np.arange(count + 1)
    touching: list[tuple[int, int]] = []
    if periodic[0]:
        touching += list(zip(patch[:, 0].tolist(), patch[:, -1].tolist(), strict=True))
    if periodic[1]:
        touching += list(zip(patch[0].tolist(), patch[-1].tolist(), strict=True))
    for one, other in {pair for pair in touching if 0 not in pair}:
        low, high = sorted((owner[one], owner[other]))
        owner[owner == high] = low
    return owner


def _percolates(mask: NDArray[np.bool_], periodic: tuple[bool, bool]) -> bool:
    """Return whether a joined patch has sites in every column or every row.

    On a torus a patch that spans all columns without closing is possible only when it is wider
    than the lattice, which counts as a domain as well.
    """
    spans_x = periodic[0] and bool(mask.any(axis=0).all())
    spans_y = periodic[1] and bool(mask.any(axis=1).all())
    return spans_x or spans_y
