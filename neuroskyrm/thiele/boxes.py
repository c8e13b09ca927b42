"""Short micromagnetic runs on small boxes, and where the skyrmions are in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.micromagnetics import (
    Demag,
    Exchange,
    InterfacialDMI,
    InterlayerExchange,
    Mesh,
    Pulse,
    PulseTrain,
    Simulation,
    SpinOrbitTorque,
    Term,
    UniaxialAnisotropy,
    Zeeman,
)
from neuroskyrm.micromagnetics.track import Barrier, Track
from neuroskyrm.texture import count_skyrmions, seed_skyrmion

Places = NDArray[np.float64]
"""Centres of skyrmions, mean over the layers, shape (n, 2) [m]."""

TIME_STEP = 4e-13
"""Step of the RK4 scheme [s], for cells of 4 nm and walls of 1.5 MJ/m^3."""

START_RADIUS = 15e-9
"""Radius that skyrmions are seeded with [m]; they relax at once."""


POLARISATION = (0.0, -1.0, 0.0)
"""As on the track: positive current drives cores that are down to +x."""


def bare(track: Track, **changes: Any) -> Track:
    """Return a piece of a track without barrier, regions and places of its own skyrmions."""
    plain: dict[str, Any] = {"barrier": Barrier(across=0.0), "regions": (), "places": ()}
    return replace(track, **plain, **changes)


class Box:
    """A small piece of a track's material.

    Parameters
    ----------
    track : Track
        Gives film, layers, cell, field, driven layers and temperature.
    shape : tuple of int
        Cells (ny, nx).
    places : sequence of (x, y)
        Where to seed skyrmions [m].
    spin_hall : float
        Spin Hall angle.
    temperature : float, optional
        Another temperature than the track's [K].
    periodic : bool
        Whether the box closes on itself.
    anisotropy : ndarray of shape (ny, nx), optional
        Ku of each cell [J/m^3]; the film's if not given.
    seed : int
        Noise seed.
    radii : sequence of float, optional
        Radius that each skyrmion is seeded with [m].
    """

    def __init__(
        self,
        track: Track,
        shape: tuple[int, int],
        places: Sequence[tuple[float, float]],
        spin_hall: float,
        temperature: float | None = None,
        *,
        periodic: bool = False,
        anisotropy: NDArray[np.float64] | None = None,
        seed: int = 0,
        radii: Sequence[float] | None = None,
    ) -> None:
        film = track.film
        self.cell = (track.cell, track.cell)
        self.size = np.array([shape[1], shape[0]]) * track.cell
        self.periodic = periodic
        self.smooth = 1.0 if (track.temperature if temperature is None else temperature) else 0.0
        mesh = Mesh.multilayer(
            shape[1], shape[0], *self.cell, track.layers, film.thickness, film.period,
            (periodic, periodic),
        )  # fmt: skip
        terms: list[Term] = [
            Exchange(film.A),
            InterfacialDMI(film.D),
            UniaxialAnisotropy(film.Ku if anisotropy is None else anisotropy[None]),
            Zeeman((0.0, 0.0, track.field)),
            Demag(),
        ]
        if film.interlayer and track.layers > 1:
            terms.append(InterlayerExchange(film.interlayer))
        driven = track.torque_of_layers()
        m = np.zeros((3, *mesh.shape))
        m[2] = 1.0
        for place, radius in zip(places, radii or [START_RADIUS] * len(places), strict=True):
            seed_skyrmion(m, place, radius, self.cell, chirality=int(np.sign(film.D)), wall=5e-9)
        self.simulation = Simulation(
            mesh, terms, film.Ms, film.alpha,
            [SpinOrbitTorque.from_spin_hall(
                spin_hall, film.Ms, film.thickness, driven, polarisation=POLARISATION
            )],
            track.temperature if temperature is None else temperature,
            seed, "rk4", TIME_STEP, m=m,
        )  # fmt: skip

    def run(self, duration: float, current: float = 0.0) -> None:
        """Advance by `duration` [s] under a current density [A/m^2]."""
        drive = PulseTrain((Pulse(0.0, duration, current),)) if current else None
        self.simulation.run(duration, drive)

    def places(self) -> Places:
        """Return the centres of the skyrmions now; a skyrmion counts if every layer has it."""
        wrap = (self.periodic, self.periodic)
        layers = [
            np.array([s.position for s in count_skyrmions(
                self.simulation.m[:, layer], self.cell, wrap, smooth=self.smooth
            )]).reshape(-1, 2)
            for layer in range(self.simulation.mesh.layers)
        ]  # fmt: skip
        whole = min(layers, key=len)
        means = whole.copy()
        for i, place in enumerate(whole):
            steps = [self._nearest(place, layer) - place for layer in layers]
            means[i] += np.mean([self._short(step) for step in steps], axis=0)
        return means

    def watch(self, duration: float, every: float, current: float = 0.0) -> Iterator[Places]:
        """Yield the unwrapped centres every `every` [s], in the order of the first ones.

        Ends early if a skyrmion is lost.
        """
        seen = self.places()
        path = seen.copy()
        yield path.copy()
        for _ in range(round(duration / every)):
            self.run(every, current)
            found = self.places()
            if len(found) < len(path):
                return
            for i in range(len(path)):
                path[i] += self._short(self._nearest(path[i], found) - path[i])
            yield path.copy()

    def _nearest(self, place: NDArray[np.float64], others: Places) -> NDArray[np.float64]:
        distances = [np.hypot(*self._short(other - place)) for other in others]
        nearest: NDArray[np.float64] = others[int(np.argmin(distances))]
        return nearest

    def _short(self, step: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a displacement, the shortest one if the box is periodic."""
        return step - self.size * np.round(step / self.size) if self.periodic else step
