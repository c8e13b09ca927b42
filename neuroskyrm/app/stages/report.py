"""The report: every figure and number of a run in one self-contained HTML file."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from neuroskyrm import __version__
from neuroskyrm.app.metric_units import labelled, metric_unit
from neuroskyrm.app.paper_values import comparison
from neuroskyrm.app.stages.base import Context, Stage
from neuroskyrm.app.study import Study, dump_study
from neuroskyrm.io.atomic import write_text
from neuroskyrm.io.provenance import versions
from neuroskyrm.io.stage_store import Metrics, StageResult

TITLES = {
    "simulate": "Physics: the track under current pulses",
    "calibrate": "Device card",
    "train-deep": "Training the ReLU net",
    "train-stdp": "The STDP network learns",
    "program": "Crossbar",
    "evaluate": "Classification",
    "export": "ONNX export",
    "monitor": "The process monitor",
}


def report_stage(needs: tuple[str, ...]) -> Stage:
    """Return the stage that reports on the stages `needs`."""
    return Stage(
        name="report",
        does="Draw the comparison with the papers into report.html.",
        sections=tuple(Study.model_fields),
        needs=needs,
        code=("neuroskyrm.app",),
        work=_write,
    )


def _write(context: Context) -> Metrics:
    from jinja2 import Environment, StrictUndefined

    metrics: Metrics = {}
    for result in context.inputs.values():
        metrics.update(result.metrics)
    source = (files("neuroskyrm.app") / "report.html.j2").read_text(encoding="utf-8")
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(source)
    rows = comparison(context.study, metrics)
    html = template.render(
        study=context.study,
        study_text=dump_study(context.study),
        version=__version__,
        versions=versions(),
        comparison=rows,
        sections=[_section(result) for result in _shown(context.inputs.values())],
    )
    write_text(context.folder / "report.html", html)
    return {"report.rows": len(rows)}


def _shown(results: Iterable[StageResult]) -> list[StageResult]:
    return [result for result in results if result.metrics]


def _section(result: StageResult) -> dict[str, Any]:
    figures = [
        {
            "caption": picture.with_suffix(".txt").read_text(encoding="utf-8"),
            "data": base64.b64encode(picture.read_bytes()).decode(),
        }
        for picture in sorted((result.folder / "figures").glob("*.png"))
    ]
    numbers = {
        labelled(name, metric_unit(name)): f"{value:.6g}" if isinstance(value, float) else value
        for name, value in result.metrics.items()
    }
    return {
        "title": TITLES.get(result.name, result.name),
        "figures": figures,
        "metrics": numbers,
    }
