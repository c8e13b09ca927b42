"""A film whose links are the same everywhere gets the quicker stage of `film_kernels`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.micromagnetics.film_kernels import LINE_CELLS, film_stage
from neuroskyrm.micromagnetics.mesh import Mesh
from neuroskyrm.micromagnetics.sample import Array
from neuroskyrm.micromagnetics.stencil import CompiledStencil

_ALONG, _ACROSS, _THROUGH = (0, 0, 1), (0, 1, 0), (1, 0, 0)
_TWISTS = (
    (0, 2, _ALONG, 1), (2, 0, _ALONG, -1), (1, 2, _ACROSS, 1), (2, 1, _ACROSS, -1),
)  # fmt: skip
"""(a, b, neighbour, sign) of interfacial DMI; the opposite neighbour has the opposite sign."""


class FilmStage:
    """The stage of a film: what couples neighbours, and what a cell does to itself.

    Parameters
    ----------
    links : ndarray, shape (3,)
        Coupling of m with the neighbours along x, y and z [T].
    twist : ndarray, shape (2,)
        D / (Ms d) along x and y [T].
    here : ndarray, shape mesh.shape with 3 before it
        What each component of a cell's own spin adds to its field [T].
    rate, alpha : float
        gamma / (1 + alpha^2) [rad/(s T)] and damping.
    threads : int
        Threads that share the work.
    """

    def __init__(
        self, links: Array, twist: Array, here: Array, rate: float, alpha: float, threads: int
    ) -> None:
        self.links, self.twist = links, twist
        self.layers, ny, self.nx = here.shape[1:]
        self.here = here.reshape(3, self.layers, -1)
        rows = max(
            n for n in range(1, ny + 1) if ny % n == 0 and (n == 1 or n * self.nx <= LINE_CELLS)
        )
        line = rows * self.nx
        self.count = self.layers * ny // rows
        self.rate, self.alpha = np.full(line, rate, here.dtype), np.full(line, alpha, here.dtype)
        self.scratch = np.zeros((threads, 2, 3, line), here.dtype)

    @classmethod
    def find(
        cls, table: CompiledStencil, mesh: Mesh, rates: Array, threads: int
    ) -> FilmStage | None:
        """Return the stage of a table, or None if its links vary or are of another form.

        Parameters
        ----------
        table : CompiledStencil
            All local terms.
        mesh : Mesh
            The cells.
        rates : ndarray
            Any numbers of rate and of damping, along the first axis: they must not vary.
        threads : int
            Threads that share the work.
        """
        (rate, *other_rates), (alpha, *other_alphas) = (np.unique(values) for values in rates)
        if any(mesh.periodic) or other_rates or other_alphas:
            return None
        here = np.zeros((3, *mesh.shape), table.rows.dtype)
        strengths: dict[tuple[int, int, tuple[int, int, int]], float | None] = {}
        for number, (a, b, z, y, x) in enumerate(table.operations):
            if a == b and z == y == x == 0:
                here[a] = _spread(table, number, mesh)
            else:
                neighbour = (int(z), int(y), int(x))
                strengths[int(a), int(b), neighbour] = _uniform(table, number, mesh, neighbour)
        links = np.array([strengths.get((0, 0, n)) or 0.0 for n in (_ALONG, _ACROSS, _THROUGH)])
        twist = np.array([strengths.get((a, 2, n)) or 0.0 for a, n in ((0, _ALONG), (1, _ACROSS))])
        if strengths != _expected(links, twist):
            return None
        dtype = here.dtype
        return cls(links.astype(dtype), twist.astype(dtype), here, rate, alpha, threads)

    def run(
        self,
        m: Array,
        start: Array,
        slopes: Array,
        number: int,
        weights: NDArray[np.float64],
        following: Array,
        fields: tuple[Array, Array, Array, Array],
        share: tuple[int, int, int],
    ) -> float:
        """Do one stage; see `kernels.stage`.

        Parameters
        ----------
        m, start, slopes, number, weights, following
            Those of `kernels.stage`.
        fields : tuple of ndarray
            External, uniform and thermal field, and push of the torque.
        share : tuple of int
            Thread, and first and last of its lines (there are `count`).
        """
        external, uniform, thermal, push = fields
        thread, first, last = share
        flat = (3, self.layers, -1)
        lines = slopes.reshape(len(slopes), *flat)
        return film_stage(
            m.reshape(flat), start.reshape(flat), lines, number, weights,
            following.reshape(flat), self.nx, self.links, self.twist, self.here,
            external.reshape(self.layers, 3, -1), uniform,
            thermal.reshape(len(thermal), *flat[1:]) if len(thermal) else thermal[:, :, 0], push,
            self.rate, self.alpha, first, last, self.scratch[thread],
        )  # fmt: skip


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
    exists = np.ones(mesh.shape, dtype=bool)
    for axis, step in enumerate(neighbour):
        edge: list[int | slice] = [slice(None)] * 3
        edge[axis] = -1 if step > 0 else 0
        if step:
            exists[tuple(edge)] = False
    values = np.unique(_spread(table, number, mesh)[exists])
    return float(values[0]) if len(values) == 1 else None


def _spread(table: CompiledStencil, number: int, mesh: Mesh) -> Array:
    """Return the strength of one operation in every cell, shape mesh.shape."""
    strength = np.zeros(mesh.shape, table.rows.dtype)
    present = table.lookup[number] >= 0
    strength[present] = table.rows[table.lookup[number][present]]
    return strength
