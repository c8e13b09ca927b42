# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
"""Sorting, summing and counting of one frame, compiled: what takes most of a monitor's time.

numpy sorts single precision four times slower with AVX-512 on some processors than with AVX2
(its vector sort stores with a mask, which is slow there). A radix sort is quick on all, and gives
the same numbers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.jit import kernel

_DIGIT = np.uint32(2047)
_LOW, _HIGH = np.uint32(11), np.uint32(22)
_SIGN = np.uint32(0x80000000)
_ALL = np.uint32(0xFFFFFFFF)


@kernel
def _radix_sort(bits, keys, other):
    """Sort the bits of float32 numbers by three digits of 11, 11 and 10 bits, into `other`."""
    counts = np.zeros((3, 2048), dtype=np.int64)
    for k in range(bits.size):
        # As integers, positive numbers are in order and negative ones in reverse.
        flip = _ALL if bits[k] & _SIGN else _SIGN
        key = np.uint32(bits[k] ^ flip)
        keys[k] = key
        counts[0, key & _DIGIT] += 1
        counts[1, (key >> _LOW) & _DIGIT] += 1
        counts[2, key >> _HIGH] += 1
    for digit in range(3):
        before = 0
        for value in range(2048):
            here = counts[digit, value]
            counts[digit, value] = before
            before += here
    for k in range(bits.size):
        value = keys[k] & _DIGIT
        other[counts[0, value]] = keys[k]
        counts[0, value] += 1
    for k in range(bits.size):
        value = (other[k] >> _LOW) & _DIGIT
        keys[counts[1, value]] = other[k]
        counts[1, value] += 1
    for k in range(bits.size):
        value = keys[k] >> _HIGH
        flip = _SIGN if keys[k] & _SIGN else _ALL
        other[counts[2, value]] = keys[k] ^ flip
        counts[2, value] += 1


@kernel
def _sums_before(ordered, places, sums):
    """Set `sums` to the sum of all numbers before each place; places ascend."""
    total, k = 0.0, 0
    for n in range(places.size):
        while k < places[n]:
            total += ordered[k]
            k += 1
        sums[n] = total


@kernel
def _smoothed_up(sz, up):
    """Set `up` (ny, 1 + nx) to where S_z, summed over 3 x 3 sites, is above zero.

    Edges wrap around; the first column is a copy of the last.
    """
    ny, nx = sz.shape
    line = np.empty(nx + 2, dtype=sz.dtype)
    for i in range(ny):
        here, low, high = sz[i], sz[i - 1 if i else ny - 1], sz[i + 1 if i + 1 < ny else 0]
        for j in range(nx):
            line[j + 1] = (here[j] + low[j]) + high[j]
        line[0], line[nx + 1] = line[nx], line[1]
        for j in range(nx):
            up[i, j + 1] = (line[j + 1] + line[j]) + line[j + 2] > 0
        up[i, 0] = up[i, nx]


@kernel
def _euler_of(up):
    """Return sites minus bonds plus plaquettes; `up` as `_smoothed_up` sets it."""
    ny, columns = up.shape
    total = 0
    for i in range(ny):
        here, low = up[i], up[i - 1 if i else ny - 1]
        for j in range(1, columns):
            pair = here[j] & here[j - 1]
            total += here[j] - pair - (here[j] & low[j]) + (pair & low[j] & low[j - 1])
    return total


def euler_of(sz: NDArray[np.floating]) -> int:
    """Return patches minus holes of the smoothed S_z > 0, shape (ny, nx); edges wrap around."""
    up = np.empty((sz.shape[0], 1 + sz.shape[1]), dtype=np.int64)
    _smoothed_up(np.ascontiguousarray(sz), up)
    return int(_euler_of(up))


def sorted_sites(sz: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return all numbers of an array in ascending order, in single precision."""
    bits = np.ravel(sz).astype(np.float32, copy=False).view(np.uint32)
    keys, ordered = np.empty_like(bits), np.empty_like(bits)
    _radix_sort(bits, keys, ordered)
    return ordered.view(np.float32)


def sums_before(ordered: NDArray[np.float32], places: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the sum of the numbers before each of the ascending `places`, shape (places,)."""
    sums = np.empty(places.size)
    _sums_before(ordered, places, sums)
    return sums
