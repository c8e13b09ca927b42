"""What a sweep will cost, before it is spent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from neuroskyrm.app.estimate import estimate
from neuroskyrm.app.study import Study
from neuroskyrm.app.sweep_executors import SerialExecutor
from neuroskyrm.app.sweep_journal import Journal
from neuroskyrm.app.sweep_plan import Plan, Task
from neuroskyrm.app.sweep_run import SweepRun
from neuroskyrm.errors import ConfigError
from neuroskyrm.io.stage_store import StageStore

SECONDS = {"calibrate": 0.6, "report": 0.5, "learn-thiele": 90.0}
"""Rough time of stages that a study's estimate leaves out [s]."""

CHEAP = {"thiele": {"simulate": 0.1}, "card": {"calibrate": 0.003}}
"""Time of the stages that a rung replaces [s]."""

MEGABYTES = 1.0
"""Disk for a stage of which nothing is known."""


@dataclass(frozen=True)
class Measured:
    """A computed stage: its time [s], what was estimated for it [s], and its files [MB]."""

    seconds: float
    estimated: float
    megabytes: float


@dataclass(frozen=True)
class Row:
    """One kind of stage in a sweep: how many points use it, how many differ, time [s]."""

    stage: str
    uses: int
    distinct: int
    finished: int
    seconds: float


@dataclass(frozen=True)
class SweepCost:
    """The cost of a sweep: one core's time [s] and disk [MB] of what is not finished yet.

    `probed` says whether it is scaled by a point that was computed.
    """

    rows: list[Row]
    points: int
    invalid: int
    reason: str
    seconds: float
    megabytes: float
    probed: bool


def sweep_cost(plan: Plan, runs: Path, measured: Mapping[str, Measured] | None) -> SweepCost:
    """Return what a plan costs.

    Parameters
    ----------
    plan : Plan
        The sweep.
    runs : Path
        Folder of all runs, with the finished stages.
    measured : mapping of str to Measured, optional
        What a probe found, by stage: estimates are scaled by it.
    """
    store = StageStore(runs / "stages")
    known = measured or {}
    uses = Counter(plan.tasks[d].stage for p in plan.points for d in p.digests)
    rows, megabytes = [], 0.0
    for stage, count in uses.items():
        tasks = [task for task in plan.tasks.values() if task.stage == stage]
        missing = [task for task in tasks if store.find(stage, task.digest) is None]
        ratio = known[stage].seconds / known[stage].estimated if stage in known else 1.0
        seconds = ratio * sum(expected(plan.rung, task) for task in missing)
        rows.append(Row(stage, count, len(tasks), len(tasks) - len(missing), seconds))
        disk = known[stage].megabytes if stage in known else MEGABYTES
        megabytes += disk * len(missing)
    invalid = [planned.error for planned in plan.points if planned.error is not None]
    return SweepCost(
        rows,
        len(plan.points),
        len(invalid),
        invalid[0] if invalid else "",
        sum(row.seconds for row in rows),
        megabytes,
        bool(known),
    )


def expected(rung: str, task: Task) -> float:
    """Return the estimated time of a stage [s]."""
    cheap = CHEAP.get(rung, {})
    if task.stage in cheap:
        return cheap[task.stage]
    return _estimates(task.study).get(task.stage, SECONDS.get(task.stage, 1.0))


@lru_cache(maxsize=64)
def _estimates_of(text: str) -> dict[str, float]:
    costs = estimate(Study.model_validate_json(text))
    return {cost.stage.replace(" ", "-"): cost.seconds for cost in costs}


def _estimates(study: Study) -> dict[str, float]:
    return _estimates_of(study.model_dump_json())


def probe(plan: Plan, runs: Path, data: Path | None = None) -> dict[str, Measured]:
    """Compute the first valid point of a plan in this process; its stages are kept.

    Parameters
    ----------
    plan : Plan
        The sweep.
    runs : Path
        Folder of all runs.
    data : Path, optional
        Folder that holds MNIST.

    Returns
    -------
    dict of str to Measured
        By stage.

    Raises
    ------
    ConfigError
        The point failed.
    """
    first = next(planned for planned in plan.points if planned.error is None)
    small = Plan(plan.rung, [first], {d: plan.tasks[d] for d in first.digests})
    journal = Journal()
    SweepRun(small, journal, runs, SerialExecutor, 1, data).run()
    record = journal.find(first.key, first.point.number)
    if record is not None and record.error:
        raise ConfigError(f"the probe, point {first.point.number}, failed: {record.error}")
    store = StageStore(runs / "stages")
    found: dict[str, Measured] = {}
    for digest in first.digests:
        task = small.tasks[digest]
        result = store.find(task.stage, digest)
        if result is not None:
            size = sum(f.stat().st_size for f in result.folder.rglob("*") if f.is_file())
            found[task.stage] = Measured(
                result.wall_time, max(expected(plan.rung, task), 1e-3), size / 1e6
            )
    return found
