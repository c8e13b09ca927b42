"""A sweep on a real Dask cluster whose worker is killed and whose scheduler is restarted.

Run as a program of its own, ``python dask_scenario.py SWEEP FOLDER``, so that what Dask leaves
behind when its other side dies (sockets, threads, log lines) stays out of the tests' process.
Writes what happened as one line of JSON.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

WIDTH = 8
PATIENCE = 300.0  # seconds for a scheduler to answer, on a machine that does much else


class Cluster:
    """A scheduler and workers, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = str(probe.getsockname()[1])
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.processes: list[subprocess.Popen] = []
        self.workers: list[subprocess.Popen] = []

    def start(self, workers: int) -> None:
        self.scheduler = self._start(
            "dask_scheduler", "--host", "127.0.0.1", "--port", self.port,
            "--no-dashboard", "--no-jupyter",
        )  # fmt: skip
        self.workers = [
            self._start("dask_worker", self.address, "--nthreads", "1", "--no-nanny",
                        "--no-dashboard", "--local-directory", str(self.folder))
            for _ in range(workers)
        ]  # fmt: skip

    def _start(self, program: str, *arguments: str) -> subprocess.Popen:
        command = [sys.executable, "-m", f"distributed.cli.{program}", *arguments]
        with (self.folder / "cluster.log").open("a") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        self.processes.append(process)
        return process

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


def main(file: Path, folder: Path) -> None:
    from neuroskyrm.app.sweep import load_sweep
    from neuroskyrm.app.sweep_command import records_of
    from neuroskyrm.app.sweep_executors import dask
    from neuroskyrm.app.sweep_journal import Journal
    from neuroskyrm.app.sweep_plan import plan_sweep
    from neuroskyrm.app.sweep_points import place_points
    from neuroskyrm.app.sweep_results import dataset
    from neuroskyrm.app.sweep_run import SweepRun

    sweep, base = load_sweep(file)
    plan = plan_sweep(sweep, base, place_points(sweep))
    journal = Journal(folder / "points.jsonl")
    cluster = Cluster(folder)
    seen: dict[str, int] = {}

    def disturb(tally):
        if "killed" not in seen and tally.computed >= 10:
            seen["killed"] = tally.done
            os.kill(cluster.workers[0].pid, signal.SIGKILL)
        elif "restarted" not in seen and tally.computed >= 40:
            seen["restarted"] = tally.done
            cluster.stop()
            cluster.start(1)

    try:
        cluster.start(2)
        make = dask(cluster.address, PATIENCE)
        tally = SweepRun(plan, journal, folder, make, WIDTH, watch=disturb).run()
    finally:
        cluster.stop()
    dataset(sweep, plan, records_of(plan, journal)).to_netcdf(folder / "results.nc", engine="scipy")
    sys.stdout.write(json.dumps({**seen, **asdict(tally)}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
