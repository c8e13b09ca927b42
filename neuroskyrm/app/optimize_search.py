"""The search: Optuna proposes points, the sweep's machinery computes them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from neuroskyrm.app.optimize import Design
from neuroskyrm.app.sweep import RangeAxis, Sweep
from neuroskyrm.app.sweep_executors import MakeExecutor, needed
from neuroskyrm.app.sweep_journal import Journal, Record
from neuroskyrm.app.sweep_plan import plan_sweep
from neuroskyrm.app.sweep_points import Point, axis_ends, field_at, is_whole
from neuroskyrm.app.sweep_run import SweepRun
from neuroskyrm.errors import ConfigError

BATCH = 8
"""Points that are proposed together: they run side by side, whatever the number of workers, so
that the search is the same on every machine."""

Watch = Callable[[int, int], None]


class Search:
    """A multi-objective search over studies.

    Parameters
    ----------
    design : Design
        What may vary and what is good.
    base : dict
        Content of the base study.
    folder : Path
        Where the journals lie; an interrupted search goes on from them.
    runs : Path
        Folder of all runs.
    make_executor : callable
        Returns an executor (see `neuroskyrm.app.sweep_executors`).
    width : int
        Stages that are handed out at once.
    data : Path, optional
        Folder that holds MNIST.

    Raises
    ------
    ConfigError
        Optuna is not installed.
    """

    def __init__(
        self,
        design: Design,
        base: dict[str, Any],
        folder: Path,
        runs: Path,
        make_executor: MakeExecutor,
        width: int,
        data: Path | None = None,
    ) -> None:
        self.optuna = optuna = needed("optuna", "search")
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.design, self.base, self.runs, self.data = design, base, runs, data
        self.folder = folder
        self.make_executor, self.width = make_executor, width
        self.journal = Journal(folder / "points.jsonl")
        self.sweep = Sweep(
            name=design.name, until=design.until, rung=design.rung,
            axes={key: [0] for key in [*design.parameters, *design.tied]},
        )  # fmt: skip
        with warnings.catch_warnings():
            # Multivariate sampling may still count as experimental there.
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = optuna.samplers.TPESampler(
                seed=design.seed, multivariate=True, n_startup_trials=max(10, design.trials // 5)
            )
        directions = ["maximize" if d == "max" else "minimize" for d in design.objectives.values()]
        self.study = optuna.create_study(directions=directions, sampler=sampler)
        self.records: list[Record] = []
        self.points: list[Point] = []

    def run(self, watch: Watch = lambda done, total: None) -> None:
        """Try all points, a batch at a time; finished ones are taken from the journal."""
        while len(self.points) < self.design.trials:
            count = min(BATCH, self.design.trials - len(self.points))
            trials = [self.study.ask() for _ in range(count)]
            batch = [
                Point(len(self.points) + i, self._propose(trial), 0)
                for i, trial in enumerate(trials)
            ]
            for trial, record in zip(trials, self._compute(batch), strict=True):
                self._tell(trial, record)
            self.points += batch
            watch(len(self.points), self.design.trials)

    def sample(self) -> list[Point]:
        """Return as many points as there are trials, as the search proposes them with no result.

        The first batch is the one that the search begins with; what follows depends on results,
        and is drawn at random in its place.
        """
        trials = [self.study.ask() for _ in range(self.design.trials)]
        return [Point(number, self._propose(trial), 0) for number, trial in enumerate(trials)]

    def _compute(self, batch: Sequence[Point]) -> list[Record]:
        # If not one point of the first batch is a valid study, the file is wrong.
        first = not self.points
        plan = plan_sweep(self.sweep, self.base, batch, data=self.data, strict=first)
        SweepRun(plan, self.journal, self.runs, self.make_executor, self.width, self.data).run()
        found = [self.journal.find(p.key, p.point.number) for p in plan.points]
        records = [record for record in found if record is not None]
        self.records += records
        return records

    def _propose(self, trial: Any) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, axis in self.design.parameters.items():
            if not isinstance(axis, RangeAxis):
                values[key] = axis[trial.suggest_int(key, 0, len(axis) - 1)]
                continue
            start, to = axis_ends(key, axis)
            log = axis.spacing == "log"
            if is_whole(field_at(key)[0]):
                values[key] = trial.suggest_int(key, round(start), round(to), log=log)
                continue
            # In units of its end: a forest takes lengths of 1e-9 m for equal.
            unit = max(abs(start), abs(to)) or 1.0
            share = trial.suggest_float(key, start / unit, to / unit, log=log)
            values[key] = float(f"{share * unit:.6g}")
        for key, tie in self.design.tied.items():
            values[key] = float(f"{tie.factor * values[tie.to]:.6g}")
        return values

    def _tell(self, trial: Any, record: Record) -> None:
        missing = [n for n in self.wanted if record.metrics and n not in record.metrics]
        if missing:
            raise ConfigError(
                f"design '{self.design.name}': stage {self.design.until} on rung "
                f"{self.design.rung} gives no metric '{missing[0]}'; it gives "
                f"{', '.join(n for n, v in record.metrics.items() if isinstance(v, (int, float)))}."
            )
        if not record.metrics:
            self.study.tell(trial, state=self.optuna.trial.TrialState.FAIL)
            return
        for name, bound in self.design.constraints.items():
            trial.set_constraint(name, bound.violation(float(record.metrics[name])))
        self.study.tell(trial, [float(record.metrics[name]) for name in self.design.objectives])

    @property
    def wanted(self) -> list[str]:
        """Metrics of the objectives and constraints."""
        return list(dict.fromkeys([*self.design.objectives, *self.design.constraints]))

    def front(self) -> list[Record]:
        """Return the records that keep all constraints and are not dominated by another."""
        good = [r for r in self.records if r.metrics and self.feasible(r)]
        signs = [1.0 if d == "min" else -1.0 for d in self.design.objectives.values()]

        def losses(record: Record) -> tuple[float, ...]:
            values = (float(record.metrics[name]) for name in self.design.objectives)
            return tuple(s * v for s, v in zip(signs, values, strict=True))

        return sorted(
            (r for r in good if not any(_dominates(losses(o), losses(r)) for o in good)),
            key=losses,
        )

    def feasible(self, record: Record) -> bool:
        """Return whether a point keeps all constraints."""
        bounds = self.design.constraints.items()
        return all(bound.violation(float(record.metrics[name])) <= 0 for name, bound in bounds)

    def importance(self) -> dict[str, dict[str, float]]:
        """Return how much each parameter decides each objective (shares that sum to 1).

        Mean decrease of impurity in a random forest over the trials.
        """
        tools = needed("optuna.importance", "search")
        forest = tools.MeanDecreaseImpurityImportanceEvaluator(seed=self.design.seed)
        result = {}
        for number, name in enumerate(self.design.objectives):
            seen = [float(r.metrics[name]) for r in self.records if r.metrics]
            # A forest takes energies of 1e-9 J for equal: it looks at multiples of their spread.
            unit = float(np.std(seen)) or 1.0

            def target(trial: Any, number: int = number, unit: float = unit) -> float:
                return float(trial.values[number]) / unit

            values = tools.get_param_importances(self.study, evaluator=forest, target=target)
            result[name] = {key: float(share) for key, share in values.items()}
        return result


def _dominates(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))
