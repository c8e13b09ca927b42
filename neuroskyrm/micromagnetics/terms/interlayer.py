"""Interlayer (RKKY) exchange through a spacer."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from neuroskyrm.errors import ConfigError
from neuroskyrm.micromagnetics.stencil import Stencil
from neuroskyrm.micromagnetics.terms.base import LocalTerm


class InterlayerExchange(LocalTerm):
    """Bilinear coupling of neighbouring layers, energy per area -J m_i . m_j.

    Here the energy is J (1 - m_i . m_j), so that parallel layers have none.

    Parameters
    ----------
    J : float, or sequence of one float per spacer
        Coupling [J/m^2]: positive prefers parallel layers, negative antiparallel ones.

    Raises
    ------
    ConfigError
        The number of couplings is not the number of spacers.

    References
    ----------
    P. Bruno, Phys. Rev. B 52, 411 (1995), doi:10.1103/PhysRevB.52.411.
    """

    def __init__(self, J: ArrayLike) -> None:
        self.J = J

    def add_to(self, stencil: Stencil) -> None:
        """Add this term's lines to the table."""
        sample = stencil.sample
        mesh = sample.mesh
        couplings = np.asarray(self.J, dtype=np.float64)
        if couplings.ndim > 1 or (couplings.ndim == 1 and len(couplings) != mesh.layers - 1):
            raise ConfigError(
                f"InterlayerExchange J of shape {couplings.shape} must be one number, or one for "
                f"each of the {mesh.layers - 1} spacers."
            )
        per_spacer = np.broadcast_to(couplings, (mesh.layers - 1,))
        for low, J in enumerate(per_spacer):
            both = sample.inside[low] & sample.inside[low + 1]
            for layer, step in ((low, 1), (low + 1, -1)):
                strength = np.zeros(mesh.shape)
                strength[layer] = np.where(both, J / mesh.thicknesses[layer], 0.0)
                stencil.add_coupling((step, 0, 0), sample.per_moment(strength))
