"""The one table that a command ends with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from neuroskyrm.app.paper_values import comparison
from neuroskyrm.app.study import load_study

VERDICTS = "verdicts.json"


def print_summary(console: Console, folder: Path, metrics: Mapping[str, Any]) -> None:
    """Print the comparison with the papers, the key numbers, and where everything lies.

    Parameters
    ----------
    console : rich.console.Console
        Where to print.
    folder : Path
        The run folder.
    metrics : mapping
        Flat metrics of the run.
    """
    rows = comparison(load_study(folder / "study.yaml"), metrics)
    if rows:
        table = Table("quantity", "got", "paper", title="against the papers")
        for row in rows:
            table.add_row(row.quantity, row.got, row.paper)
        console.print(table)
    if "device.problem" in metrics:
        console.print(f"no card of this run: {metrics['device.problem']}", highlight=False)
    if (folder / VERDICTS).exists():
        console.print(_verdicts(folder))
        console.print(f"the monitor says: {metrics.get('monitor.verdict', 'nothing yet')}")
    if "export.differing_spikes" in metrics:
        console.print(f"differing spikes after export: {metrics['export.differing_spikes']}")
    report = folder / "report.html"
    console.print(f"metrics: {folder / 'metrics.json'}", highlight=False)
    if report.exists():
        console.print(f"report:  {report}", highlight=False)


def _verdicts(folder: Path) -> Table:
    """Return what the monitor said frame by frame, as a table."""
    frames = json.loads((folder / VERDICTS).read_text(encoding="utf-8"))
    classes = [key for key in frames[0] if key not in ("time", "label", "novelty")]
    table = Table("time / ps", *classes, "says", title="the monitor, frame by frame")
    for frame in frames:
        shares = [f"{frame[name]:.3f}" for name in classes]
        table.add_row(f"{frame['time'] * 1e12:.0f}", *shares, frame["label"])
    return table
