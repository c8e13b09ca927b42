"""Local terms as one table: who acts on whom, over which neighbour, how strongly.

Exchange, Dzyaloshinskii–Moriya interaction, anisotropy and interlayer exchange are all of the form

    B_a(i) += c(i) m_b(i + n),    a, b in x, y, z,    n the cell itself or one of six neighbours,

so each of them only adds lines to a table, and one kernel runs through the table row by row.
Equal rows of coefficients are stored once: a uniform film reads them from the L1 cache.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.micromagnetics.mesh import Mesh
from neuroskyrm.micromagnetics.sample import Sample

HERE = (0, 0, 0)
"""The cell itself, among the neighbours, which are (layer, y, x) offsets."""

IN_PLANE = ((0, 0, -1), (0, 0, 1), (0, -1, 0), (0, 1, 0))
"""The four neighbours in the layer."""

X, Y, Z = range(3)


@dataclass(frozen=True)
class CompiledStencil:
    """The table in the form that kernels read.

    `operations` is (n, 5) int64: a, b, and the offset (layer, y, x). `rows` holds the distinct
    coefficient rows [T], and `lookup` (n, layers, ny) says which row an operation uses where;
    -1 stands for a row of zeros.
    """

    operations: NDArray[np.int64]
    lookup: NDArray[np.int32]
    rows: NDArray[np.floating]


class Stencil:
    """Collects the contributions of local terms for one sample.

    Parameters
    ----------
    sample : Sample
        Where the terms act.
    """

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self._entries: dict[tuple[int, int, tuple[int, int, int]], NDArray[np.float64]] = {}

    def add(
        self, a: int, b: int, neighbour: tuple[int, int, int], strength: NDArray[np.float64]
    ) -> None:
        """Let component `b` at `neighbour` act on component `a` with `strength` [T] per cell.

        Parameters
        ----------
        a, b : int
            Components: 0, 1, 2 for x, y, z.
        neighbour : tuple of int
            Offset (layer, y, x).
        strength : array of shape mesh.shape
            Coefficient [T]; 0 where the neighbour is missing.
        """
        key = (a, b, neighbour)
        known = self._entries.get(key)
        self._entries[key] = strength if known is None else known + strength

    def add_coupling(self, neighbour: tuple[int, int, int], strength: NDArray[np.float64]) -> None:
        """Add B(i) += strength (m(neighbour) - m(i)), the form of every exchange."""
        minus = -strength
        for a in (X, Y, Z):
            self.add(a, a, neighbour, strength)
            self.add(a, a, HERE, minus)

    def compile(self, dtype: np.dtype) -> CompiledStencil:
        """Return the table for the kernels, with coefficients of type `dtype`."""
        layers, ny, nx = self.sample.mesh.shape
        keys = [key for key, strength in self._entries.items() if strength.any()]
        lookup = np.full((len(keys), layers, ny), -1, dtype=np.int32)
        rows: list[NDArray[np.floating]] = []
        known: dict[bytes, int] = {}
        for number, key in enumerate(keys):
            strength = self._entries[key].astype(dtype)
            for layer in range(layers):
                for y in range(ny):
                    row = strength[layer, y]
                    text = row.tobytes()
                    if text not in known:
                        known[text] = len(rows) if row.any() else -1
                        if row.any():
                            rows.append(row)
                    lookup[number, layer, y] = known[text]
        operations = np.array([(a, b, *n) for a, b, n in keys], dtype=np.int64).reshape(-1, 5)
        table = np.array(rows, dtype=dtype).reshape(-1, nx)
        return CompiledStencil(operations, lookup, table)


def neighbour_values(
    values: NDArray[np.float64], neighbour: tuple[int, int, int], mesh: Mesh
) -> NDArray[np.float64]:
    """Return for every cell the value at its neighbour, and 0 where there is none.

    Parameters
    ----------
    values : array of shape mesh.shape
        One number per cell.
    neighbour : tuple of int
        Offset (layer, y, x).
    mesh : Mesh
        Says which axes are periodic. An axis of one cell has no neighbours.

    Returns
    -------
    array of shape mesh.shape
    """
    shifted = np.array(values)
    closed = (False, mesh.periodic[1], mesh.periodic[0])
    for axis, step in enumerate(neighbour):
        if step == 0:
            continue
        shifted = np.roll(shifted, -step, axis)
        if not closed[axis] or values.shape[axis] == 1:
            edge = [slice(None)] * 3
            edge[axis] = slice(-1, None) if step > 0 else slice(0, 1)
            shifted[tuple(edge)] = 0.0
    return shifted


def link_mean(
    values: NDArray[np.float64], neighbour: tuple[int, int, int], sample: Sample
) -> NDArray[np.float64]:
    """Return the harmonic mean of a parameter over the link to a neighbour.

    It is 0 where either end lies outside the sample. Values of opposite sign have no harmonic
    mean; the arithmetic one is used there.
    """
    here = np.where(sample.inside, values, 0.0)
    there = neighbour_values(here, neighbour, sample.mesh)
    linked = sample.inside & (
        neighbour_values(sample.inside.astype(np.float64), neighbour, sample.mesh) > 0
    )
    alike = here * there > 0
    total = np.where(alike, here + there, 1.0)
    mean = np.where(
        alike, 2 * here * there / total, np.where(here * there < 0, (here + there) / 2, 0.0)
    )
    return np.where(linked, mean, 0.0)


def touching_layers(mesh: Mesh) -> list[int]:
    """Return the layers that touch the one above them."""
    return [low for low, _ in pairwise(range(mesh.layers)) if mesh.touches_next(low)]
