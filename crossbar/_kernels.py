"""Compiled circuit loops: arrays in, arrays out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.jit import kernel


@kernel
def star_mesh(
    ends: NDArray[np.int32],
    conductance: NDArray[np.float64],
    eliminated: int,
    mesh: NDArray[np.float64],
) -> None:
    """Fill `mesh` with the resistors of a small network and eliminate its first nodes.

    Eliminating node k joins all its neighbours: g_ab += g_ka g_kb / sum_c g_kc. Only sums of
    positive numbers occur, so each conductance comes out with full relative precision, however
    much better wires conduct than devices.

    Parameters
    ----------
    ends : ndarray of int32, shape (2, edges)
        Nodes joined by each resistor.
    conductance : ndarray, shape (edges,)
        Conductances [S]; 0 is an open device.
    eliminated : int
        Nodes 0 ... eliminated - 1 are removed, in this order.
    mesh : ndarray, shape (nodes, nodes)
        All zero; on return the part from `eliminated` on holds the conductance between each pair
        of kept nodes, upper triangle and mirrored, with a zero diagonal.
    """
    nodes = mesh.shape[0]
    for e in range(conductance.size):
        a, b = ends[0, e], ends[1, e]
        mesh[min(a, b), max(a, b)] += conductance[e]
    neighbour = np.empty(nodes, np.int64)
    for k in range(eliminated):
        found = 0
        total = 0.0
        for a in range(k + 1, nodes):
            if mesh[k, a] != 0.0:
                neighbour[found] = a
                found += 1
                total += mesh[k, a]
        for p in range(found):
            a = neighbour[p]
            share = mesh[k, a] / total
            for q in range(p + 1, found):
                b = neighbour[q]
                mesh[a, b] += share * mesh[k, b]
    for a in range(eliminated, nodes):
        for b in range(a + 1, nodes):
            mesh[b, a] = mesh[a, b]


@kernel
def join_dense(
    blocks: tuple[NDArray[np.float64], ...],
    places: tuple[NDArray[np.int32], ...],
    eliminated: int,
    mesh: NDArray[np.float64],
) -> None:
    """Add the conductances of a few blocks and eliminate their shared nodes, as `star_mesh` does.

    Parameters
    ----------
    blocks : tuple of ndarray, each shape (ports, ports)
        Conductances between ports [S].
    places : tuple of ndarray of int32
        Place of each port of each block in `mesh`.
    eliminated : int
        Places 0 ... eliminated - 1 are removed.
    mesh : ndarray, shape (nodes, nodes)
        All zero; on return the part from `eliminated` on holds the result.
    """
    nodes = mesh.shape[0]
    for b in range(len(blocks)):
        block, place = blocks[b], places[b]
        for i in range(place.size):
            for j in range(place.size):
                mesh[place[i], place[j]] += block[i, j]
    for k in range(eliminated):
        total = 0.0
        for a in range(k + 1, nodes):
            total += mesh[k, a]
        for a in range(k + 1, nodes):
            share = mesh[k, a] / total
            for b in range(a + 1, nodes):
                mesh[a, b] += share * mesh[k, b]
    for a in range(eliminated, nodes):
        mesh[a, a] = 0.0
        for b in range(a + 1, nodes):
            mesh[b, a] = mesh[a, b]
