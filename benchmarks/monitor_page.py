"""The watched run as people see it: pictures of page and panel, and what watching costs.

    python benchmarks/monitor_page.py docs/results/process-page

Takes the picture of the page with headless Chromium in the middle of a process (while its
simulation waits, so that the picture does not depend on the machine) and after it. The cost is
the processor time that `offer` takes of the simulation's thread, and that of whole runs in turns.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

import numpy as np
from rich.console import Console

from networks.monitor_board import Board
from networks.monitor_page import MonitorPage
from networks.monitor_stream import MonitorStream
from neuroskyrm.app.monitor_panel import panel
from neuroskyrm.app.watching import shipped_monitor
from neuroskyrm.atomistic import FieldPulse, Process, simulate_process
from neuroskyrm.io.atomic import write_json

PROCESS = Process(0.36, FieldPulse(28e-12), frame_times=tuple(5e-12 * k for k in range(19)))
OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--virtual-time-budget=3000", "--window-size=1280,860", "--hide-scrollbars",
)  # fmt: skip
REPEATS = 8


def picture(url: str, path: Path) -> None:
    """Write what Chromium shows of the page."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("monitor_page: chromium is not installed, so no picture can be taken.")
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [chromium, *OPTIONS, f"--user-data-dir={profile}", f"--screenshot={path}", url],
            check=True, capture_output=True, timeout=300,
        )  # fmt: skip


def watched(folder: Path | None) -> tuple[Board, list[float]]:
    """Run the process under watch; return the board and the thread's time in each `offer` [s]."""
    monitor = shipped_monitor("process")
    monitor.interval = 5e-12
    monitor.reset(PROCESS.pulse.centre)
    board = Board(
        "process switching", monitor.classifier.classes, ("mixed",), periodic=(True, True)
    )
    held: list[float] = []
    with MonitorPage(board) if folder else nullcontext() as page:
        with MonitorStream(monitor, board=board) as stream:

            def observe(moment: float, spins: np.ndarray) -> None:
                start = time.thread_time()
                stream.offer(spins, moment)
                held.append(time.thread_time() - start)
                board.progress(moment / 90e-12, f"{moment * 1e12:.0f} of 90 ps")
                if folder and round(moment * 1e12) == 55:
                    picture(page.url, folder / "page-running.png")

            simulate_process(PROCESS, observe)
        if folder:
            picture(page.url, folder / "page-ended.png")
    return board, held


def main(folder: Path) -> None:
    """Take the pictures, measure, write."""
    folder.mkdir(parents=True, exist_ok=True)
    board, _ = watched(folder)
    console = Console(
        file=io.StringIO(), record=True, width=110, force_terminal=True, color_system="truecolor"
    )
    console.print(panel(board.snapshot()))
    console.save_svg(str(folder / "panel.svg"), title="neuroskyrm simulate --monitor")
    offers, alone, beside = [], [], []
    for _ in range(REPEATS):
        start = time.process_time()
        simulate_process(PROCESS)
        alone.append(time.process_time() - start)
        start = time.process_time()
        offers += watched(None)[1]
        beside.append(time.process_time() - start)
    write_json(
        folder / "metrics.json",
        {
            "offer.median_us": round(float(np.median(offers)) * 1e6, 1),
            "offer.largest_us": round(max(offers) * 1e6, 1),
            "frames": len(PROCESS.frame_times),
            "processor_time.alone_ms": round(min(alone) * 1e3, 1),
            "processor_time.with_monitor_and_board_ms": round(min(beside) * 1e3, 1),
            "repeats": REPEATS,
            "command": "python benchmarks/monitor_page.py docs/results/process-page",
        },
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
