"""The demagnetising field by transforms on the processor.

Rows are transformed along x (`demag_rows`); then blocks of columns, small enough for the cache,
along y, multiplied by the tensor of every layer pair, and back (`demag_columns`); then rows back.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from neuroskyrm.constants import MU0
from neuroskyrm.micromagnetics.demag_columns import Pairs, convolve_columns
from neuroskyrm.micromagnetics.demag_rows import Layout, Line, restore_rows, transform_rows
from neuroskyrm.micromagnetics.demag_tensors import Axis, layer_pairs, transformed
from neuroskyrm.micromagnetics.fourier import Transform, good_size
from neuroskyrm.micromagnetics.fourier_kernels import part_stride
from neuroskyrm.micromagnetics.sample import Array, Sample, relative_moments
from neuroskyrm.micromagnetics.workers import Workers
from neuroskyrm.simd import lanes


class DemagPlan:
    """Transformed tensors and buffers for one sample and number type."""

    def __init__(self, sample: Sample, dtype: np.dtype[Any], images: int) -> None:
        mesh = sample.mesh
        self.sample, self.dtype = sample, dtype
        strongest = float(sample.Ms.max())
        self.relative = relative_moments(sample, strongest, dtype)
        x, y = _axis(mesh.nx, mesh.periodic[0]), _axis(mesh.ny, mesh.periodic[1])
        self.x, self.y = Transform(x.size, x.turn, dtype), Transform(y.size, y.turn, dtype)
        self.halves = 2 if y.turn else 1
        self.lanes = lanes(dtype)
        self.blocks = -(-x.size // self.lanes)
        # Two rows more than needed: a power of two would use few lines of the cache.
        self.layout = Layout(*mesh.shape, max(y.size, self.lanes) + 2)
        self.pairs = self._find_pairs(x, y, images, -MU0 * strongest)
        size = self.blocks * mesh.layers * 6 * self.layout.rows * self.lanes
        self.spectrum = np.zeros(size, dtype=dtype)
        self.out = np.zeros((mesh.layers, 3, mesh.ny, mesh.nx), dtype=dtype)
        self.scratch: list[Scratch] = []

    def _find_pairs(self, x: Axis, y: Axis, images: int, factor: float) -> Pairs:
        """Return the tensors in the order in which `convolve_columns` reads them."""
        pairs, uses = layer_pairs(self.sample.mesh)
        tensors = np.zeros((self.blocks, y.size, len(pairs), 6, self.lanes), dtype=self.dtype)
        factor /= x.size * y.size * self.halves
        for key, pair in enumerate(pairs):
            values = transformed(pair, x, y, images)
            padded = np.zeros((6, self.blocks * self.lanes, y.size))
            padded[:, : x.size] = factor * values[:, self.x.order][:, :, self.y.order]
            columns = padded.reshape(6, self.blocks, self.lanes, y.size)
            tensors[:, :, key] = columns.transpose(1, 3, 0, 2)
        signs = uses[..., 1].astype(self.dtype)
        keys = np.ascontiguousarray(uses[..., 0])
        return Pairs(tensors.reshape(-1), len(pairs), keys, signs.reshape(-1))

    def field(self, m: Array, workers: Workers) -> Array:
        """Return the field [T] in `self.out`."""
        while len(self.scratch) < workers.threads:
            self.scratch.append(Scratch(self))
        if self.relative is not None:
            m = m * self.relative
        source, target = np.ascontiguousarray(m).reshape(-1), self.out.reshape(-1)

        def forward(thread: int, begin: int, end: int) -> None:
            own = self.scratch[thread]
            transform_rows(self.spectrum, source, self.layout, own.x, own.row, begin, end)

        def across(thread: int, begin: int, end: int) -> None:
            own = self.scratch[thread]
            convolve_columns(
                self.spectrum, self.layout, own.y, self.halves, self.pairs, own.columns, own.sums,
                begin, end,
            )  # fmt: skip

        def backward(thread: int, begin: int, end: int) -> None:
            own = self.scratch[thread]
            restore_rows(target, self.spectrum, self.layout, own.x, own.row, begin, end)

        bundles = 3 * self.layout.layers * -(-self.layout.ny // self.lanes)
        workers.share(forward, bundles)
        workers.share(across, self.blocks)
        workers.share(backward, bundles)
        return self.out


class Scratch:
    """What one thread works on."""

    def __init__(self, plan: DemagPlan) -> None:
        lanes, dtype, layers = plan.lanes, plan.dtype, plan.layout.layers
        front = 2 * max(plan.x.widest, plan.y.widest) * lanes
        self.x = Line(plan.x.size, plan.x.passes, plan.x.table, front)
        self.y = Line(plan.y.size, plan.y.passes, plan.y.table, front)
        row = part_stride(plan.blocks * lanes, lanes)
        column = part_stride(plan.y.size, lanes)
        self.row = np.zeros(front + 2 * row, dtype=dtype)
        self.columns = np.zeros(front + 6 * layers * plan.halves * column, dtype=dtype)
        self.sums = np.zeros(6 * layers * lanes, dtype=dtype)


def _axis(cells: int, periodic: bool) -> Axis:
    """Return the frequencies of one axis: shifted by a quarter unless it wraps around."""
    if periodic or cells == 1:
        return Axis(cells, 0.0, cells, periodic)
    return Axis(good_size(cells), 0.25, cells, periodic)
