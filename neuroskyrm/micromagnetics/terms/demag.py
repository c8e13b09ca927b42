"""Demagnetising field between the stored layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import next_fast_len

from neuroskyrm.micromagnetics.mesh import Mesh
from neuroskyrm.micromagnetics.newell import CellPair, tensor
from neuroskyrm.micromagnetics.sample import Array, Sample, State
from neuroskyrm.micromagnetics.terms.base import LinearTerm
from neuroskyrm.micromagnetics.workers import Workers

if TYPE_CHECKING:
    from neuroskyrm.micromagnetics.demag_plan import DemagPlan


class Demag(LinearTerm):
    """Magnetostatic field of all layers on all layers, energy -1/2 M.B.

    Parameters
    ----------
    images : int
        Copies of the sample on each side that are summed along periodic axes.
    """

    def __init__(self, images: int = 8) -> None:
        self.images = images
        self._plan: DemagPlan | None = None

    def check(self, sample: Sample) -> None:
        """Nothing to complain about: the term has no material parameters."""

    def external(self, state: State, workers: Workers) -> Array:
        """Return the field [T] in a buffer (layers, 3, ny, nx) that the next call overwrites."""
        plan = self._plan
        if plan is None or plan.sample is not state.sample or plan.dtype != state.m.dtype:
            # With it comes torch, which whoever only describes a film does not need.
            from neuroskyrm.micromagnetics.demag_plan import DemagPlan

            plan = self._plan = DemagPlan(state.sample, state.m.dtype, self.images)
        return plan.field(state.m, workers)

    def field(self, state: State, out: Array) -> None:
        """Add the field [T] to `out`, shape (3, layers, ny, nx)."""
        field = self.external(state, Workers())
        out += field.transpose(1, 0, 2, 3)


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
