"""Results that can be read while a sweep runs."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr

from neuroskyrm.app.sweep import load_sweep
from neuroskyrm.app.sweep_command import Place, records_of, run_sweep
from neuroskyrm.app.sweep_journal import Journal
from neuroskyrm.app.sweep_live import LiveResults, open_results
from neuroskyrm.app.sweep_plan import plan_sweep
from neuroskyrm.app.sweep_points import place_points
from neuroskyrm.app.sweep_results import dataset
from neuroskyrm.app.sweep_run import SweepRun
from neuroskyrm.errors import DataError


def planned(path):
    sweep, base = load_sweep(path)
    return sweep, plan_sweep(sweep, base, place_points(sweep))


def test_finished_points_are_there_and_the_others_are_not(sweep_file, tmp_path):
    sweep, plan = planned(sweep_file())
    live = LiveResults(sweep, plan, tmp_path / "results.zarr", [])
    journal = Journal(watch=live.add)

    def stop(tally):
        if tally.done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SweepRun(plan, journal, tmp_path, watch=stop).run()
    live.flush()
    part = open_results(tmp_path)
    done = part["done"].values == 1
    assert done.sum() == 4
    energy = part["device.energy_per_update"]
    assert energy.attrs["units"] == "J"
    assert np.array_equal(np.isfinite(energy.values), done)
    again = LiveResults(sweep, plan, tmp_path / "results.zarr", list(journal.records.values()))
    journal.watch = again.add
    SweepRun(plan, journal, tmp_path).run()
    again.flush()
    whole = open_results(tmp_path)
    assert (whole["done"] == 1).all()
    np.testing.assert_array_equal(
        whole["device.energy_per_update"].values[done], energy.values[done]
    )
    xr.testing.assert_identical(
        whole.drop_vars("done").drop_attrs(),
        dataset(sweep, plan, records_of(plan, journal)).drop_attrs(),
    )


def test_failures_have_their_reason(sweep_file, tmp_path):
    sweep, plan = planned(sweep_file(("[1, 2]", "[1, -2]")))
    live = LiveResults(sweep, plan, tmp_path / "results.zarr", [])
    SweepRun(plan, Journal(watch=live.add), tmp_path).run()
    live.flush()
    found = open_results(tmp_path)
    assert int(found["failed"].sum()) == 6
    reasons = json.loads(found.attrs["failures"])
    assert all("'device.layers' = -2" in text for text in reasons.values())


def test_only_chunks_that_changed_are_written(sweep_file, tmp_path, monkeypatch):
    monkeypatch.setattr("neuroskyrm.app.sweep_live.CHUNK", 4)
    sweep, plan = planned(
        sweep_file(("metrics: [", "sampling: random\npoints: 12\nmetrics: ["), ("count: 3, ", ""))
    )
    journal = Journal()
    SweepRun(plan, journal, tmp_path).run()
    *first, last = journal.records.values()
    live = LiveResults(sweep, plan, tmp_path / "results.zarr", first)
    folder = tmp_path / "results.zarr" / "card.states"
    before = {f.name: f.stat().st_mtime_ns for f in folder.iterdir() if f.name[0] != "."}
    assert sorted(before) == ["0", "1", "2"]
    live.add(last)
    live.flush()
    after = {f.name: f.stat().st_mtime_ns for f in folder.iterdir() if f.name[0] != "."}
    assert {name for name in after if after[name] != before[name]} == {str(last.number // 4)}
    assert (open_results(tmp_path)["done"] == 1).all()


def test_finished_sweep_leaves_netcdf_alone(sweep_file, tmp_path):
    run_sweep(sweep_file(), Place(tmp_path / "runs", jobs=1))
    (folder,) = (tmp_path / "runs").glob("sweep-energy-*")
    assert not (folder / "results.zarr").exists()
    assert open_results(folder)["card.states"].shape == (3, 2, 2)


def test_folder_without_results_is_named(tmp_path):
    with pytest.raises(DataError, match="must be the folder of a sweep"):
        open_results(tmp_path)
