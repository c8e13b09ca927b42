"""A real Dask cluster: workers killed in the middle, the scheduler restarted."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
import xarray as xr

from neuroskyrm.app.sweep import load_sweep
from neuroskyrm.app.sweep_command import records_of
from neuroskyrm.app.sweep_executors import dask
from neuroskyrm.app.sweep_journal import Journal
from neuroskyrm.app.sweep_plan import plan_sweep
from neuroskyrm.app.sweep_points import place_points
from neuroskyrm.app.sweep_results import dataset
from neuroskyrm.app.sweep_run import SweepRun
from neuroskyrm.errors import ConfigError

pytest.importorskip("distributed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("true") is None, reason="needs a POSIX system"),
    # Dask warns of sockets that a killed process leaves open.
    pytest.mark.filterwarnings("ignore"),
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cluster:
    """A scheduler and two workers as processes of their own."""

    def __init__(self, folder):
        self.folder = folder
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self.workers = []
        self.scheduler = None

    def start_scheduler(self):
        port = self.address.rpartition(":")[2]
        self.scheduler = self._start(
            "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", port,
            "--no-dashboard", "--no-jupyter",
        )  # fmt: skip

    def start_worker(self):
        command = ("distributed.cli.dask_worker", self.address, "--nthreads", "1", "--no-nanny",
                   "--no-dashboard", "--local-directory", str(self.folder))  # fmt: skip
        self.workers.append(self._start(*command))

    def _start(self, module, *arguments):
        log = (self.folder / f"{module}-{time.time_ns()}.log").open("w")
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments], stdout=log, stderr=log, cwd=self.folder
        )

    def stop(self):
        for process in [*self.workers, self.scheduler]:
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()


@contextmanager
def cluster(folder):
    folder.mkdir()
    found = Cluster(folder)
    try:
        found.start_scheduler()
        found.start_worker()
        found.start_worker()
        yield found
    finally:
        found.stop()


def planned(path):
    sweep, base = load_sweep(path)
    return sweep, plan_sweep(sweep, base, place_points(sweep))


@pytest.fixture
def many(sweep_file):
    return sweep_file(("count: 3", "count: 40"))


def serial(path, folder):
    sweep, plan = planned(path)
    journal = Journal()
    SweepRun(plan, journal, folder).run()
    return dataset(sweep, plan, records_of(plan, journal))


def check_journal(file, points):
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert sorted(line["number"] for line in lines) == list(range(points))


def test_killed_worker_loses_nothing(many, tmp_path):
    sweep, plan = planned(many)
    journal = Journal(tmp_path / "points.jsonl")
    with cluster(tmp_path / "cluster") as workers:
        killed = []

        def kill(tally):
            if tally.computed >= 15 and not killed:
                os.kill(workers.workers[0].pid, signal.SIGKILL)
                killed.append(tally.done)

        make = dask(workers.address, 120)
        tally = SweepRun(plan, journal, tmp_path, make, 8, watch=kill).run()
    assert killed
    assert (tally.done, tally.failed) == (160, 0)
    check_journal(tmp_path / "points.jsonl", 160)
    xr.testing.assert_identical(
        serial(many, tmp_path / "serial"), dataset(sweep, plan, records_of(plan, journal))
    )


def test_restarted_scheduler_loses_nothing(many, tmp_path):
    sweep, plan = planned(many)
    with cluster(tmp_path / "cluster") as workers:
        restarted = []

        def restart(tally):
            if tally.computed >= 15 and not restarted:
                restarted.append(tally.done)
                workers.scheduler.kill()
                workers.scheduler.wait()
                for worker in workers.workers:
                    worker.kill()
                workers.start_scheduler()
                workers.start_worker()

        journal = Journal(tmp_path / "points.jsonl")
        make = dask(workers.address, 120)
        tally = SweepRun(plan, journal, tmp_path, make, 8, watch=restart).run()
    assert restarted
    assert (tally.done, tally.failed) == (160, 0)
    check_journal(tmp_path / "points.jsonl", 160)
    xr.testing.assert_identical(
        serial(many, tmp_path / "serial"), dataset(sweep, plan, records_of(plan, journal))
    )


def test_scheduler_that_is_not_there_is_named(many, tmp_path):
    _, plan = planned(many)
    make = dask(f"tcp://127.0.0.1:{free_port()}", 2)
    with pytest.raises(ConfigError, match="no Dask scheduler answers there"):
        SweepRun(plan, Journal(), tmp_path, make, 8).run()
