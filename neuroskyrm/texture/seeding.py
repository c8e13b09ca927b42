"""Writing skyrmions into a magnetisation, as a start for relaxation."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.errors import ConfigError

Kind = Literal["neel", "bloch"]


def seed_skyrmion(
    m: NDArray[np.floating],
    position: tuple[float, float],
    radius: float,
    cell: tuple[float, float] = (1.0, 1.0),
    kind: Kind = "neel",
    core: int = -1,
    chirality: int = 1,
    wall: float | None = None,
    reach: float | None = None,
) -> None:
    """Write a skyrmion into `m`, in place, in every layer.

    The polar angle from the core outwards is theta = 2 atan(sinh(R/w) / sinh(r/w)), two walls
    of width w back to back (H.-B. Braun, Phys. Rev. B 50, 16485 (1994)).

    Parameters
    ----------
    m : array of shape (3, layers, ny, nx) or (3, ny, nx)
        Unit vectors; cells without material (zero) stay empty.
    position : tuple of float
        Centre (x, y) from the corner of the layer [m, or cells].
    radius : float
        Where m_z = 0 [m, or cells].
    cell : tuple of float
        Cell size (dx, dy) [m].
    kind : {"neel", "bloch"}
        Whether m turns in the radial plane or around it.
    core : {-1, 1}
        Sign of m_z in the core; the background has the other one.
    chirality : {1, -1}
        Sign of D that prefers this skyrmion: for D > 0 and a core down, m points outwards (Néel)
        or counter-clockwise (Bloch) in the wall; see `neuroskyrm.conventions`.
    wall : float, optional
        Wall width w [m, or cells]; a third of the radius if missing.
    reach : float, optional
        Cells beyond this distance keep their m [m, or cells]; radius + 4 w if missing.

    Raises
    ------
    ConfigError
        A length is not positive, or `kind`, `core` or `chirality` is unknown.
    """
    if kind not in ("neel", "bloch"):
        raise ConfigError(f"kind = {kind!r} must be 'neel' or 'bloch'.")
    if core not in (-1, 1) or chirality not in (-1, 1):
        raise ConfigError(f"core = {core!r} and chirality = {chirality!r} must be 1 or -1.")
    wall = radius / 3 if wall is None else wall
    if not radius > 0 or not wall > 0:
        raise ConfigError(f"radius = {radius!r} and wall = {wall!r} must be positive lengths.")
    ny, nx = m.shape[-2:]
    x = (np.arange(nx) + 0.5) * cell[0] - position[0]
    y = (np.arange(ny) + 0.5) * cell[1] - position[1]
    r = np.hypot(x[None, :], y[:, None])
    near = r <= (radius + 4 * wall if reach is None else reach)
    # Cut where the exponent would overflow: the profile is 0 there anyway.
    ratio = np.sinh(min(radius / wall, 300.0)) / np.maximum(
        np.sinh(np.minimum(r / wall, 300.0)), 1e-30
    )
    theta = 2 * np.arctan(ratio)
    unit = np.divide(1.0, r, out=np.zeros_like(r), where=r > 0)
    ex, ey = x[None, :] * unit, y[:, None] * unit
    if kind == "bloch":
        ex, ey = -ey, ex
    across = -core * chirality * np.sin(theta)
    inside = near & np.any(m != 0, axis=0)
    for target, values in zip(m, (across * ex, across * ey, -core * np.cos(theta)), strict=True):
        target[inside] = np.broadcast_to(values, inside.shape)[inside]
