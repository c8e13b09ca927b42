"""A micromagnetic problem as a stage of its own: reused if nothing changed, with a run folder."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from neuroskyrm.app.problem import Problem, ShapeSection
from neuroskyrm.app.progress import Reporter
from neuroskyrm.app.watching import EVENTS, Watch, WatchOptions
from neuroskyrm.io.provenance import code_digest, file_hashes, machine, versions
from neuroskyrm.io.stage_store import StageResult, StageStore
from neuroskyrm.micromagnetics import Simulation

CODE = (
    "neuroskyrm.micromagnetics",
    "neuroskyrm.simd",
    "neuroskyrm.texture",
    "neuroskyrm.app.problem_build",
    "neuroskyrm.app.problem_run",
)


def run_into_folder(
    problem: Problem,
    out: Path,
    reporter: Reporter,
    *,
    again: bool = False,
    watch: WatchOptions | None = None,
) -> StageResult:
    """Run `problem` into its folder below `out`.

    Parameters
    ----------
    problem : Problem
        What to run.
    out : Path
        Folder of all runs.
    reporter : Reporter
        Shows progress.
    again : bool
        Compute even if it is finished; a watched run is always computed.
    watch : WatchOptions, optional
        Let the monitor watch the uppermost layer.
    """
    from neuroskyrm.app.problem_run import run_problem

    inputs = {
        "problem": problem.model_dump(mode="json"),
        "files": _file_hashes(problem),
        "code": code_digest(CODE),
        "versions": versions(),
        "machine": machine()["platform"],
    }
    shown = nullcontext(_silent) if watch is not None else reporter.stage(problem.name)
    with shown as tick:

        def work(folder: Path) -> dict[str, Any]:
            watched = partial(_watched, problem, reporter, watch, folder) if watch else None
            return run_problem(problem, folder, tick, watched=watched)

        again = again or watch is not None
        return StageStore(out).compute(problem.name, inputs, work, again=again)


def _watched(
    problem: Problem,
    reporter: Reporter,
    options: WatchOptions,
    folder: Path,
    simulation: Simulation,
) -> Watch:
    """Return the watch over the uppermost layer of a simulation that is about to run."""
    inside = simulation.sample.inside[-1]
    # The monitor knows skyrmions that are up in a background that is down.
    sign = -1 if simulation.m[2, -1][inside].mean() > 0 else 1
    monitor = options.monitor("process")
    mesh = simulation.mesh
    # What lies outside the sample counts as background.
    return Watch(
        monitor, problem.name, reporter.console, options, folder / EVENTS, mesh.nx * mesh.ny,
        mesh.periodic,
        lambda spins: np.where(inside, sign * spins[2], np.float32(-1.0)),
    )  # fmt: skip


def _silent(*_: Any) -> None:
    """Show nothing: the panel does."""


def _file_hashes(problem: Problem) -> dict[str, str]:
    """Return the hash of every file that the problem names."""
    shapes = [*problem.regions, *([problem.sample] if problem.sample else [])]
    return file_hashes(
        [problem.start.ovf, *(path for shape in shapes for path in _shape_files(shape))]
    )


def _shape_files(shape: ShapeSection) -> list[Path | None]:
    """Return the files of a shape and of all its parts."""
    return [shape.file, *(path for part in shape.of for path in _shape_files(part))]
