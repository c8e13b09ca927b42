"""Thermal noise from a counter-based generator: a number belongs to (seed, step, row, cell).

Nothing is stored between steps and nothing depends on threads, so that a resumed run continues
with the same bits.

References
----------
J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011),
doi:10.1145/2063384.2063405 (Philox 4x32-10).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.jit import fast_kernel

Array = NDArray[np.floating]

_MASK = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_DROP = np.uint64(8)
_INV24 = np.float32(2.0**-24)


@fast_kernel
def philox_row(words: NDArray[np.uint64], row: int, step: int, seed: int) -> None:
    """Fill `words` (4, n) with 32-bit random words: the counter is (column, row, step)."""
    key0, key1 = np.uint64(seed) & _MASK, (np.uint64(seed) >> _SHIFT) & _MASK
    r1 = np.uint64(row) & _MASK
    s0, s1 = np.uint64(step) & _MASK, (np.uint64(step) >> _SHIFT) & _MASK
    for i in range(words.shape[1]):
        c0, c1, c2, c3 = np.uint64(i), r1, s0, s1
        k0, k1 = key0, key1
        for _ in range(10):
            p0, p1 = _M0 * c0, _M1 * c2
            c0 = (p1 >> _SHIFT) ^ c1 ^ k0
            c1 = p1 & _MASK
            c2 = (p0 >> _SHIFT) ^ c3 ^ k1
            c3 = p0 & _MASK
            k0 = (k0 + _W0) & _MASK
            k1 = (k1 + _W1) & _MASK
        words[0, i], words[1, i], words[2, i], words[3, i] = c0, c1, c2, c3


@fast_kernel
def normal_pair_row(
    first: NDArray[np.float32],
    second: NDArray[np.float32],
    u: NDArray[np.uint64],
    v: NDArray[np.uint64],
) -> None:
    """Box–Muller: turn words `u`, `v` into two rows of standard normal numbers.

    Logarithm and sine are polynomials (relative error below 1e-6), so that the loop vectorises.
    """
    one, half, two = np.float32(1), np.float32(0.5), np.float32(2)
    for i in range(first.shape[0]):
        x = (np.float32(u[i] >> _DROP) + half) * _INV24
        bits = np.float32(x).view(np.int32)
        exponent = (bits - np.int32(0x3F3504F3)) >> np.int32(23)
        mantissa = np.int32(bits - (exponent << np.int32(23))).view(np.float32)
        # ln(x) = e ln 2 + 2 atanh(s), s = (m - 1) / (m + 1), m in [sqrt(1/2), sqrt 2].
        s = (mantissa - one) / (mantissa + one)
        q = s * s
        series = np.float32(2 / 9) + q * np.float32(2 / 11)
        series = np.float32(2 / 7) + q * series
        series = np.float32(2 / 5) + q * series
        series = two + q * (np.float32(2 / 3) + q * series)
        log = np.float32(exponent) * np.float32(0.6931471805599453) + s * series
        radius = np.sqrt(max(-two * log, np.float32(0)))
        # Half the angle, in (-pi/2, pi/2); the double-angle formulas give the whole circle.
        t = (np.float32(v[i] >> _DROP) + half) * _INV24 - half
        w = t * t * np.float32(9.869604401089358)
        sine = np.float32(-1 / 5040) + w * (np.float32(1 / 362880) - w * np.float32(1 / 39916800))
        sine = one + w * (np.float32(-1 / 6) + w * (np.float32(1 / 120) + w * sine))
        sine *= t * np.float32(3.141592653589793)
        cosine = np.float32(1 / 40320) + w * (
            np.float32(-1 / 3628800) + w * np.float32(1 / 479001600)
        )
        cosine = np.float32(1 / 24) + w * (np.float32(-1 / 720) + w * cosine)
        cosine = one + w * (-half + w * cosine)
        first[i] = radius * (one - two * sine * sine)
        second[i] = radius * (two * sine * cosine)


@fast_kernel
def thermal_field(
    out: Array,
    sigma: Array,
    factor: float,
    step: int,
    seed: int,
    begin: int,
    end: int,
    words: NDArray[np.uint64],
    normals: NDArray[np.float32],
) -> None:
    """Write factor sigma times normal numbers to rows begin..end of `out` (3, layers, ny, nx).

    `words` (4, n) and `normals` (4 n) are scratch with 4 n >= 3 nx.
    """
    ny, nx = out.shape[2:]
    n = words.shape[1]
    scale = out.dtype.type(factor)
    for row in range(begin, end):
        layer, y = row // ny, row % ny
        philox_row(words, row, step, seed)
        normal_pair_row(normals[:n], normals[n : 2 * n], words[0], words[1])
        normal_pair_row(normals[2 * n : 3 * n], normals[3 * n :], words[2], words[3])
        spread = sigma[layer, y]
        for a in range(3):
            target = out[a, layer, y]
            numbers = normals[a * nx : (a + 1) * nx]
            for x in range(nx):
                target[x] = scale * spread[x] * numbers[x]
