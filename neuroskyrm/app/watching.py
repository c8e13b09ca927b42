"""Attaches the monitor to a running simulation: terminal panel, local web page, event lines."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from networks.monitor import ProcessMonitor
from networks.monitor_board import Board
from networks.monitor_page import MonitorPage
from networks.monitor_stream import MonitorStream
from neuroskyrm.app.monitor_panel import live_panel, time_text
from neuroskyrm.errors import ConfigError

EVENTS = "events.jsonl"
"""File of the events in a watched run's folder."""

ALARMING = ("mixed", "failed", "lost")
"""Classes of the shipped monitors that are an alarm."""

Spins = NDArray[np.floating]

_WAITING_BYTES = 2**28


@dataclass(frozen=True)
class WatchOptions:
    """How a run is watched.

    Parameters
    ----------
    model : Path or None
        File of a trained monitor; None takes the shipped one.
    web : int or None
        Port of the local page (0: any free one); None serves no page.
    hold : bool or None
        Whether the page stays up after the run, until Ctrl-C; None holds it on a terminal.
    """

    model: Path | None = None
    web: int | None = None
    hold: bool | None = None

    def __post_init__(self) -> None:
        if self.web is not None and not 0 <= self.web < 65536:
            raise ConfigError(f"--web {self.web}: a port is a number from 0 to 65535.")

    def monitor(self, kind: str) -> ProcessMonitor:
        """Return the trained monitor: the user's, or the shipped one for `kind`."""
        return shipped_monitor(kind) if self.model is None else ProcessMonitor.load(self.model)


def shipped_monitor(kind: str) -> ProcessMonitor:
    """Return the monitor that comes with the toolkit.

    Parameters
    ----------
    kind : str
        "process" (ultrafast processes) or "device" (updates of the synapse).
    """
    with as_file(files("networks").joinpath("monitors", f"{kind}.safetensors")) as path:
        return ProcessMonitor.load(path)


class Watch:
    """A monitor at work beside a simulation; use it as a context manager.

    Parameters
    ----------
    monitor : ProcessMonitor
        Trained.
    title : str
        What is watched.
    console : rich.console.Console
        Shows the panel, or one line for each event where it is no terminal.
    options : WatchOptions
        Page and holding.
    events : Path
        File of the event lines.
    sites : int
        Sites of a frame: large frames may not wait in great numbers.
    periodic : tuple of bool
        Whether the sample wraps in x and y.
    view : callable, optional
        What the monitor reads of a frame; see `MonitorStream`.
    alarm_at : {"verdict", "update"}
        See `Board`.
    """

    def __init__(
        self,
        monitor: ProcessMonitor,
        title: str,
        console: Console,
        options: WatchOptions,
        events: Path,
        sites: int,
        periodic: tuple[bool, bool] = (False, False),
        view: Callable[[Spins], Spins] | None = None,
        alarm_at: Literal["verdict", "update"] = "verdict",
    ) -> None:
        self._console, self._options = console, options
        self.monitor = monitor
        self.board = Board(title, monitor.classifier.classes, ALARMING, alarm_at, periodic)
        self._stack = contextlib.ExitStack()
        self._events, self._view = events, view
        self._capacity = max(4, min(256, _WAITING_BYTES // (12 * sites)))

    def see(self, spins: Spins, time: float) -> None:
        """Hand over a copy of the spins, shape (3, ..., ny, nx); never waits."""
        self._stream.offer(np.array(spins, dtype=np.float32), time)

    def restart(self, pulse_time: float) -> None:
        """Say that another process begins, with its pulse at `pulse_time` [s]; never waits."""
        self._stream.restart(pulse_time)

    def progress(self, share: float, text: str = "") -> None:
        """Note how much of the run is done (a `Tick`)."""
        self.board.progress(share, text)

    def __enter__(self) -> Watch:
        if self._options.web is not None:
            self._page = self._stack.enter_context(MonitorPage(self.board, self._options.web))
            self._console.print(f"watch it at {self._page.url}", highlight=False)
        self._events.unlink(missing_ok=True)
        if self._console.is_terminal:
            self._stack.enter_context(live_panel(self.board, self._console))
        self._stream = self._stack.enter_context(
            MonitorStream(
                self.monitor,
                capacity=self._capacity,
                events=self._events,
                board=self.board,
                view=self._view,
            )
        )
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is not None:
            self.board.fail(str(error) or type(error).__name__)
        self._stream.close()
        if error is None and self._hold():
            self.board.progress(1.0, "the page stays up until Ctrl-C")
            with contextlib.suppress(KeyboardInterrupt):
                _wait_for_ever()
        self._stack.close()
        if not self._console.is_terminal:
            for line in self.lines():
                self._console.print(line, highlight=False)

    def lines(self) -> Iterator[str]:
        """Yield what the panel would have shown last, as plain lines."""
        state = self.board.snapshot()
        for alarm in state["alarms"]:
            what = alarm.get("label") or alarm["event"]
            yield f"alarm at {time_text(alarm['time'])}: {what}"
        counts = ", ".join(f"{value} {name}" for name, value in state["counts"].items())
        yield f"verdict: {state['label']}; frames: {counts}"

    def _hold(self) -> bool:
        if self._options.web is None:
            return False
        hold = self._options.hold
        return self._console.is_terminal if hold is None else hold


def _wait_for_ever() -> None:
    import threading

    threading.Event().wait()
