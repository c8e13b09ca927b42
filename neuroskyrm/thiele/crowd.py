"""How much of what pushes a skyrmion presses on its area: from a crowd that is driven together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neuroskyrm.micromagnetics.track import Track
from neuroskyrm.thiele.boxes import Box, bare
from neuroskyrm.thiele.model import ThieleModel
from neuroskyrm.thiele.simulate import RigidTrack

LENGTH = 160e-9
"""Length of the piece of track [m]."""

DISCS = 3.87
"""Area of the piece between its rims, in discs of the skyrmions in it."""

CURRENT = 5.25e10
"""Effective current density that drives them together [A/m^2]; several times that of a device."""

SETTLE, HOLD = 0.3e-9, 2e-9
"""Time without and with current [s]."""

RIGID_SEEDS = 24

Places = list[tuple[float, float]]


def learn_contact(
    track: Track, model: ThieleModel, spin_hall: float, seed: int
) -> dict[str, float]:
    """Return how much contact forces press on areas, and what it was found from.

    A piece of the track, full of skyrmions, is simulated with all layers under a strong current;
    the contact of the rigid skyrmions is that at which as many are lost on average.

    Parameters
    ----------
    track : Track
        Film and rim.
    model : ThieleModel
        All else that is known of its skyrmions.
    spin_hall : float
        Spin Hall angle of the torque.
    seed : int
        Noise seed of the full run.

    Returns
    -------
    dict
        ``contact`` [1], ``lost`` and ``of`` (skyrmions of the full run).
    """
    length = LENGTH // track.cell * track.cell
    piece = bare(track, length=length, skyrmions=1)
    places = _places(piece, model.radius)
    box = Box(piece, piece.shape, places, spin_hall, anisotropy=piece.anisotropy()[0], seed=seed)
    box.run(SETTLE)
    box.run(HOLD, CURRENT)
    lost = len(places) - len(box.places())
    shares = np.array([0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0])
    means = np.array([_lost(piece, replace(model, contact=float(s)), places) for s in shares])
    # Losses grow with the contact but for their noise. Half a skyrmion stands for none seen.
    found = np.interp(max(lost, 0.5), np.maximum.accumulate(means), shares)
    return {"contact": float(found), "lost": float(lost), "of": float(len(places))}


def _places(piece: Track, radius: float) -> Places:
    """Return places on a grid of three columns between the rims."""
    margin = piece.rim.width
    sides = np.array([piece.length, piece.width]) - 2 * margin
    count = max(2, round(float(np.prod(sides)) / (DISCS * np.pi * radius**2)))
    rows = int(np.ceil(count / 3))
    x = margin + (np.arange(3) + 0.5) * sides[0] / 3
    y = margin + (np.arange(rows) + 0.5) * sides[1] / rows
    return [(float(a), float(b)) for a in x for b in y][:count]


def _lost(piece: Track, model: ThieleModel, places: Places) -> float:
    """Return how many rigid skyrmions are lost on average."""
    left: list[int] = []
    for seed in range(RIGID_SEEDS):
        rigid = RigidTrack(piece, model, seed)
        rigid.place(places)
        rigid.run(SETTLE)
        rigid.run(HOLD, CURRENT)
        left.append(int(rigid.alive.sum()))
    return float(len(places) - np.mean(left))
