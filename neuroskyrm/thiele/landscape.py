"""The energy of a rigid skyrmion as a function of its place on a track."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.signal import fftconvolve

from neuroskyrm.errors import ConfigError
from neuroskyrm.micromagnetics.track import Track
from neuroskyrm.thiele.model import ThieleModel

SMOOTHING = 0.5
"""Width of a Gaussian average of the energy [cells]: removes the stairs of the mesh."""


@dataclass(frozen=True)
class Landscape:
    """Force on a skyrmion's centre at each point of a grid.

    Attributes
    ----------
    force : ndarray, shape (2, ny, nx)
        Force (x, y) [N] at cell centres.
    cell : float
        Distance of two points [m].
    """

    force: NDArray[np.float64]
    cell: float


def landscape(track: Track, model: ThieleModel) -> Landscape:
    """Return the force of barrier and rim on a skyrmion.

    To first order in the change of anisotropy, the (free) energy of a skyrmion at R is
    U(R) = t n * integral of (Ku(r) - Ku) (<m_z^2>_without - <m_z^2>_with)(|r - R|) d^2r.

    Where Ku is raised by much, a soft skyrmion shrinks: the excess e counts as
    e / (1 + e / softness).

    Parameters
    ----------
    track : Track
        Barrier and rim; outside of it the rim's anisotropy goes on.
    model : ThieleModel
        Gives the profile.

    Returns
    -------
    Landscape

    Raises
    ------
    ConfigError
        A region has a D of its own, whose energy the model does not know.
    """
    if np.ptp(track.dmi()) > 0:
        raise ConfigError(
            "'track.regions' sets D, which rigid skyrmions do not feel; give the region a Ku."
        )
    reach = len(model.depth)
    margin = int(np.ceil(reach * model.step / track.cell))
    excess = np.pad(track.anisotropy()[0] - track.film.Ku, margin, mode="edge")
    if model.softness > 0:
        excess /= 1 + np.maximum(excess, 0.0) / model.softness
    kernel = _kernel(model, track.cell, margin)
    volume = track.cell**2 * track.film.thickness * track.layers
    energy = fftconvolve(excess, kernel, mode="same") * volume
    energy = gaussian_filter(energy, SMOOTHING)
    slope = np.stack(
        [np.gradient(energy, track.cell, axis=1), np.gradient(energy, track.cell, axis=0)]
    )
    inner = slice(margin, -margin)
    return Landscape(-slope[:, inner, inner].copy(), track.cell)


def _kernel(model: ThieleModel, cell: float, margin: int) -> NDArray[np.float64]:
    x = np.arange(-margin, margin + 1) * cell
    r = np.hypot(x[None, :], x[:, None])
    distances = np.arange(len(model.depth)) * model.step
    return np.asarray(np.interp(r, distances, model.depth, right=0.0))
