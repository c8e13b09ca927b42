# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
"""Counter-based thermal noise: a pure function of (seed, step, site, component).

A number is hashed from its counter, so the noise does not depend on threads, on the order of
sites or on where a run was resumed. The sum of four 16-bit uniforms, bent by a cubic so that its
variance and fourth moment are exactly those of a Gaussian, replaces the Box-Muller transform:
it needs no logarithm or sine and therefore vectorises (the sixth moment is 14.5 instead of 15;
for the weak order of Heun's scheme the moments up to the fourth matter).
"""

from __future__ import annotations

import numpy as np

from neuroskyrm.atomistic._simd import LANES
from neuroskyrm.jit import kernel

_MEAN = np.float32(4 * 65535 / 2)
_SCALE = np.float32(1 / np.sqrt(4 * (65536.0**2 - 1) / 12))
_LINEAR = np.float32(0.9490355216555489)
_CUBIC = np.float32(0.018641505975653738)

_ODD = np.uint32(0x9E3779B9)
_MIX1 = np.uint32(0x7FEB352D)
_MIX2 = np.uint32(0x846CA68B)
_LOW = np.uint32(0xFFFF)


@kernel
def _mix32(h):
    """Return a 32-bit hash with full avalanche (the lowbias32 finaliser)."""
    # numba widens products of uint32, so each is cut back to 32 bits.
    h = np.uint32((h ^ (h >> np.uint32(16))) * _MIX1)
    h = np.uint32((h ^ (h >> np.uint32(15))) * _MIX2)
    return np.uint32(h ^ (h >> np.uint32(16)))


@kernel
def _mix64(h):
    """Return a 64-bit hash (the SplitMix64 finaliser)."""
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))


@kernel
def fill_noise(noise, ny, nx, stride, sigma, seed, step):
    """Fill the interior of a padded flat array with Gaussian numbers of width `sigma`.

    Rows are padded as in `_kernels`; the numbers do not depend on it.
    """
    key = _mix64(_mix64(np.uint64(seed)) + np.uint64(step) * np.uint64(0x9E3779B97F4A7C15))
    first = np.uint32(key & np.uint64(0xFFFFFFFF))
    second = np.uint32(key >> np.uint64(32))
    plane = (ny + 2) * stride
    for c in range(3):
        for i in range(ny):
            row = noise[c * plane + (i + 1) * stride + LANES :]
            counter = np.uint32((c * ny + i) * nx)
            for j in range(nx):
                site = np.uint32((counter + np.uint32(j)) * _ODD + first)
                h = _mix32(np.uint32(_mix32(site) ^ second))
                g = _mix32(np.uint32(h + _ODD))
                total = (h & _LOW) + (h >> np.uint32(16)) + (g & _LOW) + (g >> np.uint32(16))
                u = (np.float32(np.int32(total)) - _MEAN) * _SCALE
                row[j] = np.float32(sigma) * u * (_LINEAR + _CUBIC * u * u)
