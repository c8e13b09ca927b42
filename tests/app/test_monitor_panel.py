"""The terminal panel of a watched run."""

from __future__ import annotations

import io

import numpy as np
from rich.console import Console

from networks.monitor import Verdict
from networks.monitor_board import Board
from neuroskyrm.app.monitor_panel import panel, sparkline, time_text
from neuroskyrm.app.track_watch import pulse_observer
from neuroskyrm.micromagnetics.track_drive import Step

CLASSES = ("breathing", "mixed")


def shown(board):
    written = io.StringIO()
    Console(file=written, width=120).print(panel(board.snapshot()))
    return written.getvalue()


def test_panel_shows_verdict_numbers_map_and_alarms():
    board = Board("a run", CLASSES, ("mixed",))
    assert "no frame yet" in shown(board)
    spins = np.zeros((3, 20, 30))
    spins[2] = -1.0
    verdict = Verdict(1, 45e-12, "mixed", (0.25, 0.75), 0.5, 5e-12)
    board.show(spins, 45e-12, verdict, {"used": 1})
    board.tell({"event": "verdict", "time": 45e-12, "label": "mixed"})
    board.progress(0.5, "45 of 90 ps")
    text = shown(board)
    for part in ("a run", "mixed", "45.00 ps", "0.750", "-1.00", "alarms 1", "used 1", "▀"):
        assert part in text, part
    board.fail("the spins diverged")
    assert "stopped: the spins diverged" in shown(board)


def test_lines_of_blocks_keep_their_scale():
    assert sparkline(np.array([-1.0, 0.0, 1.0]), -1, 1) == "▁▄█"
    assert sparkline(np.zeros(0)) == ""
    assert len(sparkline(np.linspace(0, 1, 500))) == 40
    assert time_text(None) == "-"
    assert time_text(2.5e-9) == "2.50 ns"


class FakeWatch:
    def __init__(self):
        self.calls = []

    def see(self, m, time):
        self.calls.append(("see", round(time * 1e12), float(m[0, 0, 0, 0])))

    def restart(self, time):
        self.calls.append(("restart", round(time * 1e12)))

    def progress(self, share, text):
        pass


def test_every_pulse_begins_with_the_state_before_it_and_is_seen_at_rest():
    watch = FakeWatch()
    observe = pulse_observer(watch, [Step(1.0, 0.5e-9, 1e-9)] * 2)
    m = np.zeros((3, 1, 2, 2))
    for step in range(1, 17):
        m[:] = step
        observe(m, step * 125e-12, 0 if step < 4 else 1)
    assert watch.calls == [
        ("see", 125, 1.0), ("see", 375, 3.0),
        ("restart", 500), ("see", 375, 3.0), ("see", 1500, 12.0), ("see", 1750, 14.0),
        ("see", 2000, 16.0),
    ]  # fmt: skip
