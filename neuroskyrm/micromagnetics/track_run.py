"""Simulate a synapse track: seed, settle, pulse, and read after every pulse."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, astuple, fields
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from neuroskyrm.constants import GAMMA
from neuroskyrm.errors import DataError
from neuroskyrm.io.trajectory import Trajectory
from neuroskyrm.micromagnetics.mesh import Mesh
from neuroskyrm.micromagnetics.pulses import Pulse, PulseTrain
from neuroskyrm.micromagnetics.sample import Array
from neuroskyrm.micromagnetics.simulation import Simulation
from neuroskyrm.micromagnetics.terms import (
    Exchange,
    ExtrapolatedDemag,
    InterfacialDMI,
    InterlayerExchange,
    Term,
    UniaxialAnisotropy,
    Zeeman,
)
from neuroskyrm.micromagnetics.torques import SpinOrbitTorque
from neuroskyrm.micromagnetics.track import Track
from neuroskyrm.micromagnetics.track_drive import Drive, Step
from neuroskyrm.micromagnetics.track_reads import Read, read_track
from neuroskyrm.seeds import seed_sequence

SETTLE = 0.3e-9
"""Time at temperature between seeding and the first read [s]."""

LONGEST_STEP = 5e-13
"""Longest step of the RK4 scheme for cells of 4 nm [s]; larger cells take it in proportion."""

RADIANS_A_STEP = 1.3
"""Turn of the fastest precession in a step: RK4 is stable to 2.8, and accurate enough to 1.3."""

DEMAG_STEPS = 4
"""Steps from one exact demagnetising field to the next; docs/synapse.md shows what it costs."""

Progress = Callable[[float, str], None]
"""Called with the share done (0 to 1) and one line of what is seen."""

Observe = Callable[[Array, float, int], None]
"""Called with m, the time [s] and the number of the pulse after every time step."""


def simulate_track(
    track: Track,
    drive: Drive,
    seed: int,
    progress: Progress | None = None,
    checkpoint: Path | None = None,
    observe: Observe | None = None,
) -> Trajectory:
    """Simulate a programmed synapse.

    Parameters
    ----------
    track : Track
        The device.
    drive : Drive
        Its pulses.
    seed : int
        Noise seed.
    progress : callable, optional
        ``progress(fraction, text)``, after each pulse.
    checkpoint : Path, optional
        Folder for checkpoints: an interrupted run goes on after its last finished pulse, with
        the same bits. It is emptied when the run is done.
    observe : callable, optional
        ``observe(m, time, pulse)`` after every time step; `m` must be copied to be kept.

    Returns
    -------
    Trajectory
        One row per read. Columns: t [s], pulse (0 is before the first), polarity and cycle of
        the pulse before the read, and the fields of `Read` (profile has shape (rows, nx)). One
        snapshot before the first pulse and at the end of each pause.

    Raises
    ------
    PhysicsError
        The simulation diverged.
    DataError
        The checkpoint is damaged, or belongs to another track, drive or seed.
    """
    simulation = build_simulation(track, drive, seed)
    parts = _Parts(checkpoint, {"track": asdict(track), "drive": asdict(drive), "seed": seed})
    done = parts.resume(simulation)
    for number in range(done, len(drive.steps) + 1):
        step = drive.steps[number - 1] if number else Step(0.0, 0.0, SETTLE)
        look = None if observe is None else partial(_look, simulation, observe, number)
        part = _pulse_and_read(simulation, track, drive, step, look)
        cycle = drive.cycles[number - 1] if number else 0
        labels = {"pulse": number, "polarity": step.polarity, "cycle": cycle}
        part.table.update({name: np.full(len(part), value) for name, value in labels.items()})
        parts.add(number, part, simulation)
        if progress is not None:
            last = {name: part.table[name][-1] for name in ("count_post", "count_total")}
            text = f"pulse {number}: {last['count_post']:g} of {last['count_total']:g} skyrmions"
            progress((number + 1) / (len(drive.steps) + 1), text)
    return parts.finish()


def build_simulation(track: Track, drive: Drive, seed: int) -> Simulation:
    """Return the simulation of a track with its skyrmions seeded, at time 0.

    Parameters
    ----------
    track : Track
        The device.
    drive : Drive
        Gives the spin Hall angle of the torque.
    seed : int
        Noise seed.
    """
    film, (ny, nx) = track.film, track.shape
    mesh = Mesh.multilayer(
        nx, ny, track.cell, track.cell, track.layers, film.thickness, film.period
    )
    terms: list[Term] = [
        Exchange(film.A),
        InterfacialDMI(track.dmi()),
        UniaxialAnisotropy(track.anisotropy()),
        Zeeman((0.0, 0.0, track.field)),
        ExtrapolatedDemag(DEMAG_STEPS),
    ]
    if film.interlayer and track.layers > 1:
        terms.append(InterlayerExchange(film.interlayer))
    torque = SpinOrbitTorque.from_spin_hall(
        drive.spin_hall,
        film.Ms,
        film.thickness,
        layers=track.torque_of_layers(),
        polarisation=(0.0, -1.0, 0.0),  # so that positive current drives cores that are down to +x
    )
    return Simulation(
        mesh,
        terms,
        Ms=film.Ms,
        alpha=film.alpha,
        torques=[torque],
        temperature=track.temperature,
        seed=noise_seed(seed),
        scheme="rk4",
        dt=time_step(track),
        m=seeded(track),
    )


def time_step(track: Track) -> float:
    """Return the step for a track's fastest precession [s]: 0.5 ps for 4 nm cells, less below."""
    film = track.film
    exchange = 2 * film.A * 8 / track.cell**2  # largest eigenvalue of the Laplacian: 8 / cell^2
    anisotropy = 2 * float(track.anisotropy().max())
    interlayer = 2 * 2 * abs(film.interlayer) / film.thickness
    fastest = GAMMA * ((exchange + anisotropy + interlayer) / film.Ms + abs(track.field))
    return min(LONGEST_STEP * max(1.0, track.cell / 4e-9), RADIANS_A_STEP / fastest)


def noise_seed(seed: int) -> int:
    """Return the seed of the thermal field (63 bits) that belongs to a study's seed."""
    return int(seed_sequence(seed, "track").generate_state(1, np.uint64)[0]) & (2**63 - 1)


def seeded(
    track: Track,
    places: Sequence[tuple[float, float]] | None = None,
    radius: float = 15e-9,
    wall: float = 5e-9,
) -> Array:
    """Return a magnetisation with Néel skyrmions, core down.

    Parameters
    ----------
    track : Track
        The track.
    places : sequence of (float, float), optional
        Centres [m from the lower left corner]; `Track.nuclei` if not given.
    radius, wall : float
        Radius and wall width of the profile theta(r) = 2 atan(sinh(R/w) / sinh(r/w)) of Braun,
        Phys. Rev. B 50, 16485 (1994) [m]. They relax within a tenth of a nanosecond.

    Returns
    -------
    ndarray, shape (3, 1, ny, nx)
    """
    x, y = track.coordinates()
    theta, m = np.zeros(track.shape), np.zeros((3, 1, *track.shape))
    for left, low in track.nuclei() if places is None else places:
        dx, dy = x + track.length / 2 - left, y + track.width / 2 - low
        r = np.maximum(np.hypot(dx, dy), 1e-12)
        angle = 2 * np.arctan(np.sinh(radius / wall) / np.sinh(np.minimum(r / wall, 50)))
        nearer = angle > theta
        theta = np.maximum(theta, angle)
        # With D > 0 the wall points outwards around a core that is down.
        m[0, 0] = np.where(nearer, np.sign(track.film.D) * np.sin(theta) * dx / r, m[0, 0])
        m[1, 0] = np.where(nearer, np.sign(track.film.D) * np.sin(theta) * dy / r, m[1, 0])
    m[2, 0] = np.cos(theta)
    return m


def _look(simulation: Simulation, observe: Observe, pulse: int, time: float) -> None:
    observe(simulation.m, time, pulse)


def _pulse_and_read(
    simulation: Simulation,
    track: Track,
    drive: Drive,
    step: Step,
    look: Callable[[float], None] | None = None,
) -> Trajectory:
    """Apply one pulse, then read `drive.reads` times in the second half of the pause."""
    if step.width > 0:
        pulse = Pulse(0.0, step.width, step.scale * drive.current)
        _run(simulation, step.width, PulseTrain((pulse,)), look)
    _run(simulation, step.pause / 2, look=look)
    times, reads = [], []
    for _ in range(drive.reads):
        _run(simulation, step.pause / (2 * drive.reads), look=look)
        times.append(simulation.t)
        reads.append(read_track(simulation.m, track))
    names = [field.name for field in fields(Read)]
    columns = zip(*(astuple(read) for read in reads), strict=True)
    table = {name: np.array(column) for name, column in zip(names, columns, strict=True)}
    snapshot = simulation.m.astype(np.float32)[None]
    return Trajectory({"t": np.array(times), **table}, snapshot, np.array(times[-1:]))


def _run(
    simulation: Simulation,
    duration: float,
    drive: PulseTrain | None = None,
    look: Callable[[float], None] | None = None,
) -> None:
    """Run, and tell `look` the time after every step."""
    start = simulation.t
    progress = None if look is None else lambda done, _: look(start + done)
    simulation.run(duration, drive, progress=progress)


class _Parts:
    """The parts of a trajectory pulse by pulse, on disk too if a folder is given."""

    def __init__(self, folder: Path | None, attrs: dict[str, Any]) -> None:
        self.folder, self.attrs = folder, attrs
        self.parts: list[Trajectory] = []

    def resume(self, simulation: Simulation) -> int:
        """Load what the folder holds into `simulation`; return the number of parts done."""
        states = sorted(self.folder.glob("state-*.h5")) if self.folder is not None else []
        if not states or self.folder is None:
            return 0
        last = int(re.sub(r"\D", "", states[-1].stem))
        for number in range(last + 1):
            part = Trajectory.load(self._file("reads", number))
            if part.attrs != _plain(self.attrs):
                raise DataError(
                    f"{self.folder}: the checkpoint belongs to another track, drive or seed; "
                    "give another folder, or remove it."
                )
            self.parts.append(part)
        simulation.load(states[-1])
        return last + 1

    def add(self, number: int, part: Trajectory, simulation: Simulation) -> None:
        """Keep one more part; the state is written last, so that it vouches for the reads."""
        part.attrs = _plain(self.attrs)
        self.parts.append(part)
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        part.save(self._file("reads", number))
        simulation.save(self._file("state", number))
        self._file("state", number - 1).unlink(missing_ok=True)

    def finish(self) -> Trajectory:
        """Return the whole trajectory and remove the checkpoints."""
        whole = Trajectory.join(self.parts)
        if self.folder is not None:
            for file in [*self.folder.glob("reads-*.h5"), *self.folder.glob("state-*.h5")]:
                file.unlink()
            self.folder.rmdir()
        return whole

    def _file(self, kind: str, number: int) -> Path:
        if self.folder is None:
            raise DataError("a checkpoint needs a folder.")
        return self.folder / f"{kind}-{number:04d}.h5"


def _plain(attrs: dict[str, Any]) -> dict[str, Any]:
    """Return `attrs` as they come back from a file: tuples become lists."""
    return dict(json.loads(json.dumps(attrs)))
