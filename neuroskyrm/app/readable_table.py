"""Tables for the terminal: each column in one unit that makes its numbers readable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.table import Column, Table

from neuroskyrm.app.metric_units import column


def readable_table(
    names: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]], title: str
) -> Table:
    """Return a table of SI values.

    Parameters
    ----------
    names : sequence of (name, unit)
        What the columns hold, with their SI units; the first column, the point, has none.
    rows : sequence of sequences
        The point and its values.
    title : str
        Title of the table.
    """
    cells = list(zip(*rows, strict=True))[1:] if rows else [()] * len(names)
    columns = [column(*name, values) for name, values in zip(names, cells, strict=True)]
    table = Table("point", *[Column(head, overflow="fold") for head, _ in columns], title=title)
    for number, row in enumerate(rows):
        table.add_row(str(row[0]), *[texts[number] for _, texts in columns])
    return table
