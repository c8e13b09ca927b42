"""Runs side by side: what differed in their studies, what came out, their figures together."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from neuroskyrm import __version__
from neuroskyrm.app.metric_units import labelled, metric_unit
from neuroskyrm.app.study import load_study
from neuroskyrm.app.sweep_points import unit_of
from neuroskyrm.errors import DataError
from neuroskyrm.io.atomic import write_text


@dataclass(frozen=True)
class FinishedRun:
    """A run folder as it was found.

    Attributes
    ----------
    name : str
        Name of the folder.
    folder : Path
        Where it is.
    study : dict
        Its resolved study by dotted key.
    metrics : dict
        Flat metrics.
    figures : dict of str to Path
        Figures by name, as PNG files.
    """

    name: str
    folder: Path
    study: dict[str, Any]
    metrics: dict[str, Any]
    figures: dict[str, Path]


@dataclass(frozen=True)
class Line:
    """One line of a table: a quantity with its unit, and its value in each run as text."""

    name: str
    values: list[str]
    differs: bool


def read_run(folder: Path) -> FinishedRun:
    """Return a finished run.

    Raises
    ------
    DataError
        The folder is not one of a run, or its metrics are damaged.
    """
    if not (folder / "metrics.json").is_file() or not (folder / "study.yaml").is_file():
        raise DataError(
            f"{folder}: this is no run folder; it must hold study.yaml and metrics.json, as "
            "'neuroskyrm run' leaves them."
        )
    try:
        metrics = dict(json.loads((folder / "metrics.json").read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise DataError(f"{folder / 'metrics.json'}: truncated or damaged JSON.") from None
    study = load_study(folder / "study.yaml").model_dump(mode="json")
    figures = {path.stem: path for path in sorted((folder / "figures").glob("*.png"))}
    return FinishedRun(folder.name, folder, dict(_flat(study)), metrics, figures)


def compare_runs(folders: Sequence[Path], out: Path) -> Path:
    """Write the comparison of runs as one HTML file that needs no network.

    Parameters
    ----------
    folders : sequence of Path
        Run folders, two or more.
    out : Path
        The HTML file; its figures are also written beside it, as PNG and SVG.

    Returns
    -------
    Path
        `out`.

    Raises
    ------
    DataError
        One of the folders is not one of a run.
    """
    from jinja2 import Environment, StrictUndefined

    from neuroskyrm.app.compare_figures import draw_overlays

    runs = [read_run(folder) for folder in folders]
    source = (files("neuroskyrm.app") / "compare.html.j2").read_text(encoding="utf-8")
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(source)
    overlays = [(text, picture(path)) for text, path in draw_overlays(runs, out.parent / "figures")]
    shared = [name for name in runs[0].figures if sum(name in r.figures for r in runs) > 1]
    pairs = [
        (name, [picture(run.figures[name]) if name in run.figures else "" for run in runs])
        for name in shared
    ]
    html = template.render(
        version=__version__,
        runs=runs,
        changed=[line for line in table([run.study for run in runs], unit_of) if line.differs],
        metrics=table([run.metrics for run in runs], metric_unit),
        overlays=overlays,
        figures=pairs,
    )
    write_text(out, html)
    return out


def table(
    columns: Sequence[Mapping[str, Any]], unit: Callable[[str], str] = lambda name: "1"
) -> list[Line]:
    """Return one line for each name that any of the columns has, in order of appearance.

    Parameters
    ----------
    columns : sequence of mapping
        Values by name.
    unit : callable
        Returns the SI unit of a name; "1" for plain numbers and texts.
    """
    names = dict.fromkeys(name for column in columns for name in column)
    lines = []
    for name in names:
        values = [column.get(name) for column in columns]
        texts = ["–" if v is None and name not in c else _text(v)
                 for v, c in zip(values, columns, strict=True)]  # fmt: skip
        lines.append(
            Line(labelled(name, unit(name)), texts, any(v != values[0] for v in values[1:]))
        )
    return lines


def picture(path: Path) -> str:
    """Return a PNG file as the text of a data address."""
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()


def _text(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _flat(content: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Return nested sections as pairs of dotted key and value."""
    pairs: list[tuple[str, Any]] = []
    for key, value in content.items():
        if isinstance(value, dict):
            pairs += _flat(value, f"{prefix}{key}.")
        else:
            pairs.append((f"{prefix}{key}", value))
    return pairs
