"""One look at a synapse: where its skyrmions are, and how much of each column is reversed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from neuroskyrm.micromagnetics.track import Track
from neuroskyrm.texture.lattice_charge import lattice_charge_density

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Read:
    """What is seen of a track at one moment.

    Attributes
    ----------
    count_pre, count_post, count_total : float
        Skyrmions left and right of the barrier's middle, and together; mean over the layers.
    torn : float
        Largest difference between two layers in their number of skyrmions: 0 for whole columns.
    radius : float
        Mean radius of the skyrmions, sqrt(area / pi) of m_z < 0 [m]; 0 if there is none.
    reversed_fraction : float
        Share of the post-synapse half with m_z < 0.
    profile : ndarray, shape (nx,)
        Share of each cell column with m_z < 0, mean over y and layers.
    """

    count_pre: float
    count_post: float
    count_total: float
    torn: float
    radius: float
    reversed_fraction: float
    profile: NDArray[np.float32]


def read_track(m: Array, track: Track) -> Read:
    """Return what is seen of a track whose background is up.

    Parameters
    ----------
    m : ndarray, shape (3, layers, ny, nx)
        Magnetisation.
    track : Track
        The track.
    """
    found = [skyrmions(m[:, layer]) for layer in range(m.shape[1])]
    middle = m.shape[3] / 2 - 0.5
    totals = [len(layer) for layer in found]
    posts = [sum(x > middle for x, _ in layer) for layer in found]
    areas = [area for layer in found for _, area in layer]
    profile = reversed_profile(m)
    return Read(
        count_pre=float(np.mean(totals) - np.mean(posts)),
        count_post=float(np.mean(posts)),
        count_total=float(np.mean(totals)),
        torn=float(max(totals) - min(totals)),
        radius=float(np.sqrt(np.mean(areas) / np.pi) * track.cell) if areas else 0.0,
        reversed_fraction=float(profile[m.shape[3] // 2 :].mean()),
        profile=profile,
    )


def skyrmions(layer: Array) -> list[tuple[float, int]]:
    """Return position along x and area [cells] of each skyrmion in one layer.

    A patch of m_z < 0 is a skyrmion if m winds once around its border. The border has m_z = 0, so
    the patch itself holds half the topological charge: thermal specks and reversed domains at an
    edge have none or less, and do not count.

    Parameters
    ----------
    layer : ndarray, shape (3, ny, nx)
        Magnetisation, background up.
    """
    down = layer[2] < 0
    patch, count = ndimage.label(down)
    if count == 0:
        return []
    labels = np.arange(1, count + 1)
    density = lattice_charge_density(layer, (False, False))
    # A plaquette belongs to its four corners alike.
    density = (density + np.roll(density, 1, 0)) / 2
    density = (density + np.roll(density, 1, 1)) / 2
    half_charge = np.abs(ndimage.sum_labels(density, patch, labels))
    area = np.bincount(patch[down], minlength=count + 1)[1:]
    x = ndimage.mean(np.broadcast_to(np.arange(layer.shape[2]), down.shape), patch, labels)
    return [(float(x[i]), int(area[i])) for i in np.flatnonzero(half_charge > 0.25)]


def reversed_profile(m: Array) -> NDArray[np.float32]:
    """Return the reversed share (m_z < 0) of each cell column, shape (nx,).

    Parameters
    ----------
    m : ndarray, shape (3, layers, ny, nx)
        Magnetisation, background up.
    """
    return np.asarray((m[2] < 0).mean(axis=(0, 1)), dtype=np.float32)


def tilt_profile(m: Array, background: Array) -> NDArray[np.float32]:
    """Return the background-subtracted share of each cell column, shape (nx,).

    f = (<m_z>_0 - <m_z>) / (2 <m_z>_0), with <m_z>_0 of the same track without skyrmions. It
    agrees with the reversed share where skyrmions are large against their walls.

    Parameters
    ----------
    m : ndarray, shape (3, layers, ny, nx)
        Magnetisation, background up.
    background : ndarray, shape (nx,)
        Mean m_z of each column without skyrmions, at the same temperature.
    """
    return np.asarray((background - m[2].mean(axis=(0, 1))) / (2 * background), dtype=np.float32)
