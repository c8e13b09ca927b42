"""Ensembles: one file a seed, resumed where they stopped, the same wherever they run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from devicemodels.calibrate_ensemble import run_ensemble, run_member, trajectory_path
from devicemodels.calibrate_figure import save_calibration_figure
from devicemodels.calibrate_visits import visits_of
from devicemodels.card import load_card, shipped_cards
from devicemodels.readout import Readout
from neuroskyrm.micromagnetics.track import DEMO, Barrier
from neuroskyrm.micromagnetics.track_drive import Drive, Step

TINY = replace(
    DEMO,
    name="tiny",
    length=96e-9,
    width=64e-9,
    skyrmions=1,
    barrier=Barrier(along=8e-9, across=8e-9, corner=4e-9),
)
DRIVE = Drive((Step(1, 0.02e-9, 0.02e-9), Step(-1, 0.02e-9, 0.02e-9)), 2e10, 24e10, reads=2)


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    seen = []
    found = run_ensemble(TINY, DRIVE, [1, 2], folder, progress=lambda *done: seen.append(done))
    return folder, found, seen


def test_each_seed_leaves_one_file_and_no_checkpoint(ensemble):
    folder, found, seen = ensemble
    assert sorted(path.name for path in folder.iterdir()) == ["tiny-1.h5", "tiny-2.h5"]
    assert not np.array_equal(found[0].snapshots, found[1].snapshots)
    assert seen == [(1, 2), (2, 2)]


def test_finished_seeds_are_read_and_not_run_again(ensemble):
    folder, found, _ = ensemble
    stamp = trajectory_path(folder, TINY, 1).stat().st_mtime_ns
    again = run_ensemble(TINY, DRIVE, [1, 2], folder)
    assert trajectory_path(folder, TINY, 1).stat().st_mtime_ns == stamp
    assert np.array_equal(again[1]["profile"], found[1]["profile"])


def test_an_executor_gives_the_same_bits(ensemble, tmp_path):
    _, found, _ = ensemble
    with ThreadPoolExecutor(2) as pool:
        other = run_ensemble(TINY, DRIVE, [1, 2], tmp_path, executor=pool)
    for one, two in zip(found, other, strict=True):
        assert np.array_equal(one.snapshots, two.snapshots)


def test_a_member_is_named_by_track_and_seed(tmp_path):
    path = run_member(TINY, replace(DRIVE, steps=DRIVE.steps[:1]), 7, tmp_path)
    assert path == tmp_path / "tiny-7.h5"
    assert path.exists()


def test_the_figure_of_a_calibration_is_written(ensemble, tmp_path):
    runs = [visits_of(trajectory, Readout(), TINY) for trajectory in ensemble[1]]
    card = load_card(shipped_cards()[0])
    save_calibration_figure(card, runs, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
