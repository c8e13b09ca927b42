"""Device to device: what tolerances of the film do to the conductance range."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from neuroskyrm.micromagnetics.track import Barrier, Rim, Track
from neuroskyrm.micromagnetics.track_drive import Drive, Step
from neuroskyrm.micromagnetics.track_run import build_simulation, seeded

TOLERANCE = {"Ms": 0.01, "A": 0.01, "D": 0.01, "Ku": 0.01}
"""Relative standard deviation assumed for each film parameter from device to device: about what
a sputtered wafer shows; a foundry's own numbers go in its place."""


@dataclass(frozen=True)
class Spread:
    """Relative spread of the conductance range, and where it comes from.

    Attributes
    ----------
    total : float
        Relative standard deviation of the range, for independent parameters.
    sensitivity : dict of str to float
        d ln(reversed area) / d ln(parameter) for each film parameter.
    """

    total: float
    sensitivity: dict[str, float]


def conductance_spread(
    track: Track, tolerance: dict[str, float] | None = None, window: float = 120e-9
) -> Spread:
    """Return how far the conductance range of a track spreads from device to device.

    The range is the reversed area of the skyrmions, so its relative change is that of one
    skyrmion's area. That is taken from the minimum of the energy (T = 0) on the effective film
    with 2 nm cells, one parameter at a time, by central differences over one tolerance.

    Parameters
    ----------
    track : Track
        Gives film, field and number of layers.
    tolerance : dict of str to float, optional
        Relative standard deviation of each film parameter; `TOLERANCE` if not given.
    window : float
        Side of the square on which one skyrmion is relaxed [m].

    Returns
    -------
    Spread

    Raises
    ------
    ConvergenceError
        A skyrmion did not relax.
    """
    tolerance = TOLERANCE if tolerance is None else tolerance
    sensitivity = {}
    for name, relative in tolerance.items():
        areas = [
            skyrmion_area(_changed(track, name, 1 + sign * relative), window) for sign in (-1, 1)
        ]
        sensitivity[name] = float(np.log(areas[1] / areas[0]) / (2 * relative))
    total = float(np.sqrt(sum((sensitivity[n] * tolerance[n]) ** 2 for n in tolerance)))
    return Spread(total, sensitivity)


def skyrmion_area(track: Track, window: float = 120e-9) -> float:
    """Return the reversed area of one skyrmion at T = 0 on the effective film [m^2].

    It is the integral of (m0 - m_z) / (2 m0) with m0 = 1 far away, which varies smoothly where a
    count of cells would jump.
    """
    square = replace(
        track.effective(),
        length=window,
        width=window,
        cell=2e-9,
        barrier=Barrier(across=0),
        rim=Rim(),
        temperature=0.0,
        skyrmions=1,
        rows=1,
    )
    simulation = build_simulation(square, Drive((Step(0, 0, 1e-9),), 1.0, 1.0), seed=0)
    simulation.m = seeded(square, places=[(window / 2, window / 2)])
    simulation.minimize(stop=1e-3)
    empty = build_simulation(square, Drive((Step(0, 0, 1e-9),), 1.0, 1.0), seed=0)
    empty.m = np.array([0.0, 0.0, 1.0])
    empty.minimize(stop=1e-3)
    missing = (empty.m[2] - simulation.m[2]).astype(np.float64) / 2
    return float(missing.sum() * square.cell**2)


def _changed(track: Track, name: str, factor: float) -> Track:
    film = replace(track.film, **{name: getattr(track.film, name) * factor})
    return replace(track, film=film)
