"""What `neuroskyrm sweep` does: plan, tell the cost, compute, write the results."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any

import yaml
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from neuroskyrm.app.metric_units import metric_unit
from neuroskyrm.app.readable_table import readable_table
from neuroskyrm.app.sweep import Sweep, load_sweep
from neuroskyrm.app.sweep_cost import probe, sweep_cost
from neuroskyrm.app.sweep_cost_table import print_cost, print_verification
from neuroskyrm.app.sweep_executors import MakeExecutor, dask, processes, slurm
from neuroskyrm.app.sweep_figure import draw_sweep
from neuroskyrm.app.sweep_journal import Journal, Record
from neuroskyrm.app.sweep_live import LiveResults
from neuroskyrm.app.sweep_plan import Plan, plan_sweep
from neuroskyrm.app.sweep_points import place_points, unit_of
from neuroskyrm.app.sweep_results import best_points, dataset, save_netcdf, save_table
from neuroskyrm.app.sweep_run import SweepRun, Tally
from neuroskyrm.errors import ConfigError
from neuroskyrm.io.atomic import write_json, write_text
from neuroskyrm.io.provenance import machine, versions
from neuroskyrm.io.stage_store import content_hash

LIVE = "results.zarr"
"""The results while the sweep runs."""

CLUSTER_WIDTH = 256
"""Stages handed to a cluster at once: enough to keep some hundred workers busy."""


@dataclass(frozen=True)
class Place:
    """Where a sweep runs.

    Attributes
    ----------
    runs : Path
        Folder of all runs.
    data : Path or None
        Folder that holds MNIST.
    jobs : int or None
        Processes on this machine; None for one a core.
    scheduler : str or None
        Address of a Dask scheduler, or "local".
    slurm : bool
        Whether each stage is a Slurm job.
    """

    runs: Path
    data: Path | None = None
    jobs: int | None = None
    scheduler: str | None = None
    slurm: bool = False

    def executor(self) -> tuple[MakeExecutor, int]:
        """Return how to make an executor, and how many stages it takes at once."""
        if self.scheduler is not None:
            return dask(self.scheduler), CLUSTER_WIDTH
        if self.slurm:
            return slurm(self.runs / "slurm-logs"), CLUSTER_WIDTH
        jobs = self.processes
        return processes(jobs), 1 if jobs == 1 else 4 * jobs

    @property
    def processes(self) -> int:
        """Processes on this machine."""
        return self.jobs or os.cpu_count() or 1


def sweep_folder(sweep: Sweep, base: dict[str, Any], runs: Path) -> Path:
    """Return the result folder of a sweep, named by it and by the hash of all its settings."""
    identity = {"sweep": sweep.model_dump(mode="json"), "study": base}
    return runs / f"sweep-{sweep.name}-{content_hash(identity)[:8]}"


def run_sweep(
    file: Path,
    place: Place,
    *,
    dry_run: bool = False,
    probe_first: bool = False,
    retry: bool = False,
) -> None:
    """Compute a sweep with progress, or tell what it costs.

    Parameters
    ----------
    file : Path
        The sweep file.
    place : Place
        Where to run.
    dry_run : bool
        Only tell points, shared stages, time and disk.
    probe_first : bool
        In a dry run: compute the first point, and scale the estimate by what it took.
    retry : bool
        Compute points again that failed before.

    Raises
    ------
    ConfigError
        The sweep file is wrong, or the cluster does not answer.
    """
    console = Console()
    sweep, base = load_sweep(file)
    with console.status("planning"):
        plan = plan_sweep(sweep, base, place_points(sweep), data=place.data)
    folder = sweep_folder(sweep, base, place.runs)
    if dry_run:
        measured = probe(plan, place.runs, place.data) if probe_first else None
        print_cost(console, sweep_cost(plan, place.runs, measured), place.processes)
        if sweep.verify is not None:
            some = place_points(sweep)[: sweep.verify.best]
            higher = plan_sweep(sweep, base, some, sweep.verify.rung, place.data, strict=False)
            print_verification(console, sweep_cost(higher, place.runs, None), sweep.verify.rung)
        return
    console.print(f"sweep '{sweep.name}', {len(plan.points)} points, folder {folder}")
    journal = Journal(folder / "points.jsonl")
    write_text(folder / "sweep.yaml", _resolved(sweep, base))
    with _live(sweep, plan, journal, folder):
        _compute(plan, journal, place, console, retry=retry)
    records = records_of(plan, journal)
    _check_metrics(sweep, records)
    _write(sweep, plan, records, folder)
    rmtree(folder / LIVE)
    if sweep.verify is not None:
        _verify(sweep, base, records, journal, folder, place, console)
    _print_end(console, records, folder)


@contextmanager
def _live(sweep: Sweep, plan: Plan, journal: Journal, folder: Path) -> Iterator[None]:
    """Keep the results so far readable while the sweep runs, and after it is interrupted."""
    (folder / "results.nc").unlink(missing_ok=True)
    known = [journal.find(planned.key, planned.point.number) for planned in plan.points]
    live = LiveResults(sweep, plan, folder / LIVE, [r for r in known if r is not None])
    journal.watch = live.add
    try:
        yield
    finally:
        live.flush()


def _compute(
    plan: Plan, journal: Journal, place: Place, console: Console, *, retry: bool = False
) -> Tally:
    """Run a plan with a progress line: points done, failed, cached, and time left."""
    columns = (TextColumn("{task.description}"), BarColumn(28), MofNCompleteColumn(),
               TextColumn("stages, left"), TimeRemainingColumn())  # fmt: skip
    make, width = place.executor()
    with Progress(*columns, console=console, transient=True) as bars:
        line = bars.add_task("starting", total=None)

        def watch(tally: Tally) -> None:
            text = (
                f"{tally.done} of {tally.points} points, {tally.failed} failed, "
                f"{tally.cached} cached"
            )
            done = tally.computed + tally.reused
            bars.update(line, description=text, completed=done, total=tally.tasks)

        run = SweepRun(plan, journal, place.runs, make, width, place.data, retry=retry, watch=watch)
        tally = run.run()
    console.print(
        f"rung {plan.rung}: {tally.done} points ({tally.failed} failed, {tally.cached} were "
        f"finished before); {tally.computed} stages computed, {tally.reused} found finished"
    )
    return tally


def records_of(plan: Plan, journal: Journal) -> list[Record]:
    """Return the record of every point of a finished plan, in order."""
    found = [journal.find(planned.key, planned.point.number) for planned in plan.points]
    missing = [str(i) for i, record in enumerate(found) if record is None]
    if missing:
        raise ConfigError(f"the sweep is not finished; points left: {', '.join(missing[:10])}.")
    return [record for record in found if record is not None]


def _check_metrics(sweep: Sweep, records: list[Record]) -> None:
    """Complain about a metric that is asked for and that no point has."""
    found = dict.fromkeys(name for record in records for name in record.metrics)
    asked = [*sweep.metrics, *([sweep.verify.metric] if sweep.verify else [])]
    missing = [name for name in asked if found and name not in found]
    if missing:
        raise ConfigError(
            f"sweep '{sweep.name}': stage {sweep.until} on rung {sweep.rung} gives no metric "
            f"'{missing[0]}'; it gives {', '.join(found)}. What was computed is kept."
        )


def _write(sweep: Sweep, plan: Plan, records: list[Record], folder: Path) -> None:
    results = dataset(sweep, plan, records)
    save_netcdf(results, folder / "results.nc")
    save_table(sweep, plan, records, folder / "table.csv")
    for kind in ("png", "svg"):
        draw_sweep(results, sweep, folder / f"figure.{kind}")
    write_json(
        folder / "manifest.json",
        {
            "sweep": sweep.name,
            "rung": plan.rung,
            "points": len(records),
            "failed": sum(bool(record.error) for record in records),
            "compute_time": sum(record.seconds for record in records),
            "versions": versions(),
            "machine": machine(),
        },
    )


def _verify(
    sweep: Sweep,
    base: dict[str, Any],
    records: list[Record],
    journal: Journal,
    folder: Path,
    place: Place,
    console: Console,
) -> None:
    """Compute the best points again on a higher rung, and write both numbers side by side."""
    wanted = sweep.verify
    if wanted is None:
        return
    numbers = best_points(records, wanted.metric, wanted.goal, wanted.best)
    chosen = [point for point in place_points(sweep) if point.number in numbers]
    higher = plan_sweep(sweep, base, chosen, wanted.rung, place.data)
    _compute(higher, journal, place, console)
    found = {record.number: record for record in records_of(higher, journal)}
    by_number = {record.number: record for record in records}
    rows, shown = [], []
    for point in sorted(chosen, key=lambda p: numbers.index(p.number)):
        pair = [
            r.metrics.get(wanted.metric) for r in (by_number[point.number], found[point.number])
        ]
        rows.append({"point": point.number, **point.values, sweep.rung: pair[0],
                     wanted.rung: pair[1], "seconds": found[point.number].seconds,
                     "error": found[point.number].error})  # fmt: skip
        shown.append([point.number, *point.values.values(), *pair])
    write_json(folder / "verified.json", {"metric": wanted.metric, "points": rows})
    unit = metric_unit(wanted.metric)
    names = [(key, unit_of(key)) for key in sweep.axes]
    names += [(sweep.rung, unit), (wanted.rung, unit)]
    console.print(readable_table(names, shown, wanted.metric))


def _resolved(sweep: Sweep, base: dict[str, Any]) -> str:
    content = sweep.model_dump(mode="json", by_alias=True, exclude_none=True)
    return yaml.safe_dump({**content, "study": base, "set": {}}, sort_keys=False)


def _print_end(console: Console, records: list[Record], folder: Path) -> None:
    failed = [record for record in records if record.error]
    for record in failed[:3]:
        console.print(f"point {record.number} failed: {record.error}", markup=False)
    if len(failed) > 3:
        console.print(f"and {len(failed) - 3} more; the reasons are in table.csv")
    console.print(f"table:   {folder / 'table.csv'}", highlight=False)
    console.print(f"data:    {folder / 'results.nc'}", highlight=False)
    console.print(f"picture: {folder / 'figure.png'}", highlight=False)
