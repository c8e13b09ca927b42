"""What a sweep costs beside its stages, and how well two processes share it.

    python benchmarks/sweep_overhead.py [POINTS] [--write]  # one core, a minute
    python benchmarks/sweep_overhead.py --tracks [--write]   # two quiet cores, half a minute

Start: processor time of a fresh worker until it can take a stage. Overhead: POINTS (10,000) cheap
points on rung `card`, one stage each, journal and live zarr store on disk; all time that is not the
stage's own, in processor time and in wall time. Efficiency: eight short trajectories in one and in
two processes, beside the same in two plain processes without any sweep, which shows what the
machine gives; it needs two quiet cores. Prints JSON; --write also puts it into
docs/results/sweep-overhead.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from devicemodels.reference import soft_bounds
from neuroskyrm.app.sweep import load_sweep
from neuroskyrm.app.sweep_executors import processes
from neuroskyrm.app.sweep_journal import Journal
from neuroskyrm.app.sweep_live import LiveResults
from neuroskyrm.app.sweep_plan import plan_sweep
from neuroskyrm.app.sweep_points import place_points
from neuroskyrm.app.sweep_run import SweepRun
from neuroskyrm.app.sweep_work import work_alone
from neuroskyrm.io.atomic import write_json
from neuroskyrm.io.provenance import machine

RESULTS = Path(__file__).parents[1] / "docs" / "results" / "sweep-overhead"

CHEAP = """
rung: card
until: calibrate
set: {{card.use: {card}}}
sampling: latin-hypercube
points: {points}
axes:
  drive.nominal: {{from: 10 MA/cm^2, to: 50 MA/cm^2}}
  drive.width: {{from: 0.5 ns, to: 4 ns}}
"""

TRAJECTORIES = """
rung: full
until: simulate
set: {device.preset: demo, drive.pulses: 1, drive.cycles: 1, drive.width: 0.5 ns,
      drive.pause: 0.5 ns, drive.reads: 1}
repeats: 8
axes:
  device.temperature: [300 K]
"""


def overhead(folder: Path, points: int) -> dict[str, object]:
    """Return the cost of a cheap point beside its stage [ms]."""
    soft_bounds(6).save(folder / "card.yaml")
    file = folder / "cheap.yaml"
    file.write_text(CHEAP.format(card=folder / "card.yaml", points=points))
    run_of(file, folder / "warm", limit=20)
    processor, wall = time.process_time(), time.perf_counter()
    sweep, base = load_sweep(file)
    plan = plan_sweep(sweep, base, place_points(sweep))
    planned = time.process_time() - processor
    live = LiveResults(sweep, plan, folder / "results.zarr", [])
    run = SweepRun(plan, Journal(folder / "points.jsonl", live.add), folder)
    stage = 0.0
    inner = run._settle

    def settle(digest, outcome):
        nonlocal stage
        stage += outcome.seconds
        inner(digest, outcome)

    run._settle = settle
    tally = run.run()
    live.flush()
    processor, wall = time.process_time() - processor, time.perf_counter() - wall
    share = processor / wall
    return {
        "sweep.worker_start_s": start_of_worker(),
        "sweep.points": tally.done,
        "sweep.planning_ms_per_point": 1e3 * planned / points,
        # Stages are timed by the wall; a busy machine gives this process only a share of it.
        "sweep.overhead_ms_per_point": 1e3 * (processor - stage * share) / points,
        "sweep.total_ms_per_point_wall": 1e3 * wall / points,
        "sweep.processor_share": share,
    }


def start_of_worker() -> float:
    """Return the processor time in which a process gets ready to work on stages [s]."""
    found = []
    for _ in range(3):
        before = os.times()
        subprocess.run([sys.executable, "-c", "import neuroskyrm.app.sweep_work"], check=True)
        after = os.times()
        spent = after.children_user - before.children_user
        found.append(spent + after.children_system - before.children_system)
    return min(found)


def run_of(file: Path, folder: Path, jobs: int = 1, limit: int | None = None) -> float:
    """Return the wall time of a sweep on so many processes [s]."""
    sweep, base = load_sweep(file)
    plan = plan_sweep(sweep, base, place_points(sweep)[:limit])
    start = time.perf_counter()
    SweepRun(plan, Journal(), folder, processes(jobs), 4 * jobs).run()
    return time.perf_counter() - start


def efficiency(folder: Path) -> dict[str, object]:
    """Return how much sooner two processes finish than one, with and without the sweep."""
    file = folder / "tracks.yaml"
    file.write_text(TRAJECTORIES)
    run_of(file, folder / "warm", 1, 1)
    found: dict[str, Any] = {}
    for jobs in (1, 2):
        sweep, base = load_sweep(file)
        plan = plan_sweep(sweep, base, place_points(sweep))
        pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
        # Workers are started and compiled before the clock runs.
        warm = SweepRun(plan, Journal(), folder / f"start-{jobs}", lambda pool=pool: Keep(pool), 8)
        warm.run()
        start = time.perf_counter()
        SweepRun(plan, Journal(), folder / f"pool-{jobs}", lambda pool=pool: Keep(pool), 8).run()
        found[f"sweep.seconds_{jobs}"] = time.perf_counter() - start
        run = SweepRun(plan, Journal(), folder / f"plain-{jobs}")
        calls = [run._job(digest) for digest in plan.tasks]
        start = time.perf_counter()
        list(pool.map(work_alone, calls))
        found[f"plain.seconds_{jobs}"] = time.perf_counter() - start
        pool.shutdown()
    found["sweep.speedup_2"] = found["sweep.seconds_1"] / found["sweep.seconds_2"]
    found["plain.speedup_2"] = found["plain.seconds_1"] / found["plain.seconds_2"]
    return found


class Keep:
    """An executor that is not shut down by the sweep."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self.submit = pool.submit

    def shutdown(self, **_: bool) -> None:
        """Keep the workers."""


def main() -> None:
    """Measure, print, and write if told to."""
    numbers = [word for word in sys.argv[1:] if word.isdigit()]
    points = int(numbers[0]) if numbers else 10_000
    tracks = "--tracks" in sys.argv
    with tempfile.TemporaryDirectory() as name:
        found = efficiency(Path(name)) if tracks else overhead(Path(name), points)
    found["machine"] = machine()
    print(json.dumps(found, indent=2))
    if "--write" in sys.argv:
        write_json(RESULTS / ("two-processes.json" if tracks else "metrics.json"), found)


if __name__ == "__main__":
    main()
