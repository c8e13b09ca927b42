"""Lengths, passes and roots of the transforms in `fourier_kernels`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.micromagnetics.fourier_kernels import CONSTANTS

_SHORT = (3, 2, 5, 4)
"""Radices with a butterfly of their own, in the order of passes that was measured to be fastest."""


class Transform:
    """The values of a polynomial of `size` numbers at the roots of z^size = exp(-2 pi i turn).

    Parameters
    ----------
    size : int
        Length.
    turn : float
        Shift of all frequencies, in units of their distance; 0 is the Fourier transform.
    dtype : numpy dtype
        float32 or float64.
    """

    def __init__(self, size: int, turn: float, dtype: np.dtype[Any]) -> None:
        self.size, self.turn = size, turn
        # A value stands at z = exp(-2 pi i angle).
        angles = np.array([turn])
        passes, roots, length = [], [np.array(CONSTANTS)], size
        for r in radices(size):
            length //= r
            passes.append((r, len(angles), length, sum(map(len, roots))))
            children = (angles[:, None] + np.arange(r)) / r
            bases = children[:, :1] if r in _SHORT else children
            powers = np.exp(-2j * np.pi * bases[..., None] * np.arange(1, r))
            roots.append(powers.ravel().view(float))
            angles = children.ravel()
        self.passes = np.array(passes, dtype=np.int64).reshape(-1, 4)
        self.table = np.concatenate(roots).astype(dtype)
        self.widest = max((r for r, *_ in passes), default=1)
        self.order: NDArray[np.int64] = np.rint(angles * size - turn).astype(np.int64)


def radices(size: int) -> list[int]:
    """Return the radices of the passes: large primes first, where they need few roots."""
    found = []
    for r in (*sorted(_SHORT, reverse=True), *range(7, size + 1, 2)):
        while size % r == 0:
            found.append(r)
            size //= r
    return sorted(found, key=lambda r: _SHORT.index(r) if r in _SHORT else -r)


def good_size(least: int) -> int:
    """Return the smallest 2^a 3^b 5^c that is not below `least`."""
    size = least
    while any(r not in _SHORT for r in radices(size)):
        size += 1
    return size
