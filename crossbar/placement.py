"""Where W+ and W- lie, how a large matrix is cut into tiles, and how partial sums are added."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np

from crossbar.circuit import Nodes, Wires
from crossbar.schur import Matrix, join, plan_join, reduce_to_terminals
from crossbar.threads import on_one_thread
from crossbar.wires import Network, solve, terminal_network
from neuroskyrm.errors import ConfigError

Placement = Literal["separate", "interleaved", "rows"]
Summation = Literal["digital", "analog"]


@dataclass(frozen=True)
class Layout:
    """How a signed matrix is laid out on physical arrays.

    Attributes
    ----------
    wires : Wires
        Line, driver and sense resistances.
    placement : {"separate", "interleaved", "rows"}
        W+ and W- in two arrays; in one array with columns + - + - ...; in one array as
        excitatory rows above inhibitory rows that are driven in reverse (Fig. 7a of Chen et al.).
    tile : tuple of int or None
        Most word lines and bit lines of one physical array; None: no limit.
    summation : {"digital", "analog"}
        Partial sums of tiles above each other: each sensed and converted on its own, then added;
        or joined to one node in front of a common sense resistance.

    Raises
    ------
    ConfigError
        A choice is unknown, or a tile cannot hold a pair.
    """

    wires: Wires = field(default_factory=Wires)
    placement: Placement = "separate"
    tile: tuple[int, int] | None = None
    summation: Summation = "digital"

    def __post_init__(self) -> None:
        if self.placement not in ("separate", "interleaved", "rows"):
            raise ConfigError(
                f"placement = {self.placement!r}: must be 'separate', 'interleaved' or 'rows'."
            )
        if self.summation not in ("digital", "analog"):
            raise ConfigError(f"summation = {self.summation!r}: must be 'digital' or 'analog'.")
        if self.tile is not None and min(self._pairs(self.tile)) < 1:
            raise ConfigError(
                f"tile = {self.tile}: too small for one pair of devices, '{self.placement}'."
            )

    def _pairs(self, lines: tuple[int, int]) -> tuple[int, int]:
        """Return how many pair rows and pair columns fit on an array with so many lines."""
        rows, columns = lines
        return (
            rows // 2 if self.placement == "rows" else rows,
            columns // 2 if self.placement == "interleaved" else columns,
        )

    def cuts(self, shape: tuple[int, int]) -> tuple[list[slice], list[slice]]:
        """Return the rows and the columns of the matrix that each tile holds, of even sizes."""
        if self.tile is None:
            return [slice(0, shape[0])], [slice(0, shape[1])]
        rows, columns = (
            _even_cuts(size, most) for size, most in zip(shape, self._pairs(self.tile), strict=True)
        )
        return rows, columns

    def partial_sums(self, shape: tuple[int, int]) -> list[slice]:
        """Return the rows of the matrix whose currents are sensed together."""
        return self.cuts(shape)[0] if self.summation == "digital" else [slice(0, shape[0])]


def _even_cuts(size: int, most: int) -> list[slice]:
    edges = np.linspace(0, size, -(-size // most) + 1).round().astype(int)
    return [slice(int(a), int(b)) for a, b in pairwise(edges)]


@dataclass(frozen=True)
class Solution:
    """The exact linear behaviour of a signed matrix on its physical arrays.

    Attributes
    ----------
    plus, minus : ndarray, shape (n_in, n_out)
        Effective conductance from each input to each output through W+ and W- devices [S].
    partial : list of slice
        Inputs whose currents are sensed together (one entry: a single sum for each output).
    admittances : list of (slice, ndarray)
        Driver current per input voltage of each group of drivers [S].
    """

    plus: Matrix
    minus: Matrix
    partial: list[slice]
    admittances: list[tuple[slice, Matrix]]

    @property
    def effective(self) -> Matrix:
        """Signed effective matrix [S], shape (n_in, n_out)."""
        return self.plus - self.minus

    def power(self, inputs: Matrix) -> Matrix:
        """Return the power of each input vector [W], shape (...), for inputs [V] (..., n_in)."""
        power = np.zeros(inputs.shape[:-1])
        for rows, admittance in self.admittances:
            part = inputs[..., rows]
            power += ((part @ admittance) * part).sum(axis=-1)
        return power


@on_one_thread
def solve_layout(plus: Matrix, minus: Matrix, layout: Layout) -> Solution:
    """Return the exact behaviour of pairs of devices in a layout.

    Parameters
    ----------
    plus, minus : ndarray, shape (n_in, n_out)
        Conductances of the W+ and W- devices [S].
    layout : Layout
        Wires, placement, tiles.

    Returns
    -------
    Solution
    """
    effective = np.empty_like(plus), np.empty_like(minus)
    row_cuts, column_cuts = layout.cuts((plus.shape[0], plus.shape[1]))
    joined = layout.summation == "analog" and layout.wires.sense > 0
    groups = [row_cuts] if joined else [[cut] for cut in row_cuts]
    admittances = []
    for group in groups:
        rows = slice(group[0].start, group[-1].stop)
        total = np.zeros((rows.stop - rows.start,) * 2)
        for columns in column_cuts:
            pieces = [(plus[cut, columns], minus[cut, columns]) for cut in group]
            part_plus, part_minus, admittance = _solve_pairs(pieces, layout)
            effective[0][rows, columns], effective[1][rows, columns] = part_plus, part_minus
            total += admittance
        admittances.append((rows, total))
    partial = layout.partial_sums((plus.shape[0], plus.shape[1]))
    return Solution(effective[0], effective[1], partial, admittances)


def _solve_pairs(
    pieces: list[tuple[Matrix, Matrix]], layout: Layout
) -> tuple[Matrix, Matrix, Matrix]:
    """Return effective W+, effective W- and admittance of tiles that share their outputs."""
    if layout.placement == "separate":
        plus = _solve_column([p for p, _ in pieces], layout.wires)
        minus = _solve_column([m for _, m in pieces], layout.wires)
        return plus.effective, minus.effective, plus.admittance + minus.admittance
    if layout.placement == "interleaved":
        columns = [np.stack([p, m], axis=2).reshape(len(p), -1) for p, m in pieces]
        network = _solve_column(columns, layout.wires)
        return network.effective[:, ::2], network.effective[:, 1::2], network.admittance
    network = _solve_column([np.concatenate(pair) for pair in pieces], layout.wires)
    sign = np.concatenate([np.repeat([1.0, -1.0], len(p)) for p, _ in pieces])
    excitatory, inhibitory = np.flatnonzero(sign > 0), np.flatnonzero(sign < 0)
    signed = network.admittance * sign * sign[:, None]
    admittance = sum(
        signed[np.ix_(a, b)] for a in (excitatory, inhibitory) for b in (excitatory, inhibitory)
    )
    return network.effective[excitatory], network.effective[inhibitory], np.asarray(admittance)


def _solve_column(tiles: list[Matrix], wires: Wires) -> Network:
    """Return the network of tiles above each other whose bit lines meet at the sense node."""
    if len(tiles) == 1:
        return solve(tiles[0], wires)
    open_ended = Wires(wires.word, wires.bit, wires.driver, 0.0)
    sources = sum(len(tile) for tile in tiles)
    columns = tiles[0].shape[1]
    common = np.arange(columns) + sources
    ports, meshes, first = [], [], 0
    for tile in tiles:
        meshes.append(reduce_to_terminals(tile, Nodes(len(tile), columns, open_ended)))
        ports.append(np.concatenate([np.arange(len(tile)) + first, common]))
        first += len(tile)
    meshes.append(_sense_resistors(columns, wires.sense))
    ports.append(np.arange(2 * columns) + sources)
    keep = np.concatenate([np.arange(sources), common + columns])
    return terminal_network(join(meshes, plan_join(ports, common, keep)), sources)


def _sense_resistors(count: int, resistance: float) -> Matrix:
    """Return the mesh of `count` resistors from node i to node count + i."""
    mesh = np.zeros((2 * count, 2 * count))
    first = np.arange(count)
    mesh[first, first + count] = mesh[first + count, first] = 1 / resistance
    return mesh
