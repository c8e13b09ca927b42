"""What `neuroskyrm optimize` does: search, write the front and what decides it, verify the best."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from neuroskyrm.app.metric_units import labelled, metric_unit
from neuroskyrm.app.optimize import load_design
from neuroskyrm.app.optimize_search import Search
from neuroskyrm.app.readable_table import readable_table
from neuroskyrm.app.sweep_command import Place, records_of
from neuroskyrm.app.sweep_cost import probe, sweep_cost
from neuroskyrm.app.sweep_cost_table import print_cost, print_verification
from neuroskyrm.app.sweep_journal import Journal, Record
from neuroskyrm.app.sweep_plan import plan_sweep
from neuroskyrm.app.sweep_points import unit_of
from neuroskyrm.app.sweep_run import SweepRun
from neuroskyrm.io.atomic import replacing, write_json, write_text
from neuroskyrm.io.provenance import machine, versions
from neuroskyrm.io.stage_store import content_hash


def run_design(file: Path, place: Place) -> Path:
    """Search for the best designs with progress, and write the results.

    Parameters
    ----------
    file : Path
        The design file.
    place : Place
        Where to run.

    Returns
    -------
    Path
        The result folder.

    Raises
    ------
    ConfigError
        The file is wrong, or a package or the cluster is missing.
    """
    console = Console()
    search = _search(file, place)
    design, base, folder = search.design, search.base, search.folder
    console.print(f"design '{design.name}', {design.trials} points, folder {folder}")
    columns = (TextColumn("rung " + design.rung), BarColumn(28), MofNCompleteColumn(),
               TextColumn("points, left"), TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=console, transient=True) as bars:
        line = bars.add_task("", total=design.trials)
        search.run(lambda done, total: bars.update(line, completed=done, total=total))
    content = design.model_dump(mode="json", by_alias=True, exclude_none=True)
    write_text(
        folder / "design.yaml",
        yaml.safe_dump({**content, "study": base, "set": {}}, sort_keys=False),
    )
    front = search.front()
    verified = _verify(search, front, place) if design.verify and front else {}
    _write(search, front, verified, folder)
    _print(console, search, front, verified, folder)
    return folder


def tell_cost(file: Path, place: Place, *, probe_first: bool = False) -> None:
    """Tell trials, time and disk of a search, and search nothing.

    Parameters
    ----------
    file : Path
        The design file.
    place : Place
        Where it would run.
    probe_first : bool
        Compute the first point, and scale the estimate by what it took.

    Raises
    ------
    ConfigError
        The file is wrong, no point is a valid study, or the probe failed.
    """
    console = Console()
    search = _search(file, place)
    design, points = search.design, search.sample()
    with console.status("planning"):
        plan = plan_sweep(search.sweep, search.base, points, data=place.data)
    measured = probe(plan, place.runs, place.data) if probe_first else None
    console.print(
        f"design '{design.name}', {design.trials} trials on rung {design.rung}; the search chooses "
        "most of its points by their results, these are drawn at random in its ranges"
    )
    print_cost(console, sweep_cost(plan, place.runs, measured), place.processes)
    if design.verify:
        some = points[: design.verify]
        higher = plan_sweep(search.sweep, search.base, some, "full", place.data, strict=False)
        print_verification(console, sweep_cost(higher, place.runs, None), "full")


def _search(file: Path, place: Place) -> Search:
    """Return the search of a design file, not yet begun."""
    design, base = load_design(file)
    identity = {"design": design.model_dump(mode="json"), "study": base}
    folder = place.runs / f"design-{design.name}-{content_hash(identity)[:8]}"
    return Search(design, base, folder, place.runs, *place.executor(), place.data)


def _verify(search: Search, front: Sequence[Record], place: Place) -> dict[int, Record]:
    """Compute designs that are spread over the front again on rung full."""
    chosen = np.linspace(0, len(front) - 1, min(search.design.verify, len(front))).round()
    points = [search.points[front[int(i)].number] for i in sorted(set(chosen))]
    plan = plan_sweep(search.sweep, search.base, points, "full", place.data)
    make, width = place.executor()
    journal = Journal(search.journal.path)
    SweepRun(plan, journal, place.runs, make, width, place.data).run()
    return {record.number: record for record in records_of(plan, journal)}


def _write(
    search: Search, front: Sequence[Record], verified: dict[int, Record], folder: Path
) -> None:
    _write_table(search, front, folder / "trials.csv")
    for kind in ("png", "svg"):
        draw_front(search, front, folder / f"figure.{kind}")
    rows = [_row(search, record) | _beside(search, verified.get(record.number)) for record in front]
    write_json(
        folder / "metrics.json",
        {
            "design.trials": len(search.records),
            "design.failed": sum(bool(record.error) for record in search.records),
            "design.feasible": sum(bool(r.metrics) and search.feasible(r) for r in search.records),
            "design.front": rows,
            "design.importance": search.importance(),
            "rung": search.design.rung,
            "seed": search.design.seed,
            "versions": versions(),
            "machine": machine(),
        },
    )


def _row(search: Search, record: Record) -> dict[str, Any]:
    values = search.points[record.number].values
    return {"point": record.number, **values, **{n: record.metrics[n] for n in search.wanted}}


def _beside(search: Search, record: Record | None) -> dict[str, Any]:
    if record is None:
        return {}
    return {f"full: {name}": record.metrics.get(name) for name in search.wanted} | (
        {"full: error": record.error} if record.error else {}
    )


def _write_table(search: Search, front: Sequence[Record], path: Path) -> None:
    best = {record.number for record in front}
    design = search.design
    keys = [f"{key} [{unit_of(key)}]" for key in [*design.parameters, *design.tied]]
    names = [f"{name} [{metric_unit(name)}]" for name in search.wanted]
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["point", *keys, *names, "on the front", "reason"])
        for point, record in zip(search.points, search.records, strict=True):
            metrics = [record.metrics.get(name, "") for name in search.wanted]
            row = [point.number, *point.values.values(), *metrics]
            writer.writerow([*row, int(point.number in best), record.error])


def draw_front(search: Search, front: Sequence[Record], path: Path) -> None:
    """Draw all points and the front in the plane of the first two objectives, and importance."""
    from neuroskyrm.app.figures import DOWN, UP, drawing

    names = list(search.design.objectives)
    pairs = [(names[0], other) for other in names[1:]] or [(names[0], names[0])]
    good = [r for r in search.records if r.metrics]
    with drawing(path, 4.2 * (len(pairs) + 1), 3.2) as figure:
        axes = figure.subplots(1, len(pairs) + 1)
        for axis, (x, y) in zip(axes, pairs, strict=False):
            for keep, colour, label in (
                (False, "0.75", "breaks a constraint"),
                (True, UP, "tried"),
            ):
                chosen = [r for r in good if search.feasible(r) == keep]
                if chosen:
                    axis.plot(*_columns(chosen, x, y), "o", color=colour, label=label, ms=3)
            if front:
                axis.plot(*_columns(front, x, y), "o-", color=DOWN, label="Pareto front")
            axis.set(
                xlabel=_label(x), ylabel=_label(y), xscale=_scale(good, x), yscale=_scale(good, y)
            )
            axis.legend(fontsize=7)
        shares = search.importance()
        keys = list(search.design.parameters)
        height = 0.8 / len(names)
        for number, name in enumerate(names):
            places = np.arange(len(keys)) + number * height
            axes[-1].barh(places, [shares[name].get(key, 0.0) for key in keys], height, label=name)
        axes[-1].set_yticks(np.arange(len(keys)) + 0.4 - height / 2, keys)
        axes[-1].set(xlabel="importance (share)")
        axes[-1].legend(fontsize=7)


def _columns(records: Sequence[Record], x: str, y: str) -> tuple[list[float], list[float]]:
    return [float(r.metrics[x]) for r in records], [float(r.metrics[y]) for r in records]


def _scale(records: Sequence[Record], name: str) -> str:
    """Return the kind of axis on which values that span a decade are all seen."""
    values = [float(record.metrics[name]) for record in records]
    return "log" if values and 0 < 10 * min(values) < max(values) else "linear"


def _label(name: str) -> str:
    return labelled(name, metric_unit(name))


def _print(
    console: Console,
    search: Search,
    front: Sequence[Record],
    verified: dict[int, Record],
    folder: Path,
) -> None:
    failed = sum(bool(record.error) for record in search.records)
    console.print(f"{len(search.records)} points tried, {failed} failed; {len(front)} on the front")
    if not front:
        console.print("no point keeps all constraints: widen the ranges or loosen a bound")
    console.print(_front_table(search, front[:12], verified))
    console.print(f"picture: {folder / 'figure.png'}", highlight=False)


def _front_table(search: Search, front: Sequence[Record], verified: dict[int, Record]) -> Table:
    """Return the front, one row a design; below it, where verified, what rung full gives."""
    keys = [*search.design.parameters, *search.design.tied]
    rows: list[list[Any]] = []
    for record in front:
        rows.append(list(_row(search, record).values()))
        full = verified.get(record.number)
        if full is not None:
            values = [full.metrics.get(name, "failed") for name in search.wanted]
            rows.append(["full", *[""] * len(keys), *values])
    names = [(key, unit_of(key)) for key in keys]
    names += [(name, metric_unit(name)) for name in search.wanted]
    return readable_table(names, rows, "Pareto front")
