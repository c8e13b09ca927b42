"""Which stages a sweep needs: each once, however many points share it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neuroskyrm.app.pipeline import chain, stage_inputs
from neuroskyrm.app.stages.base import Stage
from neuroskyrm.app.study import Study, default_study
from neuroskyrm.app.sweep import Sweep, with_values
from neuroskyrm.app.sweep_points import Point
from neuroskyrm.app.sweep_rungs import on_rung, staircase
from neuroskyrm.errors import ConfigError, NeuroSkyrmError
from neuroskyrm.io.stage_store import content_hash
from neuroskyrm.validation import check


@dataclass(frozen=True)
class Task:
    """One stage to compute.

    Attributes
    ----------
    stage, digest : str
        Name and content hash.
    needs : dict of str to str
        Hash of each stage that it reads, by name.
    files : dict of str to str
        Hashes of the files from outside that it reads.
    study : Study
        A study that has this stage; the others agree with it on all that matters.
    """

    stage: str
    digest: str
    needs: dict[str, str]
    files: dict[str, str]
    study: Study


@dataclass
class PlannedPoint:
    """A point and the hashes of its stages, lowest first; or why it cannot be computed."""

    point: Point
    digests: list[str] = field(default_factory=list)
    error: str | None = None

    @property
    def key(self) -> str:
        """The hash that everything about the point goes into."""
        return self.digests[-1] if self.digests else f"invalid-{self.point.number}"


@dataclass
class Plan:
    """The points of a sweep on one rung, and the tasks that compute them."""

    rung: str
    points: list[PlannedPoint]
    tasks: dict[str, Task]


def plan_sweep(
    sweep: Sweep,
    base: dict[str, Any],
    points: Iterable[Point],
    rung: str | None = None,
    data: Path | None = None,
    *,
    strict: bool = True,
) -> Plan:
    """Return the stages that the points of a sweep need.

    Parameters
    ----------
    sweep : Sweep
        The sweep.
    base : dict
        Content of its base study.
    points : iterable of Point
        The points.
    rung : str, optional
        Another rung than the sweep's.
    data : Path, optional
        Folder that holds MNIST.
    strict : bool
        Complain if not one point is a valid study.

    Returns
    -------
    Plan
        A point whose study is not valid has the reason in `error` and no stages.

    Raises
    ------
    ConfigError
        No point is a valid study.
    """
    rung = rung or sweep.rung
    stages = staircase(rung)
    order = chain(sweep.until, stages)
    files = _Files(data)
    plan = Plan(rung, [], {})
    seed = int(base.get("seed", default_study().seed))
    for point in points:
        planned = PlannedPoint(point)
        plan.points.append(planned)
        content = with_values(base, {"seed": seed + point.repeat, **point.values})
        try:
            study = on_rung(check(Study, content, f"point {point.number}"), rung)
            digests: dict[str, str] = {}
            for name in order:
                stage = stages[name]
                needs = {need: digests[need] for need in stage.needs}
                outside = files.of(stage, study)
                digest = content_hash(stage_inputs(stage, study, needs, outside))
                plan.tasks.setdefault(digest, Task(name, digest, needs, outside, study))
                digests[name] = digest
        except (NeuroSkyrmError, ValueError) as problem:
            planned.error = str(problem)
            continue
        planned.digests = [digests[name] for name in order]
    if strict:
        _refuse_hopeless(plan)
    return plan


def _refuse_hopeless(plan: Plan) -> None:
    """Complain at once if no point has a valid study: that is a mistake in the sweep file."""
    if plan.points and all(planned.error is not None for planned in plan.points):
        raise ConfigError(f"not one point is a valid study; {plan.points[0].error}")


class _Files:
    """Hashes of files from outside, looked up once for each content of a stage's sections."""

    def __init__(self, data: Path | None) -> None:
        self.data = data
        self.known: dict[str, dict[str, str]] = {}

    def of(self, stage: Stage, study: Study) -> dict[str, str]:
        # Only these sections name files.
        key = f"{stage.name} {study.data!r} {study.card!r} {study.deep!r}"
        if key not in self.known:
            self.known[key] = stage.files(study, self.data)
        return self.known[key]
