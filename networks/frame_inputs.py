"""What the network reads of a frame: sorted S_z, and a few numbers that sorting forgets.

Sorted S_z says how many sites point where, but hardly into how many patches they are cut: two
skyrmions beside each other look like a larger one. These numbers tell, and cost a monitor one
pass over the frame.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from networks._profile_kernels import euler_of
from networks.recurrent_features import Spacing, region_profile
from neuroskyrm.errors import ConfigError

Scalar = Literal["walls", "euler"]
"""Length of the walls, and patches minus their holes; both of S_z alone."""

GAINS: dict[Scalar, float] = {"walls": 25.0, "euler": 0.5}
"""What a scalar is multiplied by before tanh, so that usual frames differ well."""


def wall_density(sz: NDArray[np.floating]) -> float:
    """Return the mean step of S_z from a site to its neighbours; edges wrap around.

    A patch adds about twice its outline, divided by twice the number of sites.

    Parameters
    ----------
    sz : ndarray
        z components, shape (ny, nx).
    """
    steps = [np.abs(sz - np.roll(sz, 1, axis)).mean(dtype=np.float64) for axis in (0, 1)]
    return float(np.mean(steps))


def euler_number(sz: NDArray[np.floating]) -> int:
    """Return the patches of S_z > 0 minus their holes; edges wrap around.

    S_z is averaged over 3 x 3 sites before: spins that heat has turned over are no patches. Then
    it is sites minus bonds plus plaquettes (neighbours across a corner do not touch). One
    skyrmion that is up in a background that is down gives 1, the reverse -1, two give 2 or -2; a
    uniform state 0, a stripe around the torus 0, and a domain that spans it both ways -1.

    Parameters
    ----------
    sz : ndarray
        z components, shape (ny, nx).

    Examples
    --------
    >>> field = -np.ones((8, 8))
    >>> field[0:3, 0:3] = field[4:7, 4:8] = 1
    >>> euler_number(field), euler_number(-field)
    (2, -2)
    """
    return euler_of(sz)


_OF: dict[Scalar, Callable[[NDArray[np.floating]], float]] = {
    "walls": wall_density,
    "euler": euler_number,
}


def frame_inputs(
    sz: NDArray[np.floating],
    count: int,
    spacing: Spacing = "tails",
    regions: int = 1,
    scalars: Sequence[Scalar] = (),
) -> NDArray[np.float32]:
    """Return what the network reads of one frame: quantiles, then scalars.

    Parameters
    ----------
    sz : ndarray
        z components; any shape, or (..., nx) with regions, or (ny, nx) with scalars.
    count : int
        Number of inputs in all.
    spacing : {"tails", "uniform"}
        Bins of the quantile function.
    regions : int
        Parts along x that are sorted apart.
    scalars : sequence of str
        Further numbers, scaled and passed through tanh: outliers stay in -1 ... 1.

    Raises
    ------
    ConfigError
        Scalars are asked of a frame that is not a plane.
    """
    profile = region_profile(sz, count - len(scalars), spacing, regions)
    if not scalars:
        return profile
    if sz.ndim != 2:
        raise ConfigError(f"Scalars need a plane of sites; the frame has the shape {sz.shape}.")
    numbers = np.tanh([GAINS[name] * _OF[name](sz) for name in scalars])
    return np.concatenate([profile, numbers.astype(np.float32)])


def process_inputs(
    frames: NDArray[np.floating],
    count: int,
    spacing: Spacing = "tails",
    scalars: Sequence[Scalar] = (),
) -> NDArray[np.float32]:
    """Return the inputs of all frames (frames, ...) of a process, shape (frames, count)."""
    return np.stack([frame_inputs(frame, count, spacing, 1, scalars) for frame in frames])
