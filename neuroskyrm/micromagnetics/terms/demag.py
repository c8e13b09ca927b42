"""Demagnetising field between the stored layers.

Per layer, rows are transformed along x (zero rows are never touched); then blocks of columns,
small enough for the cache, are transformed along y, multiplied by the tensor of every layer
pair, and transformed back.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.fft import next_fast_len

from neuroskyrm.constants import MU0
from neuroskyrm.micromagnetics import demag_kernels as kernels
from neuroskyrm.micromagnetics.mesh import Mesh
from neuroskyrm.micromagnetics.newell import CellPair, tensor
from neuroskyrm.micromagnetics.sample import Array, Sample, State
from neuroskyrm.micromagnetics.terms.base import LinearTerm
from neuroskyrm.micromagnetics.workers import Workers

_BLOCK_BYTES = 400_000
"""Two blocks of columns of this size, and what feeds them, stay in an L2 cache of 2 MB."""

_ROW_BYTES = 350_000
"""Rows transformed in one call: they and their spectrum stay in the cache too."""


class Demag(LinearTerm):
    """Magnetostatic field of all layers on all layers, energy -1/2 M.B.

    Parameters
    ----------
    images : int
        Copies of the sample on each side that are summed along periodic axes.
    """

    def __init__(self, images: int = 8) -> None:
        self.images = images
        self._plan: _Plan | None = None

    def check(self, sample: Sample) -> None:
        """Nothing to complain about: the term has no material parameters."""

    def external(self, state: State, workers: Workers) -> Array:
        """Return the field [T] in a buffer (layers, 3, ny, nx) that the next call overwrites."""
        plan = self._plan
        if plan is None or plan.sample is not state.sample or plan.dtype != state.m.dtype:
            plan = self._plan = _Plan(state.sample, state.m.dtype, self.images)
        return plan.field(state.m, workers)

    def field(self, state: State, out: Array) -> None:
        """Add the field [T] to `out`, shape (3, layers, ny, nx)."""
        field = self.external(state, Workers())
        out += field.transpose(1, 0, 2, 3)


class _Plan:
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

    def __init__(self, plan: _Plan) -> None:
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


def padded_size(cells: int, periodic: bool, real: bool = False) -> int:
    """Return the transform length: no wrap-around unless the axis is periodic."""
    if periodic or cells == 1:
        return cells
    return int(next_fast_len(2 * cells - 1, real=real))


def relative_moments(sample: Sample, strongest: float, dtype: np.dtype[Any]) -> Array | None:
    """Return Ms / strongest, or None where m alone says it all (one Ms, zero outside)."""
    relative = sample.Ms / strongest
    if np.isin(relative, (0.0, 1.0)).all():
        return None
    return relative.astype(dtype)


def layer_tensors(
    mesh: Mesh, size: tuple[int, int], images: int, dtype: np.dtype[Any]
) -> tuple[Array, NDArray[np.int64]]:
    """Return the transformed tensors of all different layer pairs, and which pair uses which.

    Parameters
    ----------
    mesh : Mesh
        The layers.
    size : tuple of int
        Transform lengths along x and y.
    images : int
        Copies on each side along periodic axes.
    dtype : numpy dtype
        Number type of the result.

    Returns
    -------
    kernel : array of shape (keys, 6, px // 2 + 1, py // 2 + 1)
        Real numbers; N_xz and N_yz stand without their factor i.
    pairs : int64 array of shape (layers, layers, 2)
        For target i and source j: key, and the sign of N_xz and N_yz.
    """
    keys: dict[tuple[float, float, float], int] = {}
    pairs = np.zeros((mesh.layers, mesh.layers, 2), dtype=np.int64)
    tensors: list[Array] = []
    for i in range(mesh.layers):
        for j in range(mesh.layers):
            # By reciprocity and mirror symmetry a pair from above is one from below.
            rise = mesh.heights[i] - mesh.heights[j]
            source, target = mesh.thicknesses[j], mesh.thicknesses[i]
            sign = 1
            if rise < 0:
                sign = -1
                rise = mesh.heights[j] + source - mesh.heights[i] - target
            key = (float(f"{source:.9g}"), float(f"{target:.9g}"), float(f"{rise:.9g}"))
            if key not in keys:
                keys[key] = len(tensors)
                tensors.append(_transformed(mesh, key, size, images, dtype))
            pairs[i, j] = keys[key], sign
    return np.stack(tensors), pairs


def _transformed(
    mesh: Mesh,
    key: tuple[float, float, float],
    size: tuple[int, int],
    images: int,
    dtype: np.dtype[Any],
) -> Array:
    pair = CellPair(mesh.dx, mesh.dy, *key)
    reach_x = _reach(mesh.nx, mesh.periodic[0], images)
    reach_y = _reach(mesh.ny, mesh.periodic[1], images)
    quarter = tensor(pair, reach_x + 1, reach_y + 1)
    px, py = size
    result = np.empty((6, px // 2 + 1, py // 2 + 1), dtype=dtype)
    odd_x, odd_y = (3, 4), (3, 5)
    for part in range(6):
        wrapped = _wrap(quarter[part], px, mesh.periodic[0], 1 - 2 * (part in odd_x), mesh.nx)
        wrapped = _wrap(wrapped.T, py, mesh.periodic[1], 1 - 2 * (part in odd_y), mesh.ny).T
        spectrum = np.fft.rfft2(wrapped)[: py // 2 + 1]
        result[part] = (spectrum.imag if part in (4, 5) else spectrum.real).T
    return result


def _reach(cells: int, periodic: bool, images: int) -> int:
    """Return the largest offset that is summed: half a period beyond the last image."""
    return images * cells + cells // 2 if periodic else cells - 1


def _wrap(
    half: NDArray[np.float64], size: int, periodic: bool, sign: int, cells: int
) -> NDArray[np.float64]:
    """Unfold offsets 0..n along the last axis to -n..n by parity `sign`, and sum modulo `size`."""
    result = np.zeros((half.shape[0], size))
    reach = half.shape[1] - 1
    for offset in range(-reach, reach + 1):
        # An even period meets both its edges: each counts half, which keeps the parity exact.
        weight = 0.5 if periodic and cells % 2 == 0 and abs(offset) == reach else 1.0
        parity = sign if offset < 0 else 1
        result[:, offset % size] += weight * parity * half[:, abs(offset)]
    return result
