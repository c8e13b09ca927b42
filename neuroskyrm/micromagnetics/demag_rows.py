# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
"""Compiled loops of the demagnetising field along x: bundles of rows, one row in each lane.

Of `m` (3, layers, ny, nx) and `out` (layers, 3, ny, nx) they go to and from `spectrum`, all flat.
A convolution of real numbers that must not wrap around needs no padding: modulo z^n + i, what
wraps around is imaginary, and is not looked at.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.jit import kernel
from neuroskyrm.micromagnetics.fourier_kernels import part_stride, transform
from neuroskyrm.micromagnetics.sample import Array
from neuroskyrm.simd import transpose, width


class Layout(NamedTuple):
    """Sizes of the mesh, and rows of a column in `spectrum`.

    Its shape is (blocks of columns, layers, 3, real and imaginary, rows, lanes).
    """

    layers: int
    ny: int
    nx: int
    rows: int


class Line(NamedTuple):
    """A transform along one axis: its length, passes and table, and where it begins in scratch."""

    size: int
    passes: NDArray[np.int64]
    table: Array
    front: int


@kernel
def _bundle(item, layout, lanes):
    """Return plane, first row and number of rows of a bundle."""
    bundles = -(-layout.ny // lanes)
    # The last bundle overlaps with the one before, so that all are full.
    first = max(0, min(item % bundles * lanes, layout.ny - lanes))
    return item // bundles, first, min(lanes, layout.ny)


@kernel
def _gather(work, re, m, first, nx, count):
    """Put `count` rows of m, from `first` on, beside each other: row i into lane i."""
    lanes = width(work)
    if count == lanes and nx >= lanes:
        for tile in range(0, nx, lanes):
            x = min(tile, nx - lanes)
            transpose(m, first + x, nx, work, re + x * lanes, lanes)
    else:
        work[re : re + nx * lanes] = 0
        for x in range(nx):
            for i in range(count):
                work[re + x * lanes + i] = m[first + i * nx + x]


@kernel
def _scatter(out, first, nx, count, work, re):
    """Undo `_gather`."""
    lanes = width(work)
    if count == lanes and nx >= lanes:
        for tile in range(0, nx, lanes):
            x = min(tile, nx - lanes)
            transpose(work, re + x * lanes, lanes, out, first + x, nx)
    else:
        for x in range(nx):
            for i in range(count):
                out[first + i * nx + x] = work[re + x * lanes + i]


@kernel
def transform_rows(
    spectrum: Array, m: Array, layout: Layout, line: Line, work: Array, begin: int, end: int
) -> None:
    """Transform bundles begin.. of the rows of m."""
    layers, ny, nx, rows = layout
    lanes = width(work)
    blocks = -(-line.size // lanes)
    re = line.front
    im = re + part_stride(blocks * lanes, lanes)
    for item in range(begin, end):
        plane, y, count = _bundle(item, layout, lanes)
        _gather(work, re, m, (plane * ny + y) * nx, nx, count)
        work[re + nx * lanes : re + line.size * lanes] = 0
        work[im : im + line.size * lanes] = 0
        transform(work, re, im, line.passes, line.table, True)
        column = plane % layers * 3 + plane // layers
        for block in range(blocks):
            target = ((block * layers * 3 + column) * 2 * rows + y) * lanes
            tile = block * lanes * lanes
            transpose(work, re + tile, lanes, spectrum, target, lanes)
            transpose(work, im + tile, lanes, spectrum, target + rows * lanes, lanes)


@kernel
def restore_rows(
    out: Array, spectrum: Array, layout: Layout, line: Line, work: Array, begin: int, end: int
) -> None:
    """Transform bundles begin.. of rows back."""
    layers, ny, nx, rows = layout
    lanes = width(work)
    blocks = -(-line.size // lanes)
    re = line.front
    im = re + part_stride(blocks * lanes, lanes)
    for item in range(begin, end):
        plane, y, count = _bundle(item, layout, lanes)
        for block in range(blocks):
            source = ((block * layers * 3 + plane) * 2 * rows + y) * lanes
            tile = block * lanes * lanes
            transpose(spectrum, source, lanes, work, re + tile, lanes)
            transpose(spectrum, source + rows * lanes, lanes, work, im + tile, lanes)
        transform(work, re, im, line.passes, line.table, False)
        _scatter(out, (plane * ny + y) * nx, nx, count, work, re)
