"""Following skyrmions from frame to frame: identity over time, velocity, Hall angle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import atan2

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from neuroskyrm.texture.skyrmions import Skyrmion


@dataclass
class SkyrmionPath:
    """One skyrmion over time.

    Parameters
    ----------
    times : list of float
        When it was seen [s].
    skyrmions : list of Skyrmion
        What it looked like.
    """

    times: list[float] = field(default_factory=list)
    skyrmions: list[Skyrmion] = field(default_factory=list)

    @property
    def positions(self) -> NDArray[np.float64]:
        """Centres, shape (frames, 2) [m]."""
        return np.array([skyrmion.position for skyrmion in self.skyrmions])

    def velocity(self) -> tuple[float, float]:
        """Return the mean velocity (vx, vy) [m/s], by a straight-line fit over all frames."""
        t = np.array(self.times) - np.mean(self.times)
        vx, vy = t @ (self.positions - self.positions.mean(axis=0)) / (t @ t)
        return float(vx), float(vy)

    def hall_angle(self) -> float:
        """Return the angle of the velocity to the x axis, -pi .. pi [rad]."""
        vx, vy = self.velocity()
        return atan2(vy, vx)


def follow_skyrmions(
    frames: Sequence[Sequence[Skyrmion]], times: Sequence[float], reach: float
) -> list[SkyrmionPath]:
    """Join the skyrmions of successive frames into paths.

    From one frame to the next, pairs are chosen so that the summed distance is least; a skyrmion
    farther than `reach` from every open path begins a new one, and a path without a partner ends.

    Parameters
    ----------
    frames : sequence of lists of Skyrmion
        What `count_skyrmions` found in every frame.
    times : sequence of float
        Time of every frame [s].
    reach : float
        Largest move between two frames [m].

    Returns
    -------
    list of SkyrmionPath
        In order of first appearance.
    """
    paths: list[SkyrmionPath] = []
    open_paths: list[SkyrmionPath] = []
    for t, skyrmions in zip(times, frames, strict=True):
        partners = _match([path.skyrmions[-1] for path in open_paths], skyrmions, reach)
        following = []
        for number, skyrmion in enumerate(skyrmions):
            path = open_paths[partners[number]] if number in partners else SkyrmionPath()
            if number not in partners:
                paths.append(path)
            path.times.append(t)
            path.skyrmions.append(skyrmion)
            following.append(path)
        open_paths = following
    return paths


def _match(before: Sequence[Skyrmion], after: Sequence[Skyrmion], reach: float) -> dict[int, int]:
    """Return for skyrmions of `after` their partner in `before`, both by number."""
    if not before or not after:
        return {}
    old = np.array([skyrmion.position for skyrmion in before])
    new = np.array([skyrmion.position for skyrmion in after])
    distance = np.linalg.norm(new[:, None] - old[None], axis=2)
    # Pairs out of reach cost the same, so that they do not disturb the others.
    rows, columns = linear_sum_assignment(np.minimum(distance, 2 * reach))
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return {i: j for i, j in pairs if distance[i, j] <= reach}
