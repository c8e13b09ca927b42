"""Runs a plain micromagnetic problem: live progress, table, snapshots, pictures."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.app.magnetisation_figures import draw_magnetisation, draw_table
from neuroskyrm.app.problem import Problem, ShapeSection, StepSection
from neuroskyrm.app.progress import Tick
from neuroskyrm.app.watching import Watch
from neuroskyrm.errors import ConfigError
from neuroskyrm.io import ovf
from neuroskyrm.io.trajectory import Trajectory
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
    State,
    Term,
    UniaxialAnisotropy,
    Zeeman,
)
from neuroskyrm.micromagnetics.pictures import save_film
from neuroskyrm.micromagnetics.shapes import Shape, disc, image, paint, rectangle
from neuroskyrm.texture import count_skyrmions, seed_skyrmion

FILM_WIDTH = 320
"""Least width of the film [pixels]."""
ROWS = 100
"""Rows of the table of a run that does not say how many."""
WATCHED_FRAMES = 200
"""Frames that the monitor sees of a watched run."""


def build(problem: Problem) -> Simulation:
    """Return the simulation that the problem describes, ready to run.

    Raises
    ------
    ConfigError
        The mesh is not a whole number of cells, or a shape lacks a size.
    DataError
        An image or OVF file cannot be read.
    """
    mesh = _mesh(problem)
    film, solver = problem.film, problem.solver
    inside = np.ones((mesh.ny, mesh.nx), bool)
    if problem.sample is not None:
        inside = _shape(problem.sample, mesh, "sample").mask(mesh)
    Ku, D, alpha = (_with_regions(problem, mesh, name) for name in ("Ku", "D", "alpha"))
    terms: list[Term] = [Exchange(film.A), InterfacialDMI(D), UniaxialAnisotropy(Ku)]
    if solver.demag:
        terms.append(Demag())
    if mesh.layers > 1 and film.interlayer:
        terms.append(InterlayerExchange(film.interlayer))
    if any(problem.field):
        terms.append(Zeeman(problem.field))
    return Simulation(
        mesh,
        terms,
        Ms=np.where(inside, film.Ms, 0.0)[None],
        alpha=alpha,
        torques=[SpinOrbitTorque.from_spin_hall(problem.spin_hall, film.Ms, film.thickness)],
        temperature=problem.temperature,
        seed=problem.seed,
        scheme=solver.scheme,
        dt=solver.dt,
        dtype=np.float32 if solver.precision == "single" else np.float64,
        threads=solver.threads,
        device=solver.device,
        m=_start(problem, mesh, inside),
    )


def _mesh(problem: Problem) -> Mesh:
    section, film = problem.mesh, problem.film
    counts = []
    for name in ("length", "width"):
        cells = getattr(section, name) / section.cell
        if abs(cells - round(cells)) > 1e-6:
            raise ConfigError(
                f"'mesh.{name}' = {getattr(section, name):g} m is {cells:.6g} cells of "
                f"{section.cell:g} m; it must be a whole number of cells."
            )
        counts.append(round(cells))
    return Mesh.multilayer(
        counts[0],
        counts[1],
        section.cell,
        section.cell,
        repeats=section.layers,
        thickness=film.thickness,
        period=film.period,
        periodic=section.periodic,
    )


def _shape(section: ShapeSection, mesh: Mesh, field: str) -> Shape:
    """Return the shape of a section, whose positions are measured from the middle of the mesh."""
    needs = {"rectangle": ("length", "width"), "disc": ("radius",), "image": ("file",)}
    sizes = []
    for name in needs[section.shape]:
        sizes.append(getattr(section, name))
        if sizes[-1] is None:
            raise ConfigError(f"'{field}.{name}' is missing, but a {section.shape} needs it.")
    sides = mesh.nx * mesh.dx, mesh.ny * mesh.dy
    centre = sides[0] / 2 + section.centre[0], sides[1] / 2 + section.centre[1]
    if section.shape == "image":
        return image(sizes[0], *sides)
    if section.shape == "disc":
        return disc(centre, sizes[0])
    return rectangle(centre, sizes[0], sizes[1], section.corner)


def _with_regions(problem: Problem, mesh: Mesh, name: str) -> NDArray[np.float64]:
    """Return parameter `name` of every cell, shape of the mesh; later regions win."""
    regions = [
        (_shape(region, mesh, f"regions.{number}"), getattr(region, name))
        for number, region in enumerate(problem.regions)
        if getattr(region, name) is not None
    ]
    return paint(mesh, getattr(problem.film, name), *regions)


def _start(problem: Problem, mesh: Mesh, inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    start = problem.start
    if start.ovf is not None:
        content = ovf.read(start.ovf)
        return np.asarray(content.values, dtype=np.float64)
    m = np.empty((3, *mesh.shape))
    m[:] = np.reshape(start.m, (3, 1, 1, 1))
    m *= inside
    middle = mesh.nx * mesh.dx / 2, mesh.ny * mesh.dy / 2
    for seed in start.skyrmions:
        place = seed.position[0] + middle[0], seed.position[1] + middle[1]
        seed_skyrmion(
            m, place, seed.radius, (mesh.dx, mesh.dy), seed.kind,
            core=-1 if start.m[2] >= 0 else 1, chirality=1 if problem.film.D >= 0 else -1,
        )  # fmt: skip
    return m


def run_problem(
    problem: Problem,
    folder: Path,
    tick: Tick,
    keep_every: float = 20.0,
    watched: Callable[[Simulation], AbstractContextManager[Watch | None]] | None = None,
) -> dict[str, Any]:
    """Run all steps; write table, trajectory, OVF and pictures into `folder`.

    An interrupted run goes on from what it left in `folder`, with the same bits.

    Parameters
    ----------
    problem : Problem
        What to run.
    folder : Path
        Where to write.
    tick : callable
        Progress.
    keep_every : float
        Time between checkpoints [s on the clock].
    watched : callable, optional
        Returns what watches the simulation while the steps run.

    Returns
    -------
    dict
        Metrics by dotted name.
    """
    for number, step in enumerate(problem.steps):
        if step.do == "run" and step.time is None:
            raise ConfigError(f"'steps.{number}.time' is missing, but a run needs it.")
    simulation = build(problem)
    kept = folder / "checkpoint"
    kept.mkdir(exist_ok=True)
    with nullcontext() if watched is None else watched(simulation) as watch:
        look = _look(simulation, problem, watch) if watch is not None else None
        if watch is not None:
            tick = watch.progress
        parts = _run_steps(simulation, problem, kept, tick, keep_every, look)
    _write(simulation, parts, folder)
    shutil.rmtree(kept)
    return _metrics(simulation)


def _run_steps(
    simulation: Simulation,
    problem: Problem,
    kept: Path,
    tick: Tick,
    keep_every: float,
    look: Callable[[float], None] | None,
) -> list[Trajectory]:
    """Run all steps, or what the folder `kept` does not hold of them."""
    parts: list[Trajectory] = []
    for number, step in enumerate(problem.steps):
        done, table = kept / f"after-{number}.h5", kept / f"table-{number}.h5"
        if not done.exists():
            share = _part_of(tick, number, len(problem.steps))
            if step.do == "minimise":
                _minimise(simulation, share)
            else:
                running = kept / f"running-{number}.h5"
                part = _run_step(simulation, step, share, running, keep_every, look)
                part.save(table)
            simulation.save(done)
        simulation.load(done)
        if table.exists():
            parts.append(Trajectory.load(table))
    return parts


def _look(simulation: Simulation, problem: Problem, watch: Watch) -> Callable[[float], None]:
    """Return a function of time [s] that shows the watch what is due; it changes no step."""
    total = sum(step.time or 0.0 for step in problem.steps if step.do == "run")
    interval = total / WATCHED_FRAMES
    watch.monitor.interval = interval
    due = [0.0]

    def look(time: float) -> None:
        if time >= due[0] - 1e-6 * interval:
            watch.see(simulation.m[:, -1], time)
            due[0] = time + interval

    return look


def _part_of(tick: Tick, number: int, steps: int) -> Tick:
    """Return a `Tick` for step `number` of so many."""

    def part(fraction: float, text: str = "") -> None:
        tick((number + min(fraction, 1.0)) / steps, text)

    return part


def _minimise(simulation: Simulation, tick: Tick) -> None:
    def progress(step: int, torque: float) -> None:
        if step % 20 == 0:
            tick(0.0, f"minimising: step {step}, largest torque {torque:.2e} T")

    simulation.minimize(progress=progress)


def _run_step(
    simulation: Simulation,
    step: StepSection,
    tick: Tick,
    running: Path,
    keep_every: float,
    look: Callable[[float], None] | None,
) -> Trajectory:
    """Run one step in time; `running` keeps where it stands."""
    time = step.time or 0.0
    drive = PulseTrain((Pulse(0.0, time, step.current),)) if step.current else None
    start = simulation.t
    seen = {"step": 0, "energy": np.nan}

    def energy(state: State) -> float:
        seen["energy"] = sum(term.energy(state) for term in simulation.system.terms)
        return seen["energy"]

    if look is not None:
        look(start)

    def progress(done: float, count: int) -> None:
        if look is not None:
            look(start + done)
        if count - seen["step"] >= 50 or done >= time * (1 - 1e-9):
            seen["step"] = count
            now = f"t = {(start + done) * 1e9:.3f} ns, step {count}"
            tick(done / time, f"{now}, energy {seen['energy'] * 1e18:.4g} aJ")

    return simulation.run(
        time,
        drive,
        record={"energy": energy},
        every=step.every or time / ROWS,
        snapshot_every=time / step.frames if step.frames else None,
        progress=progress,
        keep=running,
        keep_every=keep_every,
    )


def _write(simulation: Simulation, parts: list[Trajectory], folder: Path) -> None:
    figures = folder / "figures"
    figures.mkdir(exist_ok=True)
    mesh = simulation.mesh
    extent = (mesh.nx * mesh.dx, mesh.ny * mesh.dy)
    draw_magnetisation(figures / "final.png", simulation.m[:, -1], extent)
    ovf.write(folder / "final.ovf", ovf.Ovf(simulation.m, (mesh.dx, mesh.dy, mesh.thicknesses[0])))
    if parts:
        whole = Trajectory.join(parts)
        whole.save(folder / "trajectory.h5")
        whole.save_csv(folder / "table.csv")
        draw_table(figures / "table.png", whole.table)
        if len(whole.snapshots):
            scale = max(1, -(-FILM_WIDTH // mesh.nx))
            save_film(figures / "film.gif", whole, mesh.layers - 1, scale)


def _metrics(simulation: Simulation) -> dict[str, Any]:
    mesh = simulation.mesh
    energies = simulation.energies()
    found = count_skyrmions(simulation.m[:, -1], (mesh.dx, mesh.dy))
    metrics: dict[str, Any] = {f"energy.{name}": value for name, value in energies.items()}
    metrics |= {f"m.{axis}": float(v) for axis, v in zip("xyz", _mean(simulation), strict=True)}
    metrics["skyrmions"] = len(found)
    if found:
        metrics["skyrmion.radius"] = float(np.mean([s.radius for s in found]))
    metrics["time"] = simulation.t
    return metrics


def _mean(simulation: Simulation) -> NDArray[np.float64]:
    inside = simulation.sample.inside
    return np.array([component[inside].mean(dtype=np.float64) for component in simulation.m])
