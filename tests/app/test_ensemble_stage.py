"""A study with several noise seeds: one trajectory each, resumed, all of them in the card."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from neuroskyrm.app.estimate import estimate
from neuroskyrm.app.stages import calibrate, simulate, surrogate
from neuroskyrm.app.stages.base import Context
from neuroskyrm.app.study import Study
from neuroskyrm.io.stage_store import StageResult

TINY = {
    "seed": 3,
    "device": {
        "preset": "demo",
        "length": 120e-9,
        "width": 80e-9,
        "skyrmions": 1,
        "barrier": {"along": 8e-9, "across": 8e-9, "corner": 4e-9},
    },
    "drive": {"pulses": 1, "cycles": 1, "width": 2e-11, "pause": 2e-11, "reads": 2, "seeds": 2},
    "card": {"use": "rim-n4-300K"},
}


def test_every_seed_has_its_trajectory_and_goes_into_the_card(tmp_path, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    study, seen = Study.model_validate(TINY), []

    def context(**inputs):
        return Context(study, tmp_path, inputs, lambda share, text: seen.append(share))

    metrics = simulate.STAGE.work(context())
    assert seen[-1] == 1.0
    assert seen == sorted(seen)
    result = StageResult("simulate", "0", tmp_path, metrics, 0.0, False)
    first, second = simulate.load_trajectories(context(simulate=result))
    assert [run.attrs["seed"] for run in (first, second)] == [3, 4]
    assert not np.array_equal(first.snapshots, second.snapshots)
    changed = (tmp_path / simulate.TRAJECTORY).stat().st_mtime_ns
    simulate.STAGE.work(context())  # all there: nothing is simulated again
    assert (tmp_path / simulate.TRAJECTORY).stat().st_mtime_ns == changed
    metrics = calibrate.STAGE.work(context(simulate=result))
    # The skyrmion of this device does not cross in 20 ps: a finding, not an error.
    assert metrics["device.states"] == 1
    assert "a card needs at least 2 states" in metrics["device.problem"]


def test_every_seed_of_the_rigid_rung_has_its_trajectory(tmp_path):
    committed = Path(__file__).parents[2] / "docs" / "results" / "sweep-fidelity" / "model-rim.json"
    (tmp_path / "learned").mkdir()
    shutil.copyfile(committed, tmp_path / "learned" / surrogate.MODEL)
    drive = {"pulses": 2, "cycles": 1, "reads": 2, "seeds": 3}
    study = Study.model_validate({"seed": 3, "device": {"preset": "rim"}, "drive": drive})
    learned = StageResult(surrogate.LEARN, "0", tmp_path / "learned", {}, 0.0, False)

    def context(**inputs):
        return Context(study, tmp_path, inputs, lambda share, text: None)

    (stage,) = [s for s in surrogate.THIELE_STAGES if s.name == "simulate"]
    metrics = stage.work(context(**{surrogate.LEARN: learned}))
    result = StageResult("simulate", "0", tmp_path, metrics, 0.0, False)
    runs = simulate.load_trajectories(context(simulate=result))
    assert [run.attrs["seed"] for run in runs] == [3, 4, 5]
    assert (runs[0]["profile"] != runs[2]["profile"]).any()


def test_seeds_cost_what_they_take():
    one, two = (
        estimate(Study.model_validate({**TINY, "drive": {**TINY["drive"], "seeds": n}}))[0]
        for n in (1, 2)
    )
    assert two.seconds == 2 * one.seconds
