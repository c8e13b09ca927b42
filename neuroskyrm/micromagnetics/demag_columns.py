# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
"""Compiled loops of the demagnetising field along y: columns, and the product of layer pairs.

A block of columns, one in each lane, goes through transform, product and transform back in one
piece of memory that stays in the cache. Its numbers are complex: a convolution that must not wrap
around takes them modulo z^n + i and modulo z^n - i, two halves of which the sum is the result.
The second half has the opposite frequencies of the first, where N_xy and N_yz change their sign:
it is the same with y mirrored, that is with m_y and h_y reversed and all roots conjugated.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.jit import kernel
from neuroskyrm.micromagnetics.demag_rows import Layout, Line
from neuroskyrm.micromagnetics.fourier_kernels import part_stride, transform
from neuroskyrm.micromagnetics.sample import Array
from neuroskyrm.simd import load, splat, spread, store, width


class Pairs(NamedTuple):
    """Tensors of the layer pairs, at all frequencies.

    `tensors` is flat, of shape (blocks of columns, frequencies along y, keys, 6, lanes); for
    target i and source j, `uses` holds the key, and `signs` those of N_xz and N_yz (flat).
    """

    tensors: Array
    keys: int
    uses: NDArray[np.int64]
    signs: Array


@kernel
def _field_of_layers(work, o, stride, step, pairs, k, i):
    """Return the field in layer i at one frequency: h_x, h_y, h_z, each (re, im).

    h_x = xx m_x + xy m_y + i xz m_z,  h_y = xy m_x + yy m_y + i yz m_z,
    h_z = i xz m_x + i yz m_y + zz m_z.
    """
    lanes, layers, n = width(work), pairs.uses.shape[0], pairs.tensors
    zero = splat(work.dtype.type(0))
    xr, xi, yr, yi, zr, zi = zero, zero, zero, zero, zero, zero
    for j in range(layers):
        t = k + pairs.uses[i, j] * 6 * lanes
        sign = spread(pairs.signs, i * layers + j)
        xx, yy, zz = load(n, t), load(n, t + lanes), load(n, t + 2 * lanes)
        xy = load(n, t + 3 * lanes)
        xz, yz = sign * load(n, t + 4 * lanes), sign * load(n, t + 5 * lanes)
        p = o + 3 * j * step
        ar, ai = load(work, p), load(work, p + stride)
        br, bi = load(work, p + step), load(work, p + step + stride)
        cr, ci = load(work, p + 2 * step), load(work, p + 2 * step + stride)
        xr = xr + xx * ar + xy * br - xz * ci
        xi = xi + xx * ai + xy * bi + xz * cr
        yr = yr + xy * ar + yy * br - yz * ci
        yi = yi + xy * ai + yy * bi + yz * cr
        zr = zr + zz * cr - xz * ai - yz * bi
        zi = zi + zz * ci + xz * ar + yz * br
    return xr, xi, yr, yi, zr, zi


@kernel
def multiply(work: Array, line: Line, halves: int, pairs: Pairs, block: int, sums: Array) -> None:
    """Multiply a block of columns, in place; `sums` is scratch."""
    lanes, layers = width(work), pairs.uses.shape[0]
    stride = part_stride(line.size, lanes)
    step = 2 * halves * stride
    k = block * line.size * pairs.keys * 6 * lanes
    for position in range(line.size):
        for half in range(halves):
            o = line.front + 2 * half * stride + position * lanes
            for i in range(layers):
                h = _field_of_layers(work, o, stride, step, pairs, k, i)
                s = 6 * i * lanes
                store(sums, s, h[0])
                store(sums, s + lanes, h[1])
                store(sums, s + 2 * lanes, h[2])
                store(sums, s + 3 * lanes, h[3])
                store(sums, s + 4 * lanes, h[4])
                store(sums, s + 5 * lanes, h[5])
            for c in range(3 * layers):
                store(work, o + c * step, load(sums, 2 * c * lanes))
                store(work, o + c * step + stride, load(sums, (2 * c + 1) * lanes))
        k += pairs.keys * 6 * lanes


@kernel
def _join(spectrum, target, layout, work, re, stride, halves, sign):
    """Copy a column back: the sum of its halves, or their difference."""
    lanes = width(work)
    for part in range(2):
        p, q = target + part * layout.rows * lanes, re + part * stride
        for o in range(0, layout.ny * lanes, lanes):
            total = load(work, q + o)
            if halves == 2:
                total = total + sign * load(work, q + 2 * stride + o)
            store(spectrum, p + o, total)


@kernel
def convolve_columns(
    spectrum: Array,
    layout: Layout,
    line: Line,
    halves: int,
    pairs: Pairs,
    work: Array,
    sums: Array,
    begin: int,
    end: int,
) -> None:
    """Convolve blocks begin.. of columns with the tensors, in place."""
    lanes, columns, rows = width(work), 3 * layout.layers, layout.rows
    stride = part_stride(line.size, lanes)
    one, minus_one = splat(work.dtype.type(1)), splat(work.dtype.type(-1))
    for block in range(begin, end):
        for c in range(columns):
            source = (block * columns + c) * 2 * rows * lanes
            for half in range(halves):
                re = line.front + 2 * (c * halves + half) * stride
                im = re + stride
                sign = minus_one if half == 1 and c % 3 == 1 else one
                for o in range(0, line.size * lanes, lanes):
                    store(work, re + o, sign * load(spectrum, source + o))
                    store(work, im + o, sign * load(spectrum, source + rows * lanes + o))
                if half == 1:
                    re, im = im, re
                transform(work, re, im, line.passes, line.table, True)
        multiply(work, line, halves, pairs, block, sums)
        for c in range(columns):
            target = (block * columns + c) * 2 * rows * lanes
            start = line.front + 2 * c * halves * stride
            for half in range(halves):
                re = start + 2 * half * stride
                im = re + stride
                if half == 1:
                    re, im = im, re
                transform(work, re, im, line.passes, line.table, False)
            sign = minus_one if c % 3 == 1 else one
            _join(spectrum, target, layout, work, start, stride, halves, sign)
