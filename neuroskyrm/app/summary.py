"""The one table that a command ends with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from neuroskyrm.app.paper_values import comparison
from neuroskyrm.app.study import load_study


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
    if "monitor.verdict" in metrics:
        prefix = "monitor.probability."
        shares = {k.removeprefix(prefix): v for k, v in metrics.items() if k.startswith(prefix)}
        text = ", ".join(f"{name} {share:.2f}" for name, share in shares.items())
        console.print(f"the monitor says: {metrics['monitor.verdict']} ({text})", highlight=False)
    if "export.differing_spikes" in metrics:
        console.print(f"differing spikes after export: {metrics['export.differing_spikes']}")
    report = folder / "report.html"
    console.print(f"metrics: {folder / 'metrics.json'}", highlight=False)
    if report.exists():
        console.print(f"report:  {report}", highlight=False)
