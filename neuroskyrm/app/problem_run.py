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
from neuroskyrm.app.problem import Problem, StepSection
from neuroskyrm.app.problem_build import build
from neuroskyrm.app.progress import Tick
from neuroskyrm.app.watching import Watch
from neuroskyrm.io import ovf
from neuroskyrm.io.trajectory import Trajectory
from neuroskyrm.micromagnetics import Pulse, PulseTrain, Simulation, State
from neuroskyrm.micromagnetics.pictures import save_film
from neuroskyrm.texture import count_skyrmions

FILM_WIDTH = 320
"""Least width of the film [pixels]."""
ROWS = 100
"""Rows of the table of a run that does not say how many."""
WATCHED_FRAMES = 200
"""Frames that the monitor sees of a watched run."""


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
