"""Exchange within a layer, and between layers that touch."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuroskyrm.micromagnetics.stencil import IN_PLANE, Stencil, link_mean, touching_layers
from neuroskyrm.micromagnetics.terms.base import LocalTerm


class Exchange(LocalTerm):
    """Heisenberg exchange, energy density A (grad m)^2.

    The field of a cell is the sum over its neighbours of 2 A / (Ms d^2) (m_neighbour - m), with
    the harmonic mean of A on the link. A missing neighbour exerts nothing: dm/dn = 0 at edges.

    Parameters
    ----------
    A : float or array broadcastable to mesh.shape
        Exchange stiffness [J/m].

    References
    ----------
    A. Vansteenkiste et al., AIP Advances 4, 107133 (2014), doi:10.1063/1.4899186, eqs. (9)-(10).
    """

    def __init__(self, A: ArrayLike) -> None:
        self.A = A

    def add_to(self, stencil: Stencil) -> None:
        """Add this term's lines to the table."""
        sample = stencil.sample
        mesh = sample.mesh
        A = sample.spread(self.A, "Exchange A")
        for neighbour in IN_PLANE:
            distance = mesh.dx if neighbour[2] else mesh.dy
            link = link_mean(A, neighbour, sample)
            stencil.add_coupling(neighbour, sample.per_moment(2 * link / distance**2))
        for low in touching_layers(mesh):
            couple_layers(stencil, low, 2 * link_mean(A, (1, 0, 0), sample)[low])


def couple_layers(stencil: Stencil, low: int, strength: NDArray[np.float64]) -> None:
    """Couple layer `low` and the one above through 2 A of the link [J/m], shape (ny, nx).

    The energy per area of contact is A / distance (m - m')^2; each layer spreads it over its
    own thickness.
    """
    mesh = stencil.sample.mesh
    distance = (mesh.thicknesses[low] + mesh.thicknesses[low + 1]) / 2
    for layer, step in ((low, 1), (low + 1, -1)):
        full = np.zeros(mesh.shape)
        full[layer] = strength / (distance * mesh.thicknesses[layer])
        stencil.add_coupling((step, 0, 0), stencil.sample.per_moment(full))
