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

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import blas, lapack

from crossbar.circuit import Block, Indices, Nodes, block_edges, whole

Matrix = NDArray[np.float64]

LEAF = 16
"""Edge of the blocks that are eliminated node by node, in crosspoints."""


@dataclass(frozen=True)
class Multiport:
    """A block seen from its rim.

    Attributes
    ----------
    ports : ndarray of int64, shape (ports,)
        Node numbers, ascending.
    conductance : ndarray, shape (ports, ports)
        Conductance between each pair of ports, symmetric, zero on the diagonal [S].
    """

    ports: Indices
    conductance: Matrix


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
    terminal = 2 * nodes.rows * nodes.columns
    block = _reduce(devices, nodes, whole(nodes))
    inner = block.ports < terminal
    if inner.any():
        block = join_and_eliminate([block], block.ports[inner])
    return block.conductance


def _reduce(devices: Matrix, nodes: Nodes, block: Block) -> Multiport:
    rows, columns = block.bottom - block.top, block.right - block.left
    if max(rows, columns) <= LEAF:
        return _leaf(devices, nodes, block)
    if columns >= rows:
        middle = block.left + _half(columns)
        parts = (
            Block(block.top, block.bottom, block.left, middle),
            Block(block.top, block.bottom, middle, block.right),
        )
    else:
        middle = block.top + _half(rows)
        parts = (
            Block(block.top, middle, block.left, block.right),
            Block(middle, block.bottom, block.left, block.right),
        )
    return _merge(_reduce(devices, nodes, parts[0]), _reduce(devices, nodes, parts[1]), nodes)


def _half(size: int) -> int:
    """Return about half of `size`, in whole leaves."""
    return -(-size // (2 * LEAF)) * LEAF


def _leaf(devices: Matrix, nodes: Nodes, block: Block) -> Multiport:
    from crossbar._kernels import star_mesh

    edges = block_edges(nodes, block)
    members = np.unique(edges.ends)
    inner = _is_inner(members, nodes, block)
    order = np.concatenate([_dissection_order(members[inner], nodes), members[~inner]])
    position = np.empty(members.size, dtype=np.int32)
    position[np.searchsorted(members, order)] = np.arange(order.size)
    ends = position[np.searchsorted(members, edges.ends)]
    own = devices[block.top : block.bottom, block.left : block.right]
    mesh = np.empty((order.size, order.size))
    eliminated = int(inner.sum())
    star_mesh(ends, np.concatenate([own.ravel(), edges.wire_conductance]), eliminated, mesh)
    return Multiport(members[~inner], mesh[eliminated:, eliminated:].copy())


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


def _merge(a: Multiport, b: Multiport, nodes: Nodes) -> Multiport:
    """Join two neighbours and eliminate the nodes that only they share."""
    shared = np.intersect1d(a.ports, b.ports, assume_unique=True)
    count = nodes.rows * nodes.columns
    shared = shared[shared < 2 * count]
    if not nodes.wires.word:  # a perfect word line is one node, needed until the end
        shared = shared[shared >= count]
    if not nodes.wires.bit:
        shared = shared[shared < count]
    return join_and_eliminate([a, b], shared)


def join_and_eliminate(parts: list[Multiport], out: Indices) -> Multiport:
    """Return the joined `parts` without the ports `out` (ascending node numbers)."""
    ports = np.unique(np.concatenate([part.ports for part in parts]))
    keep = np.setdiff1d(ports, out, assume_unique=True)
    rim = np.zeros((keep.size, keep.size))
    spokes = np.zeros((keep.size, out.size))
    laplacian = np.zeros((out.size, out.size))
    for part in parts:
        in_out = np.isin(part.ports, out, assume_unique=True)
        o, k = np.flatnonzero(in_out), np.flatnonzero(~in_out)
        to_out, to_keep = np.searchsorted(out, part.ports[o]), np.searchsorted(keep, part.ports[k])
        conductance = part.conductance
        rim[np.ix_(to_keep, to_keep)] += conductance[np.ix_(k, k)]
        spokes[np.ix_(to_keep, to_out)] += conductance[np.ix_(k, o)]
        laplacian[np.ix_(to_out, to_out)] -= conductance[np.ix_(o, o)]
        laplacian[to_out, to_out] += conductance[o].sum(axis=1)
    if out.size:
        # BLAS sees transposed views: symmetric matrices are their own transpose.
        factor, _ = lapack.dpotrf(laplacian.T, lower=1, overwrite_a=1)
        half = blas.dtrsm(1.0, factor, spokes.T, lower=1, overwrite_b=1)
        rim = blas.dsyrk(1.0, half, beta=1.0, c=rim.T, trans=1, lower=1, overwrite_c=1).T
        _mirror(rim)
    return Multiport(keep, rim)


def _mirror(matrix: Matrix, step: int = 256) -> None:
    """Copy the upper triangle to the lower one, in place, and clear the diagonal."""
    for start in range(0, len(matrix), step):
        rows, after = slice(start, start + step), slice(start + step, None)
        upper = np.triu(matrix[rows, rows], 1)
        matrix[rows, rows] = upper + upper.T
        matrix[after, rows] = matrix[rows, after].T
