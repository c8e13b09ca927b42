"""One look at a synapse: where its skyrmions are, and how much of each column is reversed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.micromagnetics.track import Track
from neuroskyrm.texture import count_skyrmions

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Read:
    """What a read-out of a track sees at one moment.

    Attributes
    ----------
    count_pre, count_barrier, count_post, count_total : float
        Skyrmions (patches of opposite m_z with charge one) left of the barrier's middle... by
        region, mean over the layers.
    torn : float
        Largest difference between two layers in the number of skyrmions: 0 for whole columns.
    radius : float
        Mean radius of the skyrmions [m]; 0 if there is none.
    reversed_fraction : float
        Share of the post-synapse half with m_z < 0.
    profile : ndarray, shape (nx,)
        Share of each cell column with m_z < 0, mean over y and layers.
    """

    count_pre: float
    count_barrier: float
    count_post: float
    count_total: float
    torn: float
    radius: float
    reversed_fraction: float
    profile: NDArray[np.float32]


def read_track(m: Array, track: Track) -> Read:
    """Return what a read-out sees.

    Parameters
    ----------
    m : ndarray, shape (3, layers, ny, nx)
        Magnetisation, background up.
    track : Track
        Where the barrier is.
    """
    raise NotImplementedError
