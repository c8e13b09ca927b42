"""A programmed synapse of rigid skyrmions: the same table as the full simulation, far sooner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.constants import BOLTZMANN
from neuroskyrm.io.trajectory import Trajectory
from neuroskyrm.micromagnetics.track import Track
from neuroskyrm.micromagnetics.track_drive import Drive, Step
from neuroskyrm.micromagnetics.track_run import SETTLE
from neuroskyrm.seeds import generator
from neuroskyrm.thiele.kernels import advance
from neuroskyrm.thiele.landscape import landscape
from neuroskyrm.thiele.model import ThieleModel

TIME_STEP = 2e-12
"""Step [s]: a skyrmion moves a fraction of a nanometre in it."""


class RigidTrack:
    """The skyrmions of a track as points.

    Parameters
    ----------
    track : Track
        The device.
    model : ThieleModel
        Its material.
    seed : int
        Noise seed.
    """

    def __init__(self, track: Track, model: ThieleModel, seed: int) -> None:
        self.track, self.model = track, model
        self.rng = generator(seed, "thiele")
        self._fates = generator(seed, "thiele", "collapse")
        self.place(track.nuclei())
        self.landscape = landscape(track, model)
        self.t = 0.0
        free_edge = track.rim.width == 0
        self._edge = (model.edge_force if free_edge else 0.0, model.radius, model.edge_range)
        self._pair = (model.pair_force, 2 * model.radius, model.pair_range)

    def place(self, places: Sequence[tuple[float, float]]) -> None:
        """Put skyrmions at the given places [m] in place of those there are."""
        self.places: NDArray[np.float64] = np.array(places, dtype=np.float64)
        self.alive = np.ones(len(self.places), dtype=np.bool_)
        self.squeeze = np.zeros(len(self.places))
        self._swelling = np.zeros(len(self.places))
        self._seen = -np.inf

    def run(self, duration: float, current: float = 0.0) -> None:
        """Advance by `duration` [s] under a constant current density [A/m^2]."""
        model = self.model
        steps = max(1, round(duration / TIME_STEP))
        dt = duration / steps
        # Fluctuation and dissipation: <F F> = 2 kB T Gamma per unit time.
        sd = np.sqrt(2 * BOLTZMANN * model.temperature * model.dissipation / dt)
        noise = sd * self.rng.standard_normal((steps, len(self.places), 2))
        size = (self.track.length, self.track.width)
        chance = self._fates.random((steps, len(self.places)))
        advance(  # type: ignore[no-untyped-call]
            self.places, self.alive, noise, chance, dt, model.mobility, self.landscape.force,
            self.landscape.cell, size, model.push * current, self._pair, self._edge,
            model.loss_distance, model.merge_distance, model.collapse, self.squeeze,
        )  # fmt: skip
        self.t += duration

    def profile(self) -> NDArray[np.float32]:
        """Return the reversed share of each cell column with fluctuating areas, shape (nx,)."""
        track, model = self.track, self.model
        nx = track.shape[1]
        x = (np.arange(nx) + 0.5) * track.cell
        share = np.full(nx, model.speckle)
        areas = np.pi * model.radius**2 + model.area_sd * self._swell()
        radii = np.sqrt(np.maximum(areas, 0.0) / np.pi)
        for place, radius in zip(self.places[self.alive], radii[self.alive], strict=True):
            chord = 2 * np.sqrt(np.maximum(radius**2 - (x - place[0]) ** 2, 0.0))
            share += chord / track.width
        return np.asarray(np.minimum(share, 1.0), dtype=np.float32)

    def _swell(self) -> NDArray[np.float64]:
        """Return how far each area is from its mean [sd]: a fluctuation with a memory."""
        if self.t > self._seen or self.model.area_memory == 0:
            memory, past = self.model.area_memory, self.t - self._seen
            kept = float(np.exp(-past / memory)) if memory > 0 else 0.0
            fresh = self.rng.standard_normal(len(self.places))
            self._swelling = kept * self._swelling + np.sqrt(1 - kept**2) * fresh
            self._seen = self.t
        return self._swelling

    def read(self) -> dict[str, float | NDArray[np.float32]]:
        """Return one row of the table, named as the fields of a full read."""
        x = self.places[self.alive, 0]
        post = float(np.sum(x > self.track.length / 2))
        profile = self.profile()
        return {
            "count_pre": float(len(x)) - post,
            "count_post": post,
            "count_total": float(len(x)),
            "torn": 0.0,
            "radius": self.model.radius,
            "reversed_fraction": float(profile[self.track.shape[1] // 2 :].mean()),
            "profile": profile,
        }


def simulate_rigid(track: Track, drive: Drive, seed: int, model: ThieleModel) -> Trajectory:
    """Simulate a programmed synapse with rigid skyrmions.

    Parameters
    ----------
    track : Track
        The device.
    drive : Drive
        Its pulses.
    seed : int
        Noise seed.
    model : ThieleModel
        Parameters of the material, see `neuroskyrm.thiele.learn`.

    Returns
    -------
    Trajectory
        The table of `neuroskyrm.micromagnetics.track_run.simulate_track`, without snapshots.
    """
    rigid = RigidTrack(track, model, seed)
    columns: dict[str, list[float | NDArray[np.float32]]] = {}
    steps = [Step(0.0, 0.0, SETTLE), *drive.steps]
    for number, (step, cycle) in enumerate(zip(steps, [0, *drive.cycles], strict=True)):
        if step.width > 0:
            rigid.run(step.width, step.scale * drive.current)
        rigid.run(step.pause / 2)
        for _ in range(drive.reads):
            rigid.run(step.pause / (2 * drive.reads))
            row = {"t": rigid.t, "pulse": number, "polarity": step.polarity, "cycle": cycle}
            for name, value in {**row, **rigid.read()}.items():
                columns.setdefault(name, []).append(value)
    table = {name: np.array(column) for name, column in columns.items()}
    attrs = {"track": asdict(track), "drive": asdict(drive), "seed": seed, "fidelity": "thiele"}
    return Trajectory(table, attrs=attrs)
