"""A real Dask cluster: a worker killed in the middle, the scheduler restarted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest
import xarray as xr

from neuroskyrm.app import sweep_executors
from neuroskyrm.app.sweep import load_sweep
from neuroskyrm.app.sweep_command import records_of
from neuroskyrm.app.sweep_journal import Journal
from neuroskyrm.app.sweep_plan import plan_sweep
from neuroskyrm.app.sweep_points import place_points
from neuroskyrm.app.sweep_results import dataset
from neuroskyrm.app.sweep_run import SweepRun
from neuroskyrm.errors import ConfigError

SCENARIO = Path(__file__).with_name("dask_scenario.py")


@pytest.mark.slow
@pytest.mark.skipif(find_spec("distributed") is None, reason="needs the package distributed")
@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX system")
def test_killed_worker_and_restarted_scheduler_lose_nothing(sweep_file, tmp_path):
    path = sweep_file(("count: 3", "count: 40"))
    folder = tmp_path / "dask"
    folder.mkdir()
    command = [sys.executable, str(SCENARIO), str(path), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    log = folder / "cluster.log"
    assert done.returncode == 0, done.stderr + (log.read_text() if log.exists() else "")
    tally = json.loads(done.stdout.splitlines()[-1])
    assert tally["killed"] < tally["restarted"] < 160
    assert (tally["done"], tally["failed"]) == (160, 0)
    lines = [json.loads(line) for line in (folder / "points.jsonl").read_text().splitlines()]
    assert sorted(line["number"] for line in lines) == list(range(160))
    sweep, base = load_sweep(path)
    plan = plan_sweep(sweep, base, place_points(sweep))
    journal = Journal()
    SweepRun(plan, journal, tmp_path / "serial").run()
    serial = dataset(sweep, plan, records_of(plan, journal))
    with xr.open_dataset(folder / "results.nc") as found:
        xr.testing.assert_identical(serial, found.load())


def test_scheduler_that_is_not_there_is_named(sweep_file, tmp_path, monkeypatch):
    def client(address, timeout):
        raise OSError(f"Timed out trying to connect to {address} after {timeout} s")

    fake = SimpleNamespace(Client=client)
    monkeypatch.setattr(sweep_executors, "needed", lambda module: fake)
    sweep, base = load_sweep(sweep_file())
    plan = plan_sweep(sweep, base, place_points(sweep))
    make = sweep_executors.dask("tcp://127.0.0.1:1", 2)
    with pytest.raises(ConfigError, match="no Dask scheduler answers there"):
        SweepRun(plan, Journal(), tmp_path, make, 8).run()
