"""The results of a sweep: one labelled data set with units and provenance, a table, a picture."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuroskyrm.app.metric_units import metric_unit
from neuroskyrm.app.sweep import Sweep
from neuroskyrm.app.sweep_journal import Record
from neuroskyrm.app.sweep_plan import Plan
from neuroskyrm.app.sweep_points import grid_values, unit_of
from neuroskyrm.io.atomic import replacing
from neuroskyrm.io.provenance import versions
from neuroskyrm.io.stage_store import Metrics

if TYPE_CHECKING:
    import xarray as xr


def chosen_metrics(sweep: Sweep, records: Sequence[Record | None]) -> list[str]:
    """Return the numeric metrics to keep: those that the sweep names, or all."""
    found: dict[str, None] = {}
    for record in filter(None, records):
        for name, value in record.metrics.items():
            if isinstance(value, (int, float)):
                found.setdefault(name)
    return [name for name in found if not sweep.metrics or name in sweep.metrics]


def dataset(sweep: Sweep, plan: Plan, records: Sequence[Record | None]) -> xr.Dataset:
    """Return the results as one data set.

    Parameters
    ----------
    sweep : Sweep
        The sweep.
    plan : Plan
        Its points.
    records : sequence of Record or None
        One for each point, in the order of the points; None where there is none yet.

    Returns
    -------
    xarray.Dataset
        On a grid every axis is a dimension, named by its dotted study key; else there is one
        dimension "point", along which the axes are coordinates. Several repeats are a dimension
        "repeat". NaN where a point failed; "failed" says which, the attribute "failures" why.
    """
    import xarray as xr

    places, shape = _layout(sweep, plan)
    dims = (*places, "repeat") if sweep.repeats > 1 else tuple(places)
    shape = (*shape, sweep.repeats) if sweep.repeats > 1 else shape
    variables: dict[str, Any] = {}
    for name in chosen_metrics(sweep, records):
        column = np.array([float(r.metrics.get(name, np.nan)) if r else np.nan for r in records])
        variables[name] = (dims, column.reshape(shape), {"units": metric_unit(name)})
    failed = np.array([r is not None and bool(r.error) for r in records], dtype=np.int8).reshape(
        shape
    )
    variables["failed"] = (dims, failed, {"units": "1"})
    coordinates = {**_coordinates(sweep, plan), **_repeats(sweep)}
    reasons = {str(r.number): r.error for r in records if r is not None and r.error}
    attrs = {
        "title": f"neuroskyrm sweep '{sweep.name}' on rung {plan.rung}, up to {sweep.until}",
        "sweep": sweep.model_dump_json(by_alias=True),
        "failures": json.dumps(reasons),
        "versions": json.dumps(versions()),
    }
    return xr.Dataset(variables, coordinates, attrs)


def _layout(sweep: Sweep, plan: Plan) -> tuple[list[str], tuple[int, ...]]:
    """Return names and lengths of the dimensions without repeats."""
    if sweep.sampling == "grid":
        lengths = [len(grid_values(key, axis)) for key, axis in sweep.axes.items()]
        return list(sweep.axes), tuple(lengths)
    return ["point"], (len(plan.points) // sweep.repeats,)


def _coordinates(sweep: Sweep, plan: Plan) -> dict[str, Any]:
    coordinates = {}
    for key, axis in sweep.axes.items():
        if sweep.sampling == "grid":
            values, dim = grid_values(key, axis), key
        else:
            values = [p.point.values[key] for p in plan.points[:: sweep.repeats]]
            dim = "point"
        coordinates[key] = (dim, _plain(values), {"units": unit_of(key)})
    return coordinates


def _repeats(sweep: Sweep) -> dict[str, Any]:
    return {"repeat": np.arange(sweep.repeats)} if sweep.repeats > 1 else {}


def _plain(values: list[Any]) -> Any:
    """Return values as an array of numbers, or of texts where they are not all numbers."""
    if all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values):
        return np.array(values)
    return np.array([v if isinstance(v, str) else json.dumps(v) for v in values])


def save_netcdf(results: xr.Dataset, path: Path) -> None:
    """Write the data set as NetCDF, in one step."""
    with replacing(path) as temporary:
        results.to_netcdf(temporary, engine="scipy")


def save_table(sweep: Sweep, plan: Plan, records: Sequence[Record], path: Path) -> None:
    """Write one line a point as CSV, in one step: axes, metrics with units, status, reason."""
    names = chosen_metrics(sweep, records)
    header = ["point", "repeat"]
    header += [f"{key} [{unit_of(key)}]" for key in sweep.axes]
    header += [f"{name} [{metric_unit(name)}]" for name in names] + ["rung", "status", "reason"]
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for planned, record in zip(plan.points, records, strict=True):
            point = planned.point
            status = "failed" if record.error else "done"
            row = [point.number, point.repeat, *point.values.values()]
            row += [record.metrics.get(name, "") for name in names]
            writer.writerow([*row, record.rung, status, record.error])


def best_points(records: Sequence[Record], metric: str, goal: str, count: int) -> list[int]:
    """Return the numbers of the best points by a metric, best first."""
    scored: list[tuple[float, int]] = []
    for record in records:
        value: Metrics | Any = record.metrics.get(metric)
        if isinstance(value, (int, float)):
            scored.append((-value if goal == "max" else value, record.number))
    return [number for _, number in sorted(scored)[:count]]
