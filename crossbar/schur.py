"""Exact reduction of a crossbar to its terminals: hierarchical elimination of inner nodes.

The array is cut in halves down to small leaves. A block is known by the conductances between the
nodes on its rim (a multiport). Two neighbours are merged by eliminating the nodes they share:
with C the conductance between pairs of nodes, K the shared and P the other nodes,

    C'_PP = C_PP + C_PK L^-1 C_KP,   L = diag(sum over all neighbours) - C_KK,

which is the Schur complement of the nodal matrix, by Cholesky factorisation and dense products:
O(n^3) for an n x n array instead of one sparse solution for each input. Diagonals are never
stored but summed when needed; all sums are of positive numbers, so no digits cancel.

References
----------
A. George, "Nested dissection of a regular finite element mesh", SIAM J. Numer. Anal. 10, 345
(1973). W. K. Grassmann, M. I. Taksar, D. P. Heyman, "Regenerative analysis and steady state
distributions for Markov chains", Oper. Res. 33, 1107 (1985), for summed diagonals.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import blas, lapack

from crossbar.circuit import Block, Indices, Nodes, block_edges, whole
from crossbar.threads import on_one_thread
from neuroskyrm.errors import PhysicsError

Matrix = NDArray[np.float64]

LEAF = 8
"""Edge of the blocks that are eliminated node by node, in crosspoints."""


DENSE = 160
"""Joined blocks with up to this many nodes are eliminated node by node, larger ones by BLAS."""


@on_one_thread
def reduce_to_terminals(devices: Matrix, nodes: Nodes) -> Matrix:
    """Return the conductances between all terminals of an array.

    Parameters
    ----------
    devices : ndarray, shape (rows, columns)
        Device conductances [S]; 0 is an open device.
    nodes : Nodes
        Numbering and wires of the array.

    Returns
    -------
    ndarray, shape (rows + columns, rows + columns)
        Conductance between each pair of terminals, sources first, then sinks; zero diagonal [S].
    """
    reduction = _reduction(nodes)
    mesh = reduction.reduce(devices, whole(nodes))
    return join([mesh], reduction.last())


@dataclass(frozen=True)
class Join:
    """Which port goes where when blocks are joined; the same for all blocks of one kind.

    Attributes
    ----------
    places : tuple of ndarray of int32
        For each block, the place of each of its ports: first those that go out, then the others.
    out : int
        Number of ports that go out.
    size : int
        Number of all ports.
    """

    places: tuple[NDArray[np.int32], ...]
    out: int
    size: int


def plan_join(ports: list[Indices], out: Indices, keep: Indices) -> Join:
    """Plan to join blocks with these `ports`, eliminate the ports `out` and keep `keep`.

    Parameters
    ----------
    ports : list of ndarray of int64
        Port numbers of each block; those with the same number are joined.
    out, keep : ndarray of int64
        Numbers to eliminate, and the others in the order in which they are wanted.

    Returns
    -------
    Join
    """
    order = np.concatenate([out, keep])
    sorter = np.argsort(order)
    places = tuple(
        sorter[np.searchsorted(order, part, sorter=sorter)].astype(np.int32) for part in ports
    )
    return Join(places, out.size, order.size)


def join(blocks: list[Matrix], plan: Join) -> Matrix:
    """Return the conductances between the kept ports of joined blocks.

    Parameters
    ----------
    blocks : list of ndarray, each shape (ports, ports)
        Conductance between each pair of ports, symmetric, zero on the diagonal [S].
    plan : Join
        Which ports are joined, and which go out.

    Returns
    -------
    ndarray, shape (kept ports, kept ports)
        Likewise symmetric, zero on the diagonal [S].
    """
    from crossbar._kernels import join_dense

    if plan.size <= DENSE:
        mesh = np.zeros((plan.size, plan.size))
        join_dense(tuple(blocks), plan.places, plan.out, mesh)
        return mesh[plan.out :, plan.out :].copy()
    return _join_by_blas(blocks, plan)


def _join_by_blas(blocks: list[Matrix], plan: Join) -> Matrix:
    out = plan.out
    rim = np.zeros((plan.size - out,) * 2)
    spokes = np.zeros((plan.size - out, out))
    laplacian = np.zeros((out, out))
    for block, places in zip(blocks, plan.places, strict=True):
        o, k = np.flatnonzero(places < out), np.flatnonzero(places >= out)
        to_out, to_keep = places[o], places[k] - out
        rim[to_keep[:, None], to_keep] += block[k[:, None], k]
        spokes[to_keep[:, None], to_out] += block[k[:, None], o]
        laplacian[to_out[:, None], to_out] -= block[o[:, None], o]
        laplacian[to_out, to_out] += block[o].sum(axis=1)
    if out:
        # BLAS sees transposed views: symmetric matrices are their own transpose.
        factor, failed = lapack.dpotrf(laplacian.T, lower=1, overwrite_a=1)
        if failed:
            raise PhysicsError(
                "crossbar circuit: conductances of wires and devices differ too much to be solved; "
                "give very small wire resistances as 0."
            )
        half = blas.dtrsm(1.0, factor, spokes.T, lower=1, overwrite_b=1)
        rim = blas.dsyrk(1.0, half, beta=1.0, c=rim.T, trans=1, lower=1, overwrite_c=1).T
        _mirror(rim)
    return rim


def _mirror(matrix: Matrix, step: int = 256) -> None:
    """Copy the upper triangle to the lower one, in place, and clear the diagonal."""
    for start in range(0, len(matrix), step):
        rows, after = slice(start, start + step), slice(start + step, None)
        upper = np.triu(matrix[rows, rows], 1)
        matrix[rows, rows] = upper + upper.T
        matrix[after, rows] = matrix[rows, after].T


@dataclass(frozen=True)
class _Leaf:
    """A small block prepared for node-by-node elimination, wherever it lies."""

    ends: NDArray[np.int32]
    wire_conductance: Matrix
    eliminated: int
    size: int


Kind = tuple[int, int, bool, bool, bool, bool]


class _Reduction:
    """Recursive halving of arrays of one shape; plans are made once for each kind of block."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.leaves: dict[Kind, _Leaf] = {}
        self.joins: dict[Kind, Join] = {}
        self.ports: dict[Kind, tuple[Indices, Block]] = {}

    def reduce(self, devices: Matrix, block: Block) -> Matrix:
        """Return the conductances between the ports of a block."""
        if max(block.bottom - block.top, block.right - block.left) <= LEAF:
            return self._reduce_leaf(devices, block)
        halves = _halves(block)
        parts = [self.reduce(devices, half) for half in halves]
        kind = self._kind(block)
        if kind not in self.joins:
            ports = [self._ports_of(half) for half in halves]
            out = self._shared(*ports)
            keep = np.setdiff1d(np.concatenate(ports), out)
            self.joins[kind] = plan_join(ports, out, keep)
            self.ports[kind] = (keep, block)
        return join(parts, self.joins[kind])

    def last(self) -> Join:
        """Return the plan that leaves the terminals of the whole array."""
        ports = self._ports_of(whole(self.nodes))
        inner = 2 * self.nodes.rows * self.nodes.columns
        terminals = np.arange(self.nodes.rows + self.nodes.columns) + inner
        return plan_join([ports], ports[ports < inner], terminals)

    def _kind(self, block: Block) -> Kind:
        """Return what tells blocks from each other, but for their place."""
        return (
            block.bottom - block.top,
            block.right - block.left,
            block.top == 0,
            block.bottom == self.nodes.rows,
            block.left == 0,
            block.right == self.nodes.columns,
        )

    def _ports_of(self, block: Block) -> Indices:
        """Return the ports of a block, moved from a block of the same kind elsewhere."""
        ports, origin = self.ports[self._kind(block)]
        down, right = block.top - origin.top, block.left - origin.left
        nodes, wires = self.nodes, self.nodes.wires
        count = nodes.rows * nodes.columns
        word = down * nodes.columns + (right if wires.word else 0)
        bit = (down * nodes.columns if wires.bit else 0) + right
        limits = np.searchsorted(ports, [count, 2 * count, 2 * count + nodes.rows])
        sizes = np.diff(limits, prepend=0, append=ports.size)
        moved: Indices = ports + np.repeat([word, bit, down, right], sizes)
        return moved

    def _shared(self, a: Indices, b: Indices) -> Indices:
        """Return the nodes that only the two neighbours share."""
        shared: Indices = np.intersect1d(a, b, assume_unique=True)
        count = self.nodes.rows * self.nodes.columns
        shared = shared[shared < 2 * count]
        if not self.nodes.wires.word:  # a perfect word line is one node, needed until the end
            shared = shared[shared >= count]
        if not self.nodes.wires.bit:
            shared = shared[shared < count]
        return shared

    def _reduce_leaf(self, devices: Matrix, block: Block) -> Matrix:
        from crossbar._kernels import star_mesh

        kind = self._kind(block)
        if kind not in self.leaves:
            self.leaves[kind], ports = _prepared_leaf(self.nodes, block)
            self.ports[kind] = (ports, block)
        leaf = self.leaves[kind]
        own = devices[block.top : block.bottom, block.left : block.right]
        mesh = np.zeros((leaf.size, leaf.size))
        conductance = np.concatenate([own.ravel(), leaf.wire_conductance])
        star_mesh(leaf.ends, conductance, leaf.eliminated, mesh)
        return mesh[leaf.eliminated :, leaf.eliminated :].copy()


@lru_cache(maxsize=16)
def _reduction(nodes: Nodes) -> _Reduction:
    return _Reduction(nodes)


def _halves(block: Block) -> tuple[Block, Block]:
    """Return the halves of a block across its longer side, in whole leaves."""
    top, bottom, left, right = block.top, block.bottom, block.left, block.right
    if right - left >= bottom - top:
        middle = left + -(-(right - left) // (2 * LEAF)) * LEAF
        return Block(top, bottom, left, middle), Block(top, bottom, middle, right)
    middle = top + -(-(bottom - top) // (2 * LEAF)) * LEAF
    return Block(top, middle, left, right), Block(middle, bottom, left, right)


def _prepared_leaf(nodes: Nodes, block: Block) -> tuple[_Leaf, Indices]:
    """Return the elimination of a leaf, and its ports in ascending order."""
    edges = block_edges(nodes, block)
    members = np.unique(edges.ends)
    inner = _is_inner(members, nodes, block)
    order = np.concatenate([_dissection_order(members[inner], nodes), members[~inner]])
    position = np.empty(members.size, dtype=np.int32)
    position[np.searchsorted(members, order)] = np.arange(order.size)
    ends = position[np.searchsorted(members, edges.ends)]
    leaf = _Leaf(ends, edges.wire_conductance, int(inner.sum()), order.size)
    return leaf, members[~inner]


def _is_inner(members: Indices, nodes: Nodes, block: Block) -> NDArray[np.bool_]:
    """Return which nodes are joined to nothing outside the block."""
    count = nodes.rows * nodes.columns
    i, j = np.divmod(members % count, nodes.columns)
    word, bit = members < count, (members >= count) & (members < 2 * count)
    last = (j == block.right - 1) & (block.right < nodes.columns)
    first = (i == block.top) & (block.top > 0)
    inside = (i >= block.top) & (i < block.bottom) & (j >= block.left) & (j < block.right)
    free_word = word & (nodes.wires.word > 0) & inside & ~last
    free_bit = bit & (nodes.wires.bit > 0) & inside & ~first
    inner: NDArray[np.bool_] = free_word | free_bit
    return inner


def _dissection_order(inner: Indices, nodes: Nodes) -> Indices:
    """Return inner nodes so that those on finer cuts of a halved block come first."""
    count = nodes.rows * nodes.columns
    i, j = np.divmod(inner % count, nodes.columns)
    word = inner < count
    place = np.where(word, j + 1, i)  # the cut that a node lies on
    fineness = np.where(place > 0, place & -place, 1)
    return inner[np.argsort(2 * fineness + ~word, kind="stable")]
