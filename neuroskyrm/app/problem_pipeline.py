"""A micromagnetic problem as a stage of its own: reused if nothing changed, with a run folder."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from neuroskyrm.app.problem import Problem
from neuroskyrm.app.progress import Reporter
from neuroskyrm.io.provenance import code_digest, machine, versions
from neuroskyrm.io.stage_store import StageStore

CODE = ("neuroskyrm.micromagnetics", "neuroskyrm.texture", "neuroskyrm.app.problem_run")


def run_into_folder(
    problem: Problem, out: Path, reporter: Reporter, *, again: bool = False
) -> tuple[dict[str, Any], Path, bool]:
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
        Compute even if it is finished.

    Returns
    -------
    metrics : dict
        By dotted name.
    folder : Path
        Where table, pictures and files lie.
    reused : bool
        Whether it was finished already.
    """
    from neuroskyrm.app.problem_run import run_problem

    inputs = {
        "problem": problem.model_dump(mode="json"),
        "files": _file_hashes(problem),
        "code": code_digest(CODE),
        "versions": versions(),
        "machine": machine()["platform"],
    }
    with reporter.stage(problem.name) as tick:
        result = StageStore(out).compute(
            problem.name, inputs, lambda folder: run_problem(problem, folder, tick), again=again
        )
    return result.metrics, result.folder, result.reused


def _file_hashes(problem: Problem) -> dict[str, str]:
    """Return the hash of every file that the problem names, so that a changed one counts."""
    shapes = [problem.sample, *problem.regions]
    paths = [problem.start.ovf, *(shape.file for shape in shapes if shape is not None)]
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
        if path is not None and path.is_file()
    }
