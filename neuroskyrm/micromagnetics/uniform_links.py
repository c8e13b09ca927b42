"""Recognise a film whose links are the same everywhere, for the quicker stage of `film_kernels`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.micromagnetics.mesh import Mesh
from neuroskyrm.micromagnetics.sample import Array
from neuroskyrm.micromagnetics.stencil import CompiledStencil

_ALONG, _ACROSS, _THROUGH = (0, 0, 1), (0, 1, 0), (1, 0, 0)
_TWISTS = (
    (0, 2, _ALONG, 1), (2, 0, _ALONG, -1), (1, 2, _ACROSS, 1), (2, 1, _ACROSS, -1),
)  # fmt: skip
"""(a, b, neighbour, sign) of interfacial DMI; the opposite neighbour has the opposite sign."""


@dataclass(frozen=True)
class UniformLinks:
    """What couples neighbours, one number each, and what a cell does to itself.

    Attributes
    ----------
    links : ndarray, shape (3,)
        Coupling of m with the neighbours along x, y and z [T].
    twist : ndarray, shape (2,)
        D / (Ms d) along x and y [T].
    here_lookup : ndarray of int32, shape (3, layers, ny)
        For component a of a row: which of `here_rows` acts on it.
    here_rows : ndarray, shape (rows, nx)
        Strength of a cell's own spin [T].
    nothing : ndarray, shape (nx,)
        Zeros.
    """

    links: Array
    twist: Array
    here_lookup: NDArray[np.int32]
    here_rows: Array
    nothing: Array

    @classmethod
    def find(cls, table: CompiledStencil, mesh: Mesh) -> UniformLinks | None:
        """Return the links of a table, or None if they vary or are of another form."""
        layers, ny, nx = mesh.shape
        if any(mesh.periodic) or nx < 3:
            return None
        strengths = {
            (int(a), int(b), (int(z), int(y), int(x))): _uniform(table, n, mesh, (z, y, x))
            for n, (a, b, z, y, x) in enumerate(table.operations)
        }
        here = np.full((3, layers, ny), len(table.rows), dtype=np.int32)
        links, twist = np.zeros(3), np.zeros(2)
        for n, (a, b, *neighbour) in enumerate(table.operations):
            if a == b and not any(neighbour):
                here[a] = np.where(table.lookup[n] < 0, len(table.rows), table.lookup[n])
                del strengths[int(a), int(b), (0, 0, 0)]
        if any(value is None for value in strengths.values()):
            return None
        for axis, neighbour in enumerate((_ALONG, _ACROSS, _THROUGH)):
            links[axis] = strengths.get((0, 0, neighbour)) or 0.0
        for axis, neighbour in enumerate((_ALONG, _ACROSS)):
            twist[axis] = strengths.get((axis, 2, neighbour)) or 0.0
        if strengths != _expected(links, twist):
            return None
        dtype = table.rows.dtype
        rows = np.concatenate([table.rows, np.zeros((1, nx), dtype)])
        return cls(links.astype(dtype), twist.astype(dtype), here, rows, np.zeros(nx, dtype))


def _expected(
    links: NDArray[np.float64], twist: NDArray[np.float64]
) -> dict[tuple[int, int, tuple[int, int, int]], float]:
    """Return the operations that the quick stage performs, by component and neighbour."""
    found = {}
    for axis, (z, y, x) in enumerate((_ALONG, _ACROSS, _THROUGH)):
        for sign in (1, -1):
            for a in range(3):
                found[a, a, (sign * z, sign * y, sign * x)] = float(links[axis])
    for a, b, (z, y, x), turn in _TWISTS:
        for sign in (1, -1):
            found[a, b, (z, sign * y, sign * x)] = float(sign * turn * twist[0 if x else 1])
    return {key: strength for key, strength in found.items() if strength}


def _uniform(
    table: CompiledStencil, number: int, mesh: Mesh, neighbour: tuple[int, int, int]
) -> float | None:
    """Return the strength of one operation if it is the same wherever the neighbour exists."""
    strength = np.zeros(mesh.shape)
    present = table.lookup[number] >= 0
    strength[present] = table.rows[table.lookup[number][present]]
    exists = np.ones(mesh.shape, dtype=bool)
    for axis, step in enumerate(neighbour):
        edge: list[int | slice] = [slice(None)] * 3
        edge[axis] = -1 if step > 0 else 0
        if step:
            exists[tuple(edge)] = False
    values = np.unique(strength[exists])
    return float(values[0]) if len(values) == 1 else None
