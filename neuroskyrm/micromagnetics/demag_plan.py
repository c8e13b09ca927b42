"""The demagnetising field by transforms on the processor.

Per layer, rows are transformed along x (zero rows are never touched); then blocks of columns,
small enough for the cache, are transformed along y, multiplied by the tensor of every layer
pair, and transformed back.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from neuroskyrm.constants import MU0
from neuroskyrm.micromagnetics import demag_kernels as kernels
from neuroskyrm.micromagnetics.sample import Array, Sample
from neuroskyrm.micromagnetics.terms.demag import layer_tensors, padded_size, relative_moments
from neuroskyrm.micromagnetics.workers import Workers

_BLOCK_BYTES = 400_000
"""Two blocks of columns of this size, and what feeds them, stay in an L2 cache of 2 MB."""

_ROW_BYTES = 350_000
"""Rows transformed in one call: they and their spectrum stay in the cache too."""


class DemagPlan:
    """Transformed tensors and buffers for one sample and number type."""

    def __init__(self, sample: Sample, dtype: np.dtype[Any], images: int) -> None:
        mesh = sample.mesh
        self.sample = sample
        self.dtype = dtype
        self.px = padded_size(mesh.nx, mesh.periodic[0], real=True)
        self.py = padded_size(mesh.ny, mesh.periodic[1])
        strongest = float(sample.Ms.max())
        self.relative = relative_moments(sample, strongest, dtype)
        self.kernel, self.pairs = layer_tensors(mesh, (self.px, self.py), images, dtype)
        self.kernel *= dtype.type(-MU0 * strongest)
        layers, ny, nx = mesh.shape
        complex_type = torch.complex64 if dtype == np.float32 else torch.complex128
        self.complex_type = complex_type
        self.width = self.px // 2 + 1
        self.spectrum = torch.zeros((layers, ny, 3, self.width), dtype=complex_type)
        self.out = np.zeros((layers, 3, ny, nx), dtype=dtype)
        column = layers * 3 * self.py * 2 * dtype.itemsize
        self.count = max(1, min(self.width, _BLOCK_BYTES // column))
        self.lines = max(1, min(ny, _ROW_BYTES // (3 * self.px * dtype.itemsize)))
        self.blocks: list[_Blocks] = []

    def field(self, m: Array, workers: Workers) -> Array:
        """Return the field [T] in `self.out`."""
        while len(self.blocks) < workers.threads:
            self.blocks.append(_Blocks(self))
        if self.relative is not None:
            m = m * self.relative
        layers, ny = m.shape[1:3]

        def forward(thread: int, begin: int, end: int) -> None:
            for layer in range(begin, end):
                for y in range(0, ny, self.lines):
                    self.blocks[thread].transform_rows(m[:, layer], layer, y)

        def backward(thread: int, begin: int, end: int) -> None:
            for layer in range(begin, end):
                for y in range(0, ny, self.lines):
                    self.blocks[thread].restore_rows(layer, y)

        def across(thread: int, begin: int, end: int) -> None:
            for block in range(begin, end):
                self.blocks[thread].process(block * self.count)

        workers.share(forward, layers)
        workers.share(across, -(-self.width // self.count))
        workers.share(backward, layers)
        return self.out


class _Blocks:
    """Scratch of one thread for blocks of columns."""

    def __init__(self, plan: DemagPlan) -> None:
        layers = plan.out.shape[0]
        shape = (layers, 3, plan.count, plan.py)
        self.plan = plan
        self.first = torch.zeros(shape, dtype=plan.complex_type)
        self.second = torch.zeros(shape, dtype=plan.complex_type)
        self.pairs_first = torch.view_as_real(self.first).numpy()
        self.pairs_second = torch.view_as_real(self.second).numpy()
        flat = (*shape[:3], 2 * plan.py)
        self.flat_first = self.pairs_first.reshape(flat)
        self.flat_second = self.pairs_second.reshape(flat)
        self.full = np.zeros((len(plan.kernel), 6, 2 * plan.py), dtype=plan.dtype)
        self.spectrum = torch.view_as_real(plan.spectrum).numpy()
        real = torch.float32 if plan.dtype == np.float32 else torch.float64
        # The tail of `before` stays zero: that is the padding.
        self.before = torch.zeros((plan.lines, 3, plan.px), dtype=real)
        self.after = torch.zeros((plan.lines, 3, plan.px), dtype=real)

    def transform_rows(self, m: Array, layer: int, y: int) -> None:
        """Transform rows y.. of one layer (3, ny, nx) along x."""
        rows = m[:, y : y + self.plan.lines].transpose(1, 0, 2)
        count, _, nx = rows.shape
        self.before.numpy()[:count, :, :nx] = rows
        spectrum = self.plan.spectrum[layer, y : y + count]
        torch.fft.rfft(self.before[:count], dim=-1, out=spectrum)

    def restore_rows(self, layer: int, y: int) -> None:
        """Transform rows y.. of one layer back, and keep the part without padding."""
        spectrum = self.plan.spectrum[layer, y : y + self.plan.lines]
        after = self.after[: len(spectrum)]
        torch.fft.irfft(spectrum, n=self.plan.px, dim=-1, out=after)
        out = self.plan.out[layer]
        rows = after.numpy()[..., : out.shape[2]]
        out[:, y : y + len(rows)] = rows.transpose(1, 0, 2)

    def process(self, start: int) -> None:
        """Transform columns start.. along y, multiply, and transform back."""
        plan = self.plan
        kernels.gather_columns(self.pairs_first, self.spectrum, start)
        torch.fft.fft(self.first, dim=-1, out=self.second)
        kernels.multiply_columns(
            self.flat_first, self.flat_second, plan.kernel, start, plan.pairs, self.full
        )
        torch.fft.ifft(self.first, dim=-1, out=self.second)
        kernels.scatter_columns(self.spectrum, self.pairs_second, start)
