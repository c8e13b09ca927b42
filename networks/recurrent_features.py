"""Sorted magnetisation as a quantile function: the input of the process classifier.

Sorting S_z makes the input independent of where things are (Fig. 2 of the paper). The sorted
vector is the quantile function of S_z, so averaging it over equal bins gives any number of
inputs from any lattice, and keeps the mean magnetisation exactly.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from networks._profile_kernels import sorted_sites, sums_before
from neuroskyrm.errors import ConfigError

Spacing = Literal["tails", "uniform"]


def quantile_profile(
    sz: NDArray[np.floating], count: int, spacing: Spacing = "tails"
) -> NDArray[np.float32]:
    """Return the quantile function of S_z, averaged over `count` bins.

    Parameters
    ----------
    sz : ndarray
        z components of one frame, any shape and size.
    count : int
        Number of bins.
    spacing : {"tails", "uniform"}
        Uniform bins (with one bin per site this is the paper's sorted vector), or bins that are
        finer towards both ends, ``edges = (1 - cos(pi k / count)) / 2``: a skyrmion is a few
        sites in a thousand, so what tells switching from collapse sits in the tails.

    Returns
    -------
    ndarray
        Ascending float32, shape (count,).

    Raises
    ------
    ConfigError
        The frame is empty or `count` is below 1.

    Examples
    --------
    >>> quantile_profile(np.array([[1.0, -1.0], [0.5, -0.5]]), 2)
    array([-0.75,  0.75], dtype=float32)
    """
    if sz.size == 0 or count < 1:
        raise ConfigError(f"A profile needs sites and bins, but has {sz.size} and {count}.")
    ordered = sorted_sites(sz)
    if spacing == "uniform" and ordered.size % count == 0:
        bins = ordered.reshape(count, -1)
        return np.asarray(bins.mean(axis=1, dtype=np.float64), dtype=np.float32)
    # The integral of the step function between the edges of fractional bins.
    edges = bin_edges(count, spacing) * ordered.size
    whole = np.minimum(edges.astype(np.intp), ordered.size - 1)
    integral = sums_before(ordered, whole) + (edges - whole) * ordered[whole]
    return np.asarray(np.diff(integral) / np.diff(edges), dtype=np.float32)


@lru_cache(maxsize=32)
def bin_edges(count: int, spacing: Spacing) -> NDArray[np.float64]:
    """Return the edges of the bins in 0 ... 1, shape (count + 1,)."""
    k = np.linspace(0.0, 1.0, count + 1)
    return k if spacing == "uniform" else np.asarray(0.5 * (1.0 - np.cos(np.pi * k)))


def region_profile(
    sz: NDArray[np.floating], count: int, spacing: Spacing, regions: int
) -> NDArray[np.float32]:
    """Return the quantile functions of `regions` equal parts along x, one after another.

    Parameters
    ----------
    sz : ndarray
        z components, shape (..., nx); any shape for one region.
    count : int
        Number of inputs in all, a multiple of `regions`.
    spacing : {"tails", "uniform"}
        Bins within each region.
    regions : int
        How many parts; where nx is not a multiple, the first ones are a column wider.

    Raises
    ------
    ConfigError
        The frame has fewer columns than regions.
    """
    if regions == 1:
        return quantile_profile(sz, count, spacing)
    parts = np.array_split(sz, regions, axis=-1)
    return np.concatenate([quantile_profile(part, count // regions, spacing) for part in parts])


def rebinned(
    profiles: NDArray[np.floating], count: int, spacing: Spacing = "tails"
) -> NDArray[np.float32]:
    """Return profiles with fewer bins: the same as if they had been taken with `count` bins.

    Parameters
    ----------
    profiles : ndarray
        Shape (..., bins), with the same spacing.
    count : int
        A divisor of the number of bins.

    Raises
    ------
    ConfigError
        `count` does not divide the number of bins: their edges would not coincide.
    """
    bins = profiles.shape[-1]
    if count < 1 or bins % count:
        raise ConfigError(f"{bins} bins cannot be joined to {count}; choose a divisor.")
    mass = profiles.astype(np.float64) * np.diff(bin_edges(bins, spacing))
    joined = mass.reshape(*profiles.shape[:-1], count, bins // count).sum(axis=-1)
    return np.asarray(joined / np.diff(bin_edges(count, spacing)), dtype=np.float32)
