"""The demagnetising field on torch tensors: transforms (cuFFT on a card) and one product."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from neuroskyrm.constants import MU0
from neuroskyrm.micromagnetics.sample import Array, Sample
from neuroskyrm.micromagnetics.terms.demag import layer_tensors, padded_size, relative_moments
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
        self.px = padded_size(mesh.nx, mesh.periodic[0], real=True)
        self.py = padded_size(mesh.ny, mesh.periodic[1])
        strongest = float(sample.Ms.max())
        relative = relative_moments(sample, strongest, dtype)
        self.relative = None if relative is None else torch.from_numpy(relative).to(device)
        half, pairs = layer_tensors(mesh, (self.px, self.py), images, dtype)
        full = unfold(half, self.py) * dtype.type(-MU0 * strongest)
        self.kernel = torch.from_numpy(full[..., None]).to(device)
        self.pairs = tuple(
            (i, j, int(pairs[i, j, 0]), int(pairs[i, j, 1]))
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


def unfold(half: Array, py: int) -> Array:
    """Return the tensors (keys, 6, py, nk) for all ky from those of ky >= 0, (keys, 6, nk, ...)."""
    parity = np.ones((6, 1, 1), dtype=half.dtype)
    parity[[3, 5]] = -1  # N_xy and N_yz are odd in ky
    mirrored = parity * half[..., 1 : (py + 1) // 2][..., ::-1]
    full = np.concatenate((half, mirrored), axis=-1)
    return np.ascontiguousarray(full.swapaxes(-1, -2))
