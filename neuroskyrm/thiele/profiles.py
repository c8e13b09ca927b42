"""The mean profile of skyrmions in a run: size, friction, and what anisotropy they lack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.thiele.boxes import Box, Places

STEP = 2e-9
"""Distance of two points of a profile [m]."""

REACH = 44e-9
"""How far a profile goes from the centre [m]."""

Frames = Sequence[tuple[NDArray[np.floating], Places]]


@dataclass(frozen=True)
class Profile:
    """What a skyrmion looks like on average.

    Attributes
    ----------
    radius : float
        Of the disc of the mean reversed area [m].
    area_sd : float
        Standard deviation of one skyrmion's area over time [m^2].
    area_memory : float
        Time over which it is correlated [s]; 0 if the frames do not tell.
    speckle : float
        Reversed share far from any skyrmion.
    dissipation : float
        Integral of (dm/dx)^2 over the plane, of the mean directions.
    grip : float
        What a damping-like torque takes hold of: pi * integral of (r theta' + sin theta
        cos theta) dr [m]; the force is Ms t B times it.
    depth : ndarray
        <m_z^2> far away minus that at distance i * step.
    step : float
        Distance of two points [m].
    """

    radius: float
    area_sd: float
    area_memory: float
    speckle: float
    dissipation: float
    grip: float
    depth: NDArray[np.float64]
    step: float = STEP


def measure_profile(frames: Frames, box: Box, every: float = 0.0) -> Profile:
    """Return the mean profile of the skyrmions in some frames.

    Parameters
    ----------
    frames : sequence of (m, places)
        Magnetisation (3, layers, ny, nx) and centres (n, 2) [m].
    box : Box
        What they were seen in.
    every : float
        Time between two frames [s], if they are evenly spaced.
    """
    edges = np.arange(0.0, REACH + STEP, STEP)
    sums = np.zeros((4, len(edges) - 1))
    far_reversed, far_square, far_count, areas = 0.0, 0.0, 0, []
    cells = np.prod(np.array(frames[0][0].shape[2:]))
    for m, places in frames:
        r, unit = _nearest(box, m.shape[2:], places)
        bins = np.digitize(r.ravel(), edges) - 1
        near = bins < len(edges) - 1
        radial = np.sum(m[:2] * unit[:, None], axis=0).mean(axis=0)
        values = (m[2].mean(axis=0), radial, (m[2] ** 2).mean(axis=0), np.ones(r.shape))
        for i, value in enumerate(values):
            sums[i] += np.bincount(bins[near], value.ravel()[near], sums.shape[1])
        far = r > 0.75 * REACH
        far_count += int(far.sum())
        far_reversed += float((m[2] < 0).mean(axis=0)[far].sum())
        far_square += float((m[2] ** 2).mean(axis=0)[far].sum())
        areas.append((float((m[2] < 0).mean()), len(places)))
    speckle = far_reversed / max(far_count, 1)
    filled = sums[3] > 0
    mz, mr, square = (np.interp(
        edges[:-1], edges[:-1][filled], row[filled] / sums[3][filled]) for row in sums[:3]
    )  # fmt: skip
    cell_area = float(np.prod(np.array(box.cell)))
    share = np.array([(s - speckle) * cells * cell_area / n for s, n in areas if n])
    number = np.mean([n for _, n in areas])
    depth = far_square / max(far_count, 1) - square
    sd, memory = fluctuation(share, every)
    return Profile(
        radius=float(np.sqrt(max(share.mean(), 0.0) / np.pi)),
        area_sd=float(sd * np.sqrt(number)),
        area_memory=memory,
        speckle=speckle,
        **_integrals(
            np.asarray(edges[:-1] + STEP / 2, dtype=np.float64),
            np.asarray(np.arctan2(mr, mz), dtype=np.float64),
        ),
        depth=np.concatenate([depth[:1], (depth[1:] + depth[:-1]) / 2, [0.0]]),
    )


def fluctuation(series: NDArray[np.float64], every: float) -> tuple[float, float]:
    """Return standard deviation and correlation time [s] of evenly spaced values.

    A straight line is taken off first: skyrmions that were just seeded still grow or shrink. The
    correlation is that of a process with one time, an exponential through neighbouring values.
    """
    if len(series) < 4:
        return 0.0, 0.0
    x = np.arange(len(series))
    rest = series - np.polyval(np.polyfit(x, series, 1), x)
    variance = float(np.sum(rest**2)) / (len(series) - 2)
    kept = float(np.sum(rest[1:] * rest[:-1])) / max(float(np.sum(rest**2)), 1e-300)
    # Each of the two fitted numbers hides about one part in the length of the correlation.
    kept = min(kept + 2 / len(series), 0.98)
    memory = -every / np.log(kept) if kept > 0 else 0.0
    return float(np.sqrt(variance)), float(memory)


def _nearest(
    box: Box, shape: tuple[int, ...], places: Places
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each cell's distance to its nearest centre, and the direction away from it."""
    ny, nx = shape
    x, y = (np.arange(nx) + 0.5) * box.cell[0], (np.arange(ny) + 0.5) * box.cell[1]
    best, unit = np.full((ny, nx), np.inf), np.zeros((2, ny, nx))
    for px, py in places:
        dx, dy = np.broadcast_to(x - px, (ny, nx)), np.broadcast_to(y[:, None] - py, (ny, nx))
        if box.periodic:
            dx = dx - box.size[0] * np.round(dx / box.size[0])
            dy = dy - box.size[1] * np.round(dy / box.size[1])
        r = np.hypot(dx, dy)
        nearer = r < best
        best = np.where(nearer, r, best)
        unit = np.where(nearer, np.stack([dx, dy]) / np.maximum(r, 1e-12), unit)
    return best, unit


def _integrals(r: NDArray[np.float64], angle: NDArray[np.float64]) -> dict[str, float]:
    """Return the integrals over a mean profile theta(r) that decide friction and drive."""
    theta = np.unwrap(angle)
    slope = np.gradient(theta, r)
    dissipation = np.pi * np.trapezoid((slope**2 + (np.sin(theta) / r) ** 2) * r, r)
    grip = np.pi * np.trapezoid(slope * r + np.sin(theta) * np.cos(theta), r)
    return {"dissipation": float(dissipation), "grip": abs(float(grip))}
