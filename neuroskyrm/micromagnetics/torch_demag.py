"""The demagnetising field on torch tensors: transforms (cuFFT on a card) and one product."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy.fft import next_fast_len
from torch import Tensor

from neuroskyrm.constants import MU0
from neuroskyrm.micromagnetics.demag_tensors import Axis, layer_pairs, transformed
from neuroskyrm.micromagnetics.sample import Sample, relative_moments
from neuroskyrm.micromagnetics.torch_kernels import multiply_layers


class TorchDemag:
    """Magnetostatic field of all layers on all layers, as `terms.Demag` computes it.

    Parameters
    ----------
    sample : Sample
        Mesh and magnetisation.
    images : int
        Copies of the sample on each side that are summed along periodic axes.
    dtype : numpy dtype
        float32 or float64.
    device : torch.device
        Where to work.
    """

    def __init__(
        self, sample: Sample, images: int, dtype: np.dtype[Any], device: torch.device
    ) -> None:
        mesh = sample.mesh
        self.nx, self.ny = mesh.nx, mesh.ny
        x, y = _axis(mesh.nx, mesh.periodic[0], True), _axis(mesh.ny, mesh.periodic[1], False)
        self.px, self.py = x.size, y.size
        strongest = float(sample.Ms.max())
        relative = relative_moments(sample, strongest, dtype)
        self.relative = None if relative is None else torch.from_numpy(relative).to(device)
        pairs, uses = layer_pairs(mesh)
        half = self.px // 2 + 1
        tensors = [transformed(pair, x, y, images)[:, :half].swapaxes(-1, -2) for pair in pairs]
        kernel = np.ascontiguousarray(-MU0 * strongest * np.stack(tensors), dtype=dtype)
        self.kernel = torch.from_numpy(kernel[..., None]).to(device)
        self.pairs = tuple(
            (i, j, int(uses[i, j, 0]), int(uses[i, j, 1]))
            for i in range(mesh.layers)
            for j in range(mesh.layers)
        )
        self.multiply = multiply_layers

    def field(self, m: Tensor) -> Tensor:
        """Return the field [T], shape (3, layers, ny, nx); rows of zeros are never transformed."""
        moments = m if self.relative is None else m * self.relative
        rows = torch.fft.rfft(moments, n=self.px, dim=-1)
        spectrum = torch.view_as_real(torch.fft.fft(rows, n=self.py, dim=-2))
        product = torch.view_as_complex(self.multiply(spectrum, self.kernel, self.pairs))
        rows = torch.fft.ifft(product, dim=-2)[..., : self.ny, :]
        field: Tensor = torch.fft.irfft(rows, n=self.px, dim=-1)[..., : self.nx]
        return field


def _axis(cells: int, periodic: bool, real: bool) -> Axis:
    """Return the frequencies of one axis, padded lest anything wraps around that should not."""
    size = cells if periodic or cells == 1 else int(next_fast_len(2 * cells - 1, real=real))
    return Axis(size, 0.0, cells, periodic)
