"""Dzyaloshinskii–Moriya interaction: one class with one table of vectors per kind.

Signs, and the mapping to other programs, are in `neuroskyrm.conventions`.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuroskyrm.errors import ConfigError
from neuroskyrm.micromagnetics.stencil import (
    HERE,
    IN_PLANE,
    Stencil,
    link_mean,
    neighbour_values,
    touching_layers,
)
from neuroskyrm.micromagnetics.terms.base import LocalTerm

Boundary = Literal["omit", "extrapolate"]
Vector = tuple[int, int, int]

_CROSS = ((0, 1, 2, 1), (0, 2, 1, -1), (1, 2, 0, 1), (1, 0, 2, -1), (2, 0, 1, 1), (2, 1, 0, -1))
"""(a, along, b, sign): component a of v x m is the sum of sign v_along m_b."""


class DMI(LocalTerm):
    """Common part: the neighbour at +x, +y, +z acts through D / (Ms d) (v x m_neighbour).

    Parameters
    ----------
    D : float or array broadcastable to mesh.shape
        Strength [J/m^2]. Links carry the harmonic mean.
    boundary : {"omit", "extrapolate"}
        What a missing neighbour does at a free surface: nothing (OOMMF, magnum.np), or it is a
        ghost spin that fulfils 2 A dm/dn = -D v x m (mumax3), for which `A` is needed.
    A : float or array, optional
        Exchange stiffness [J/m]; only with "extrapolate".

    Raises
    ------
    ConfigError
        `boundary` is unknown, or "extrapolate" lacks `A`.
    """

    vectors: ClassVar[dict[int, Vector]]
    """For axis 2 (x), 1 (y), 0 (z) of the mesh: the vector v of the neighbour in + direction."""

    def __init__(
        self, D: ArrayLike, boundary: Boundary = "omit", A: ArrayLike | None = None
    ) -> None:
        if boundary not in ("omit", "extrapolate"):
            raise ConfigError(
                f"DMI boundary = {boundary!r} must be 'omit' (OOMMF, magnum.np) or "
                f"'extrapolate' (mumax3)."
            )
        if boundary == "extrapolate" and A is None:
            raise ConfigError("DMI boundary = 'extrapolate' needs the exchange stiffness A.")
        self.D = D
        self.A = A
        self.boundary = boundary

    def add_to(self, stencil: Stencil) -> None:
        """Add this term's lines to the table."""
        sample = stencil.sample
        D = sample.spread(self.D, f"{type(self).__name__} D")
        neighbours = [n for n in IN_PLANE if any(self.vectors[_axis(n)])]
        for neighbour in neighbours:
            self._link(
                stencil, neighbour, link_mean(D, neighbour, sample), _distance(stencil, neighbour)
            )
            if self.boundary == "extrapolate":
                self._ghost(stencil, neighbour, D)
        if any(self.vectors[0]):
            self._between_layers(stencil, D)

    def _link(
        self,
        stencil: Stencil,
        neighbour: Vector,
        link: NDArray[np.float64],
        distance: float | NDArray[np.float64],
    ) -> None:
        strength = stencil.sample.per_moment(link / distance) * sum(neighbour)
        vector = self.vectors[_axis(neighbour)]
        for a, along, b, sign in _CROSS:
            if vector[along]:
                stencil.add(a, b, neighbour, sign * vector[along] * strength)

    def _between_layers(self, stencil: Stencil, D: NDArray[np.float64]) -> None:
        mesh = stencil.sample.mesh
        for low in touching_layers(mesh):
            for layer, step in ((low, 1), (low + 1, -1)):
                link = np.zeros(mesh.shape)
                link[layer] = link_mean(D, (step, 0, 0), stencil.sample)[layer]
                self._link(stencil, (step, 0, 0), link, mesh.thicknesses[layer])

    def _ghost(self, stencil: Stencil, neighbour: Vector, D: NDArray[np.float64]) -> None:
        """Add the ghost spin m - (D d / 2A) v' x m, v' = v times the outward direction.

        In the sum of exchange, 2A/(Ms d^2) (ghost - m), and DMI, D/(Ms d) v' x ghost, the terms
        v' x m cancel; what remains is -D^2/(2 A Ms) v x (v x m): an anisotropy of edge cells.
        """
        sample = stencil.sample
        if sample.mesh.shape[_axis(neighbour)] == 1:
            return
        inside = sample.inside.astype(np.float64)
        missing = sample.inside & (neighbour_values(inside, neighbour, sample.mesh) == 0)
        A = sample.spread(self.A if self.A is not None else 0.0, "DMI A")
        ratio = np.divide(D**2, 2 * A, out=np.zeros_like(A), where=missing)
        strength = sample.per_moment(ratio)
        vector = self.vectors[_axis(neighbour)]
        for a in range(3):
            if not vector[a]:
                stencil.add(a, a, HERE, strength)


class InterfacialDMI(DMI):
    """Interfacial DMI, energy density D (m_z div m - (m.grad) m_z); in plane only.

    Positive D is mumax3's `Dind`: with a core up, D > 0 gives Néel skyrmions whose in-plane
    component points outwards... see `neuroskyrm.conventions`.

    References
    ----------
    S. Rohart and A. Thiaville, Phys. Rev. B 88, 184422 (2013), doi:10.1103/PhysRevB.88.184422.
    """

    vectors = {2: (0, 1, 0), 1: (-1, 0, 0), 0: (0, 0, 0)}  # noqa: RUF012


class BulkDMI(DMI):
    """Bulk DMI of class T, energy density D m.(curl m), as mumax3's `Dbulk`.

    References
    ----------
    M. Beg et al., Sci. Rep. 5, 17137 (2015), doi:10.1038/srep17137.
    """

    vectors = {2: (-1, 0, 0), 1: (0, -1, 0), 0: (0, 0, -1)}  # noqa: RUF012


def _axis(neighbour: Vector) -> int:
    return next(axis for axis, step in enumerate(neighbour) if step)


def _distance(stencil: Stencil, neighbour: Vector) -> float:
    return stencil.sample.mesh.dx if neighbour[2] else stencil.sample.mesh.dy
