"""Progress on the terminal and in the run's log: one line a stage, with an estimate."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Tick = Callable[..., None]
"""``tick(fraction)`` or ``tick(fraction, "what is going on")``, fraction from 0 to 1."""


class Reporter:
    """Shows the running stage and writes a log.

    Parameters
    ----------
    log : Path or None
        The log file; lines are appended.
    console : rich.console.Console, optional
        Where to show progress.
    """

    def __init__(self, log: Path | None = None, console: Console | None = None) -> None:
        self.console = console or Console()
        self.log_file = log

    def log(self, text: str) -> None:
        """Append one line with the time to the log file."""
        if self.log_file is not None:
            self.log_file.parent.mkdir(parents=True, exist_ok=True)
            with self.log_file.open("a", encoding="utf-8") as file:
                file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")

    def say(self, text: str) -> None:
        """Print one line and log it."""
        self.console.print(text, highlight=False)
        self.log(text)

    @contextmanager
    def stage(self, name: str) -> Iterator[Tick]:
        """Show a bar for the stage `name` while the block runs.

        Yields
        ------
        callable
            The `Tick` to hand to the computation.
        """
        self.log(f"{name}: started")
        columns = (
            TextColumn(f"{name:>10}"),
            BarColumn(bar_width=28),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
        )
        hidden = not self.console.is_terminal
        with Progress(*columns, console=self.console, transient=True, disable=hidden) as bars:
            task = bars.add_task("", total=1.0)

            def tick(fraction: float, text: str = "") -> None:
                bars.update(task, completed=fraction, description=text)

            yield tick
