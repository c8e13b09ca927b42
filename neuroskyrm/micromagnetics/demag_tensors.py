"""The demagnetising tensors of all layer pairs, transformed along x and y.

Each component is even or odd in x and in y, so that its transform is real but for a factor i per
odd axis: N_xz and N_yz stand without that factor.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.micromagnetics.mesh import Mesh
from neuroskyrm.micromagnetics.newell import COMPONENTS, CellPair, tensor


class Axis(NamedTuple):
    """Frequencies (k + turn) / size, 0 <= k < size, along one axis of the mesh."""

    size: int
    turn: float
    cells: int
    periodic: bool

    def reach(self, images: int) -> int:
        """Return the largest offset that is summed: half a period beyond the last image."""
        return images * self.cells + self.cells // 2 if self.periodic else self.cells - 1

    def spectrum(self, half: NDArray[np.float64], odd: bool) -> NDArray[np.float64]:
        """Transform an even or odd sequence, given for offsets 0 .. reach, along the last axis."""
        offsets = np.arange(half.shape[-1])
        weight = np.where(offsets == 0, 1.0, 2.0)
        if self.periodic and self.cells % 2 == 0:
            # An even period meets both its edges: each counts half, which keeps the parity exact.
            weight[-1] = 1.0
        folds = -(-len(offsets) // self.size)
        folded = np.zeros((*half.shape[:-1], folds * self.size), dtype=complex)
        phase = np.exp(-2j * np.pi * self.turn / self.size * offsets)
        folded[..., : len(offsets)] = half * weight * phase
        values = np.fft.fft(folded.reshape(*half.shape[:-1], folds, self.size).sum(axis=-2))
        return values.imag if odd else values.real


def layer_pairs(mesh: Mesh) -> tuple[list[CellPair], NDArray[np.int64]]:
    """Return all different pairs of layers, and which target and source use which.

    Returns
    -------
    pairs : list of CellPair
        The source never above the target.
    uses : int64 array of shape (layers, layers, 2)
        For target i and source j: number of the pair, and the sign of N_xz and N_yz.
    """
    found: dict[CellPair, int] = {}
    uses = np.zeros((mesh.layers, mesh.layers, 2), dtype=np.int64)
    for i in range(mesh.layers):
        for j in range(mesh.layers):
            # By reciprocity and mirror symmetry a pair from above is one from below.
            rise = mesh.heights[i] - mesh.heights[j]
            source, target = mesh.thicknesses[j], mesh.thicknesses[i]
            sign = 1
            if rise < 0:
                sign = -1
                rise = mesh.heights[j] + source - mesh.heights[i] - target
            lengths = (float(f"{length:.9g}") for length in (source, target, rise))
            pair = CellPair(mesh.dx, mesh.dy, *lengths)
            uses[i, j] = found.setdefault(pair, len(found)), sign
    return list(found), uses


def transformed(pair: CellPair, x: Axis, y: Axis, images: int) -> NDArray[np.float64]:
    """Return the tensor of one layer pair at all frequencies, shape (6, x.size, y.size)."""
    quarter = tensor(pair, x.reach(images) + 1, y.reach(images) + 1)
    result = np.empty((6, x.size, y.size))
    for part, name in enumerate(COMPONENTS):
        odd_x, odd_y = name in {"xy", "xz"}, name in {"xy", "yz"}
        along_x = x.spectrum(quarter[part], odd_x)
        result[part] = y.spectrum(along_x.T, odd_y)
    result[COMPONENTS.index("xy")] *= -1  # i along x times i along y
    return result
