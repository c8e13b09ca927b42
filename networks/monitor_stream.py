"""The monitor beside a running simulation: a ring buffer, a thread of its own, events as lines.

The simulation offers frames and goes on at once; if the monitor falls behind, the oldest waiting
frames are dropped and counted, so that it always sees the present.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from networks.monitor import UNSURE, FrameCounts, ProcessMonitor, Verdict
from networks.monitor_board import Board
from neuroskyrm.errors import ConfigError

Frame = NDArray[np.floating]


class MonitorStream(AbstractContextManager["MonitorStream"]):
    """Feeds a `ProcessMonitor` from any thread without ever blocking.

    Use as a context manager; leaving it handles the frames that still wait.

    Parameters
    ----------
    monitor : ProcessMonitor
        From here on used by the stream's thread only.
    capacity : int
        Frames that may wait; beyond it the oldest is dropped.
    on_verdict : callable, optional
        Called in the stream's thread with every new verdict.
    events : Path, optional
        File to which events are appended, one JSON object a line: "verdict" when the label
        changes, "novel" when novelty first passes 1, "damaged", "update" where `restart` ends a
        process, and "end" with all counts.
    board : Board, optional
        What shows the run to people: it is told every frame, verdict and event.
    view : callable, optional
        Turns an offered frame into what the monitor reads, e.g. the sites inside a sample.

    Raises
    ------
    ConfigError
        `capacity` is below 1.
    """

    def __init__(
        self,
        monitor: ProcessMonitor,
        capacity: int = 64,
        on_verdict: Callable[[Verdict], None] | None = None,
        events: Path | None = None,
        board: Board | None = None,
        view: Callable[[Frame], Frame] | None = None,
    ) -> None:
        if capacity < 1:
            raise ConfigError(f"MonitorStream: 'capacity' = {capacity} must be at least 1.")
        self._monitor = monitor
        self._on_verdict = on_verdict
        self._waiting: deque[tuple[Frame | None, float]] = deque()
        self._capacity = capacity
        self._dropped = 0
        self._closed = False
        self._verdict: Verdict | None = None
        self._restarted = False
        self._failure: Exception | None = None
        self._changed = threading.Condition()
        self._board = board
        self._view = view or _as_it_is
        self._events = _EventLog(events, board)
        self._thread = threading.Thread(target=self._work, name="monitor", daemon=True)
        self._thread.start()

    def offer(self, frame: Frame, time: float) -> None:
        """Hand over a frame; the caller must not change it afterwards. Never blocks."""
        with self._changed:
            if self._closed:
                return
            if len(self._waiting) >= self._capacity:
                self._drop_oldest()
            self._waiting.append((frame, time))
            self._changed.notify()

    def restart(self, pulse_time: float) -> None:
        """Say that another process begins, with its pulse at `pulse_time` [s]; never blocks.

        The last verdict before it becomes the event "update": what came of the process that ended.
        """
        with self._changed:
            if not self._closed:
                self._waiting.append((None, pulse_time))
                self._changed.notify()

    @property
    def verdict(self) -> Verdict | None:
        """The latest verdict."""
        with self._changed:
            return self._verdict

    @property
    def dropped(self) -> int:
        """Frames that were dropped because the monitor was behind."""
        with self._changed:
            return self._dropped

    @property
    def counts(self) -> FrameCounts:
        """What became of the frames; complete after `close`."""
        return self._monitor.counts

    def close(self) -> None:
        """Handle what waits, stop the thread and close the event file.

        Raises
        ------
        Exception
            What `on_verdict` raised, if it did.
        """
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._changed.notify()
        self._thread.join()
        if self._restarted:
            self._tell_update()
        self._events.write("end", dropped=self._dropped, **asdict(self._monitor.counts))
        self._events.close()
        if self._failure is not None:
            raise self._failure

    def __exit__(self, *_: object) -> None:
        self.close()

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closed:
                    self._changed.wait()
                if not self._waiting:
                    return
                frame, time = self._waiting.popleft()
            try:
                self._handle(frame, time)
            except Exception as failure:  # a user's callback: keep watching, tell at the end
                self._failure = self._failure or failure

    def _drop_oldest(self) -> None:
        """Drop the oldest waiting frame; the beginnings of processes stay."""
        for k, (frame, _) in enumerate(self._waiting):
            if frame is not None:
                del self._waiting[k]
                self._dropped += 1
                return

    def _tell_update(self) -> None:
        """Note the last verdict as the outcome of the process that ended."""
        verdict = self._monitor.verdict
        if verdict is not None:
            self._events.write("update", time=verdict.time, label=verdict.label)

    def _handle(self, frame: Frame | None, time: float) -> None:
        if frame is None:
            if self._restarted:
                self._tell_update()
            self._restarted = True
            self._monitor.restart(pulse_time=time)
            return
        damaged = self._monitor.counts.damaged
        verdict = self._monitor.update(self._view(frame), time)
        sound = self._monitor.counts.damaged == damaged
        if not sound:
            self._events.write("damaged", time=time)
        if self._board is not None:
            counts = asdict(self._monitor.counts) | {"dropped": self.dropped}
            self._board.show(frame if sound else None, time, verdict, counts)
        if verdict is None or verdict == self._verdict:
            return
        before = self._verdict
        with self._changed:
            self._verdict = verdict
        if before is None or before.label != verdict.label:
            self._events.write("verdict", alarm=verdict.label == UNSURE, **asdict(verdict))
        if verdict.novelty > 1 and (before is None or before.novelty <= 1):
            self._events.write("novel", time=verdict.time, novelty=verdict.novelty)
        if self._on_verdict is not None:
            self._on_verdict(verdict)


def _as_it_is(frame: Frame) -> Frame:
    return frame


class _EventLog:
    """Appends JSON lines to a file and tells a board, where there are such."""

    def __init__(self, path: Path | None, board: Board | None) -> None:
        self._board = board
        self._file: IO[str] | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a", encoding="utf-8")

    def write(self, event: str, **fields: object) -> None:
        if self._board is not None:
            self._board.tell({"event": event, **fields})
        if self._file is not None:
            self._file.write(json.dumps({"event": event, **fields}) + "\n")
            self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
