"""The cost of a sweep or a search as a reader sees it, before it is spent."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from neuroskyrm.app.commands import duration_text
from neuroskyrm.app.sweep_cost import SweepCost


def print_cost(console: Console, cost: SweepCost, processes: int) -> None:
    """Print points, shared stages, time and disk.

    Parameters
    ----------
    console : Console
        Where to print.
    cost : SweepCost
        What was estimated.
    processes : int
        How many work side by side.
    """
    table = Table("stage", "in points", "different", "finished", "to compute", "time")
    for row in cost.rows:
        table.add_row(
            row.stage, str(row.uses), str(row.distinct), str(row.finished),
            str(row.distinct - row.finished), duration_text(row.seconds),
        )  # fmt: skip
    console.print(table)
    if cost.invalid:
        console.print(f"{cost.invalid} points are not valid studies; first: {cost.reason}")
    basis = "estimated; --probe computes one point to measure"
    done = "nothing was run"
    if cost.probed:
        basis, done = "scaled from a probe", "one point was computed"
    many = "process" if processes == 1 else "processes"
    console.print(
        f"{cost.points} points; about {duration_text(cost.seconds)} of one core, "
        f"{cost.megabytes:.0f} MB on disk ({basis}); "
        f"about {duration_text(cost.seconds / processes)} on {processes} {many}; {done}"
    )


def print_verification(console: Console, cost: SweepCost, rung: str) -> None:
    """Print what it costs to compute the best points (here: some points) again on a higher rung."""
    console.print(
        f"then the best {cost.points} again on rung {rung}: about "
        f"{duration_text(cost.seconds)} of one core more"
    )
