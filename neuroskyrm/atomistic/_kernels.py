# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
"""Fused kernels of atomistic spin dynamics: field, torque and stage update in one pass.

A state is a flat float32 array of three planes (x, y, z) of padded rows: `LANES` columns to the
left (the last of them is the halo), the row, and at least one column to the right, so that whole
vectors may be computed without remainder. Rows 0 and ny + 1 are halos too. A pass reads one
state, so passes never see half-updated neighbours, and its result does not depend on threads.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.atomistic._simd import LANES
from neuroskyrm.jit import kernel
from neuroskyrm.simd import load, splat, store

Flat = NDArray[np.float32]


def row_stride(nx: int) -> int:
    """Return the length of a padded row."""
    return LANES + -(-nx // LANES) * LANES + LANES


@kernel
def fill_halo(s, ny, nx, stride, wrap_x, wrap_y):
    """Copy the opposite edges into the halo, or zeros at a free boundary."""
    plane = (ny + 2) * stride
    for c in range(3):
        for i in range(1, ny + 1):
            left = c * plane + i * stride + LANES
            s[left - 1] = s[left + nx - 1] if wrap_x else 0.0
            s[left + nx] = s[left] if wrap_x else 0.0
        low, high = c * plane, c * plane + (ny + 1) * stride
        for j in range(stride):
            s[low + j] = s[low + ny * stride + j] if wrap_y else 0.0
            s[high + j] = s[low + stride + j] if wrap_y else 0.0


@kernel
def _torque(s, o, plane, stride, couplings, applied, noise):
    """Return ``-S x (B + alpha S x B)``: Eq. (2) without gamma / (1 + alpha^2)."""
    j2, d2, k2, alpha = couplings
    p, q = o + plane, o + 2 * plane
    x, y, z = load(s, o), load(s, p), load(s, q)
    x_up, x_down = load(s, o + stride), load(s, o - stride)
    y_left, y_right = load(s, p - 1), load(s, p + 1)
    z_left, z_right = load(s, q - 1), load(s, q + 1)
    z_up, z_down = load(s, q + stride), load(s, q - stride)
    x_sum = (load(s, o - 1) + load(s, o + 1)) + (x_up + x_down)
    y_sum = (y_left + y_right) + (load(s, p + stride) + load(s, p - stride))
    z_sum = (z_left + z_right) + (z_up + z_down)
    bx = applied[0] + j2 * x_sum + d2 * (z_down - z_up)
    by = applied[1] + j2 * y_sum + d2 * (z_right - z_left)
    bz = applied[2] + j2 * z_sum + d2 * ((x_up - x_down) - (y_right - y_left)) + k2 * z
    if noise is not None:
        bx = bx + load(noise, o)
        by = by + load(noise, p)
        bz = bz + load(noise, q)
    ax, ay, az = alpha * x, alpha * y, alpha * z
    cx = bx + (ay * bz - az * by)
    cy = by + (az * bx - ax * bz)
    cz = bz + (ax * by - ay * bx)
    return z * cy - y * cz, x * cz - z * cx, y * cx - x * cy


@kernel
def _splat_all(couplings, applied):
    """Return couplings (j2, d2, k2, alpha) and the applied field as tuples of vectors."""
    j2, d2, k2 = splat(couplings[0]), splat(couplings[1]), splat(couplings[2])
    field = (splat(applied[0]), splat(applied[1]), splat(applied[2]))
    return (j2, d2, k2, splat(couplings[3])), field


@kernel
def stage(src, base, out, shape, couplings, applied, noise, weight):
    """Set ``out = base + weight * torque(src)`` and fill its halo."""
    ny, nx, stride, wrap_x, wrap_y = shape
    plane = (ny + 2) * stride
    constants, field = _splat_all(couplings, applied)
    w = splat(weight)
    for i in range(1, ny + 1):
        for j in range(LANES, LANES + nx, LANES):
            o = i * stride + j
            tx, ty, tz = _torque(src, o, plane, stride, constants, field, noise)
            store(out, o, load(base, o) + w * tx)
            store(out, o + plane, load(base, o + plane) + w * ty)
            store(out, o + 2 * plane, load(base, o + 2 * plane) + w * tz)
    fill_halo(out, ny, nx, stride, wrap_x, wrap_y)


@kernel
def _store_unit(out, o, plane, x, y, z):
    """Store a vector of spins, brought back to length one.

    A step leaves lengths within a few percent of one, where ``1 / |S|`` is its Taylor series to
    second order in ``|S|^2 - 1``; a division and a square root would cost half a field.
    """
    excess = x * x + y * y + z * z - splat(np.float32(1.0))
    scale = (splat(np.float32(0.375)) * excess - splat(np.float32(0.5))) * excess
    store(out, o, x + x * scale)
    store(out, o + plane, y + y * scale)
    store(out, o + 2 * plane, z + z * scale)


@kernel
def finish_rk4(y0, y1, y2, y3, shape, couplings, applied, noise, weight):
    """Finish a Runge-Kutta step in place: ``y0 = (y1 + 2 y2 + y3 - y0) / 3 + k4 / 6``.

    The three stage states hold k1, k2 and k3, so no separate sum of slopes is kept.
    """
    ny, nx, stride, wrap_x, wrap_y = shape
    plane = (ny + 2) * stride
    constants, field = _splat_all(couplings, applied)
    w, third = splat(weight), splat(np.float32(1 / 3))
    for i in range(1, ny + 1):
        for j in range(LANES, LANES + nx, LANES):
            o = i * stride + j
            p, q = o + plane, o + 2 * plane
            tx, ty, tz = _torque(y3, o, plane, stride, constants, field, noise)
            x = load(y2, o) + load(y2, o) + load(y1, o) + load(y3, o) - load(y0, o)
            y = load(y2, p) + load(y2, p) + load(y1, p) + load(y3, p) - load(y0, p)
            z = load(y2, q) + load(y2, q) + load(y1, q) + load(y3, q) - load(y0, q)
            _store_unit(y0, o, plane, third * x + w * tx, third * y + w * ty, third * z + w * tz)
    fill_halo(y0, ny, nx, stride, wrap_x, wrap_y)


@kernel
def finish_heun(y0, y1, shape, couplings, applied, noise, weight):
    """Finish a Heun step in place: ``y0 = (y0 + y1) / 2 + k2 / 2``."""
    ny, nx, stride, wrap_x, wrap_y = shape
    plane = (ny + 2) * stride
    constants, field = _splat_all(couplings, applied)
    w, half = splat(weight), splat(np.float32(0.5))
    for i in range(1, ny + 1):
        for j in range(LANES, LANES + nx, LANES):
            o = i * stride + j
            p, q = o + plane, o + 2 * plane
            tx, ty, tz = _torque(y1, o, plane, stride, constants, field, noise)
            x = half * (load(y0, o) + load(y1, o)) + w * tx
            y = half * (load(y0, p) + load(y1, p)) + w * ty
            z = half * (load(y0, q) + load(y1, q)) + w * tz
            _store_unit(y0, o, plane, x, y, z)
    fill_halo(y0, ny, nx, stride, wrap_x, wrap_y)


@kernel
def applied_field(static, pulses, time):
    """Return the uniform field (x, y, z) [T] at `time`: static, plus every Gaussian pulse.

    A row of `pulses` is peak x, y, z [T], centre [s], width [s].
    """
    x, y, z = static[0], static[1], static[2]
    for k in range(pulses.shape[0]):
        distance = (time - pulses[k, 3]) / pulses[k, 4]
        strength = np.exp(-0.5 * distance * distance)
        x += strength * pulses[k, 0]
        y += strength * pulses[k, 1]
        z += strength * pulses[k, 2]
    return np.float32(x), np.float32(y), np.float32(z)
