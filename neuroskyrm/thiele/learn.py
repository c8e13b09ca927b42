"""Parameters of rigid skyrmions from a few nanoseconds of micromagnetics of the same material."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.constants import GAMMA
from neuroskyrm.errors import PhysicsError
from neuroskyrm.micromagnetics.track import Rim, Track
from neuroskyrm.thiele.boxes import Box, Places, bare
from neuroskyrm.thiele.crowd import learn_contact
from neuroskyrm.thiele.landscape import landscape
from neuroskyrm.thiele.model import ThieleModel
from neuroskyrm.thiele.profiles import Profile, measure_profile

PROBE_CURRENT = 2e10
"""Effective current density of the driven runs [A/m^2]; forces are taken as proportional."""

FRAME = 50e-12
"""Time between two looks at a run [s]."""

SIDE = 120e-9
"""Side of the periodic box of one skyrmion [m]."""

RIM = 20e-9, 1.5e6
"""Width [m] and anisotropy [J/m^3] of the wall that the landscape is compared with."""

PIECE = 240e-9
"""Longest piece of a track that sizes are taken from [m]."""

PIECE_FRAMES = 40
"""Looks at the piece: long enough to see how long a skyrmion remembers its area."""

APART = 72e-9
"""Distance of the skyrmions of the smallest radii [m]."""

SMALL_RADII = np.linspace(2e-9, 10e-9, 9)
"""Radii at which skyrmions are seeded to see which collapse [m]."""

Tell = Callable[[float, str], None]
Forces = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Distances [m] and forces there [N]."""


@dataclass(frozen=True)
class Repulsion:
    """A force exp(-gap / range) * strength between a skyrmion and something else [N, m]."""

    strength: float
    range: float


def learn(
    track: Track, spin_hall: float = 0.6, seed: int = 0, progress: Tell | None = None
) -> ThieleModel:
    """Return the rigid-skyrmion model of a track's film.

    Four runs without noise give pair and edge forces, the force of a wall and the size below which
    a skyrmion collapses; three at the track's temperature give the drive, the size and mean
    profile on the track, from which the friction follows, and what presses on an area.

    Parameters
    ----------
    track : Track
        Film, layers, cell size, field, temperature and driven layers; its barrier does not matter.
    spin_hall : float
        Spin Hall angle of the torque.
    seed : int
        Noise seed.
    progress : callable, optional
        ``progress(fraction, text)``.

    Returns
    -------
    ThieleModel

    Raises
    ------
    PhysicsError
        The material does not hold a skyrmion.
    """
    tell = progress or (lambda fraction, text: None)
    G = -4 * np.pi * track.film.Ms * track.film.thickness * track.layers / GAMMA
    # Thiele's friction is Gilbert's damping: alpha |G| / 4 pi per integral of (dm/dx)^2. The
    # direction of a skyrmion that moves by a cell or two in a short run does not give it.
    rigid = _Rigid(G, track.film.alpha * abs(G) / (4 * np.pi))
    tell(0.0, "two skyrmions")
    pair = _pair(track, spin_hall, rigid)
    tell(0.15, "a skyrmion at a free edge")
    edge, loss = _edge(track, spin_hall, rigid)
    tell(0.3, "a skyrmion at a wall of anisotropy")
    wall, flat = _wall(track, spin_hall, rigid, edge)
    tell(0.4, "skyrmions that are too small")
    smallest = _smallest(track, spin_hall)
    tell(0.45, "skyrmions under current")
    free, drive = _driven(track, spin_hall, seed)
    tell(0.7, "skyrmions in a piece of the track")
    size = _piece(track, spin_hall, seed)
    # The drive of the free skyrmions, carried over to the size they have on the track.
    force = float(np.hypot(*drive[0])) * np.hypot(G, rigid.friction * free.dissipation)
    found: dict[str, Any] = {
        "radius_free": free.radius, "current": PROBE_CURRENT, "seed": seed, "track": asdict(track),
        "velocity": drive[0].tolist(), "velocity_error": drive[1].tolist(),
    }  # fmt: skip
    model = ThieleModel(
        gyration=float(G), dissipation=rigid.friction * size.dissipation,
        push=float(force / PROBE_CURRENT * size.grip / free.grip), temperature=track.temperature,
        pair_force=pair.strength, pair_range=pair.range,
        edge_force=edge.strength, edge_range=edge.range,
        loss_distance=loss, merge_distance=size.radius, radius=size.radius,
        area_sd=size.area_sd, area_memory=size.area_memory, speckle=size.speckle,
        collapse_area=float(np.pi * smallest**2),
        depth=tuple(size.depth.tolist()), step=size.step, provenance=found,
    )  # fmt: skip
    model = replace(model, softness=_softness(track, model, flat, wall))
    tell(0.9, "a crowd driven together")
    crowd = learn_contact(track, model, spin_hall, seed + 1)
    return replace(model, contact=crowd["contact"], provenance={**model.provenance, "crowd": crowd})


@dataclass(frozen=True)
class _Rigid:
    """Thiele's equation backwards: the force that explains a velocity.

    Attributes
    ----------
    G : float
        Gyration [kg/s].
    friction : float
        Gamma per integral of (dm/dx)^2 [kg/s].
    """

    G: float
    friction: float

    def force(self, velocity: NDArray[np.float64], profile: Profile) -> NDArray[np.float64]:
        """Return F = G z x v + Gamma v for velocities of shape (..., 2) [N]."""
        turned = np.stack([-velocity[..., 1], velocity[..., 0]], axis=-1)
        return np.asarray(self.G * turned + self.friction * profile.dissipation * velocity)


def _now(box: Box) -> Profile:
    """Return the profile of the skyrmions of a box at this moment."""
    return measure_profile([(box.simulation.m, box.places())], box)


def _driven(
    track: Track, spin_hall: float, seed: int
) -> tuple[Profile, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return the profile, and velocity and its error [m/s], of free skyrmions under current.

    Skyrmions of a periodic box push each other, but not their common centre.
    """
    cold = track.temperature == 0
    n = round(SIDE / track.cell)
    places = [(SIDE / 2, SIDE / 2)]
    if not cold:
        n, places = round(4 * SIDE / 3 / track.cell), []
        side = n * track.cell
        places = [(side * i / 4, side * j / 4) for i in (1, 3) for j in (1, 3)]
    box = Box(track, (n, n), places, spin_hall, periodic=True, seed=seed)
    box.run(0.4e-9)
    fields, velocities = [], []
    for sign in (1, -1):
        duration = 0.4e-9 if cold else 1e-9
        path = []
        for seen in box.watch(duration, FRAME, sign * PROBE_CURRENT):
            path.append(seen.mean(axis=0))
            fields.append((box.simulation.m.copy(), box.places()))
        if len(path) < 3:
            raise PhysicsError(
                f"the film of track '{track.name}' does not hold a skyrmion for {duration:g} s at "
                f"{track.temperature:g} K; a Thiele model needs one that lasts."
            )
        velocities.append(sign * (path[-1] - path[0]) / ((len(path) - 1) * FRAME))
    mean = np.mean(velocities, axis=0)
    error = np.abs(velocities[0] - velocities[1]) / 2
    return measure_profile(fields, box), (mean, error)


def _piece(track: Track, spin_hall: float, seed: int) -> Profile:
    """Return the mean profile in a piece of the track as full as its pre-synapse."""
    length = min(track.length / 2, PIECE) // track.cell * track.cell
    piece = bare(track, length=length)
    columns = max(1, round(track.skyrmions / track.rows * length / (track.length / 2)))
    margin = track.rim.width
    x = margin + (np.arange(columns) + 0.5) * (length - 2 * margin) / columns
    y = margin + (np.arange(track.rows) + 0.5) * (track.width - 2 * margin) / track.rows
    places = [(float(a), float(b)) for b in y for a in x]
    box = Box(piece, piece.shape, places, spin_hall, anisotropy=piece.anisotropy()[0], seed=seed)
    box.run(0.4e-9)
    frames = []
    for _ in range(PIECE_FRAMES):
        box.run(FRAME)
        frames.append((box.simulation.m.copy(), box.places()))
    return measure_profile(frames, box, FRAME)


def _smallest(track: Track, spin_hall: float) -> float:
    """Return the radius below which a skyrmion collapses without noise [m]."""
    side = round(3 * APART / track.cell)
    radii = [float(r) for r in SMALL_RADII]
    places = [((i % 3 + 0.5) * APART, (i // 3 + 0.5) * APART) for i in range(len(radii))]
    box = Box(track, (side, side), places, spin_hall, 0.0, periodic=True, radii=radii)
    box.run(0.2e-9)
    left = box.places()
    alive = [bool(len(left)) and np.hypot(*(left - p).T).min() < APART / 2 for p in places]
    lost = [r for r, lives in zip(radii, alive, strict=True) if not lives]
    kept = [r for r, lives in zip(radii, alive, strict=True) if lives]
    if not kept or not lost or max(lost) > min(kept):
        return max(lost, default=0.0)
    return (max(lost) + min(kept)) / 2


def _pair(track: Track, spin_hall: float, rigid: _Rigid) -> Repulsion:
    """Return the repulsion of two skyrmions over the gap d - 2 R."""
    n, apart = round(160e-9 / track.cell), 44e-9
    centre = n * track.cell / 2
    places = [(centre - apart / 2, centre), (centre + apart / 2, centre)]
    box = Box(track, (n, n), places, spin_hall, 0.0)
    box.run(0.15e-9)
    path = np.array(list(box.watch(0.6e-9, FRAME)))
    if len(path) < 4 or path.shape[1] != 2:
        raise PhysicsError(
            f"two skyrmions {apart:g} m apart do not last in the film of track '{track.name}'."
        )
    profile = _now(box)
    velocity, place = _velocities(path)
    between = place[:, 1] - place[:, 0]
    distance = np.hypot(*between.T)
    force = rigid.force((velocity[:, 1] - velocity[:, 0]) / 2, profile)
    along = np.sum(force * between, axis=1) / distance
    return _fit_repulsion(distance - 2 * profile.radius, along)


def _edge(track: Track, spin_hall: float, rigid: _Rigid) -> tuple[Repulsion, float]:
    """Return the repulsion of a free edge over the gap d - R, and where skyrmions leave [m]."""
    box = Box(track, _strip(track), [(100e-9, 26e-9)], spin_hall, 0.0)
    box.run(0.15e-9)
    path = np.array(list(box.watch(0.8e-9, FRAME)))
    if len(path) < 4:
        raise PhysicsError(f"a skyrmion at the edge of track '{track.name}' does not last.")
    profile = _now(box)
    velocity, place = _velocities(path[:, :1])
    force = rigid.force(velocity[:, 0], profile)[:, 1]
    repulsion = _fit_repulsion(place[:, 0, 1] - profile.radius, force)
    # G < 0 turns a force along -x to a velocity along -y, into the edge.
    last = list(box.watch(0.6e-9, FRAME / 2, -8 * PROBE_CURRENT))
    return repulsion, float(last[-1][0, 1])


def _wall(track: Track, spin_hall: float, rigid: _Rigid, edge: Repulsion) -> tuple[Forces, Profile]:
    """Return the force of a wall of anisotropy, edge force taken off, and the profile there."""
    width, Ku = RIM
    rows = round(width / track.cell)
    anisotropy = np.full(_strip(track), track.film.Ku)
    anisotropy[:rows] = Ku
    box = Box(
        track, _strip(track), [(100e-9, rows * track.cell + 16e-9)], spin_hall, 0.0,
        anisotropy=anisotropy,
    )  # fmt: skip
    box.run(0.1e-9)
    path = np.array(list(box.watch(0.3e-9, FRAME / 2, -2 * PROBE_CURRENT)))
    if len(path) < 4:
        raise PhysicsError(f"a skyrmion at a wall of track '{track.name}' does not last.")
    profile = _now(box)
    velocity, place = _velocities(path[:, :1], FRAME / 2)
    distance = place[:, 0, 1]
    force = rigid.force(velocity[:, 0], profile)[:, 1]
    force -= edge.strength * np.exp(-(distance - profile.radius) / edge.range)
    return (distance - rows * track.cell, force), profile


def _strip(track: Track) -> tuple[int, int]:
    """Return the cells of a box with edges far from each other."""
    return round(140e-9 / track.cell), round(200e-9 / track.cell)


def _velocities(
    path: Places, frame: float = FRAME
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return velocities and places between frames two apart, each (frames - 2, n, 2)."""
    return (path[2:] - path[:-2]) / (2 * frame), (path[2:] + path[:-2]) / 2


def _fit_repulsion(gap: NDArray[np.float64], force: NDArray[np.float64]) -> Repulsion:
    """Return the exponential through forces over gaps; frames that attract are noise."""
    good = force > 0
    if good.sum() < 3:
        return Repulsion(0.0, 10e-9)
    slope = np.polyfit(gap[good], np.log(force[good]), 1, w=force[good])[0]
    # A range that the run cannot resolve is held between a wall's width and the box.
    reach = float(np.clip(-1 / slope if slope < 0 else 60e-9, 4e-9, 60e-9))
    strength = np.exp(np.average(np.log(force[good]) + gap[good] / reach, weights=force[good]))
    return Repulsion(float(strength), reach)


def _softness(track: Track, model: ThieleModel, flat: Profile, wall: Forces) -> float:
    """Return the excess of anisotropy at which a wall has half its rigid force [J/m^3].

    The measured force of a high wall is a share s of that on the rigid profile, and that of a low
    one is all of it (first order): 1 / (1 + excess / softness) is the simplest law with both.
    """
    width, Ku = RIM
    ny, nx = _strip(track)
    walled = bare(track, length=nx * track.cell, width=ny * track.cell, rim=Rim(width, Ku))
    rigid = replace(model, depth=tuple(flat.depth.tolist()), step=flat.step, softness=0.0)
    column = landscape(walled, rigid).force[1, :, nx // 2]
    y = (np.arange(ny) + 0.5) * track.cell - width
    expected = np.interp(wall[0], y, column)
    weight = float(np.sum(expected**2))
    share = float(np.sum(expected * wall[1])) / weight if weight > 0 else 1.0
    return softness_of(share, Ku - track.film.Ku)


def softness_of(share: float, excess: float) -> float:
    """Return the softness [J/m^3] of skyrmions that feel a share of a rigid wall; 0 if all of it.

    Examples
    --------
    >>> softness_of(0.5, 8e5), softness_of(1.2, 8e5)
    (800000.0, 0.0)
    """
    if share >= 1:
        return 0.0
    kept = max(share, 0.02)
    return excess * kept / (1 - kept)
