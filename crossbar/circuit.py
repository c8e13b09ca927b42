"""The circuit of a crossbar: which nodes are joined by which resistors.

Source i drives word line i from the left; bit line j is sensed at the bottom::

    source i --driver--word-- W(i,0) --word-- W(i,1) --word-- ...
                               |G(0,0)         |G(0,1)
                              B(i,0)          B(i,1)          (bit segments run down)
                                ...             ...
                              sink 0          sink 1          (through one more segment + sense)

Every crosspoint has its own word segment to the left and its own bit segment below, so the
conductance between a source and its nearest crosspoint is 1 / (driver + word). A line of zero
resistance is a single node; without driver or sense resistance that node is the terminal itself.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.errors import ConfigError

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Wires:
    """Resistances of the lines of an array, each 0 or more.

    Attributes
    ----------
    word, bit : float
        One word-line (row) and one bit-line (column) segment between neighbouring devices [ohm].
    driver : float
        Output resistance of each input driver [ohm].
    sense : float
        Input resistance of each column's sense amplifier [ohm].

    Raises
    ------
    ConfigError
        A resistance is negative, infinite or not a number.
    """

    word: float = 0.0
    bit: float = 0.0
    driver: float = 0.0
    sense: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not (np.isfinite(value) and value >= 0):
                raise ConfigError(
                    f"Wires: '{field.name}' = {value} must be a finite resistance of at least 0."
                )

    @property
    def ideal(self) -> bool:
        """Whether all resistances are zero, so that the array computes with its devices alone."""
        return not (self.word or self.bit or self.driver or self.sense)


@dataclass(frozen=True)
class Nodes:
    """Numbers of all nodes of an array of `rows` x `columns`.

    Word nodes come first, then bit nodes (each row by row), then sources, then sinks.
    """

    rows: int
    columns: int
    wires: Wires

    def word(self, i: Indices, j: Indices) -> Indices:
        """Return the node of word line `i` at column `j`."""
        if self.wires.word:
            return i * self.columns + j
        return i * self.columns if self.wires.driver else self.source(i) + 0 * j

    def bit(self, i: Indices, j: Indices) -> Indices:
        """Return the node of bit line `j` at row `i`."""
        first = self.rows * self.columns
        if self.wires.bit:
            return first + i * self.columns + j
        return first + j if self.wires.sense else self.sink(j) + 0 * i

    def source(self, i: Indices) -> Indices:
        """Return the terminal that drives word line `i`."""
        return 2 * self.rows * self.columns + i

    def sink(self, j: Indices) -> Indices:
        """Return the terminal that senses bit line `j`."""
        return 2 * self.rows * self.columns + self.rows + j


@dataclass(frozen=True)
class Edges:
    """Resistors of a block: devices row by row first, then wires.

    Attributes
    ----------
    ends : ndarray of int64, shape (2, edges)
        Node numbers of both ends.
    wire_conductance : ndarray, shape (edges - rows * columns,)
        Conductance of the wires [S].
    """

    ends: Indices
    wire_conductance: NDArray[np.float64]


@dataclass(frozen=True)
class Block:
    """A rectangle of crosspoints: rows ``top ... bottom - 1``, columns ``left ... right - 1``."""

    top: int
    bottom: int
    left: int
    right: int


def whole(nodes: Nodes) -> Block:
    """Return the block that is the whole array."""
    return Block(0, nodes.rows, 0, nodes.columns)


def block_edges(nodes: Nodes, block: Block) -> Edges:
    """Return the resistors of a block: its devices, word segments left of them, bit segments below.

    Parameters
    ----------
    nodes : Nodes
        Numbering of the array.
    block : Block
        The rectangle.

    Returns
    -------
    Edges
    """
    i, j = (
        index.ravel().astype(np.int64)
        for index in np.mgrid[block.top : block.bottom, block.left : block.right]
    )
    word, bit, wires = nodes.word(i, j), nodes.bit(i, j), nodes.wires
    pieces = [(word, bit)]
    conductance = []
    first, last = j == 0, i == nodes.rows - 1
    if wires.word + wires.driver:
        before = np.where(first, nodes.source(i), nodes.word(i, j - 1))
        pieces.append(_kept(before, word, first | (wires.word > 0)))
        conductance.append(_series(wires.word, wires.driver, first))
    if wires.bit + wires.sense:
        after = np.where(last, nodes.sink(j), nodes.bit(i + 1, j))
        pieces.append(_kept(bit, after, last | (wires.bit > 0)))
        conductance.append(_series(wires.bit, wires.sense, last))
    ends = np.concatenate([np.stack(piece) for piece in pieces], axis=1)
    return Edges(ends, np.concatenate(conductance) if conductance else np.zeros(0))


def _kept(a: Indices, b: Indices, keep: NDArray[np.bool_]) -> tuple[Indices, Indices]:
    return a[keep], b[keep]


def _series(segment: float, terminal: float, at_terminal: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the conductance of each segment that exists; those at a terminal lie in series."""
    resistance = np.where(at_terminal, segment + terminal, segment)
    kept: NDArray[np.float64] = 1 / resistance[resistance > 0]
    return kept


@lru_cache(maxsize=64)
def whole_edges(nodes: Nodes) -> Edges:
    """Return all resistors of an array (see `block_edges`)."""
    return block_edges(nodes, whole(nodes))
