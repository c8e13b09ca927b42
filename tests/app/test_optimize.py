"""Design search: a front that nothing dominates, the same on every machine, verified."""

from __future__ import annotations

import csv
import json

import pytest

from neuroskyrm.app.optimize import load_design
from neuroskyrm.app.optimize_command import run_design, tell_cost
from neuroskyrm.app.optimize_search import Search
from neuroskyrm.app.sweep_command import Place
from neuroskyrm.app.sweep_executors import SerialExecutor
from neuroskyrm.errors import ConfigError

pytest.importorskip("optuna")

DESIGN = """\
name: cheap
rung: card
until: calibrate
set: {{card.use: {card}}}
parameters:
  drive.current: {{from: 1 MA/cm^2, to: 3 MA/cm^2}}
  drive.width: {{from: 0.5 ns, to: 4 ns, spacing: log}}
  device.width: [120 nm, 140 nm, 180 nm]
tied: {{drive.nominal: {{to: drive.current, factor: 12}}}}
objectives: {{device.energy_per_update: min, device.update_time: max}}
constraints: {{device.area: {{at_most: 4.0e-14}}}}
trials: 24
"""


@pytest.fixture
def design_file(tmp_path, card_file):
    def write(*changes):
        text = DESIGN.format(card=card_file)
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "design.yaml"
        path.write_text(text)
        return path

    return write


def searched(path, folder):
    search = Search(*load_design(path), folder, folder, SerialExecutor, 1)
    search.run()
    return search


def test_front_is_feasible_and_nothing_dominates_it(design_file, tmp_path):
    search = searched(design_file(), tmp_path)
    front = search.front()
    feasible = [r for r in search.records if r.metrics["device.area"] <= 4e-14]
    assert 0 < len(front) <= len(feasible) < len(search.records) == 24
    for best in front:
        energy, time = (best.metrics[n] for n in search.design.objectives)
        for other in feasible:
            e, t = (other.metrics[n] for n in search.design.objectives)
            assert not (e <= energy and t >= time and (e, t) != (energy, time))


def test_tied_value_follows_its_parameter(design_file, tmp_path):
    search = searched(design_file(), tmp_path)
    for point in search.points:
        values = point.values
        assert values["drive.nominal"] == pytest.approx(12 * values["drive.current"], rel=1e-5)


def test_interrupted_search_goes_on_with_the_same_points(design_file, tmp_path):
    whole = searched(design_file(), tmp_path / "whole")
    journal = tmp_path / "part" / "points.jsonl"
    journal.parent.mkdir()
    lines = (tmp_path / "whole" / "points.jsonl").read_text().splitlines(keepends=True)
    journal.write_text("".join(lines[:11]))
    again = searched(design_file(), tmp_path / "part")
    assert [p.values for p in again.points] == [p.values for p in whole.points]
    assert [r.metrics for r in again.records] == [r.metrics for r in whole.records]
    assert len(journal.read_text().splitlines()) == 24


def test_width_and_current_decide_the_energy_alone(design_file, tmp_path):
    # The energy goes with width * current^2 * area; the time with the width alone.
    importance = searched(design_file(), tmp_path).importance()
    assert max(importance["device.update_time"], key=importance["device.update_time"].get) == (
        "drive.width"
    )
    energy = importance["device.energy_per_update"]
    assert sum(energy.values()) == pytest.approx(1)
    assert energy["drive.current"] + energy["drive.width"] > 0.7


def test_command_writes_table_front_and_picture(design_file, tmp_path):
    folder = run_design(design_file(("trials: 24", "trials: 16")), Place(tmp_path, jobs=1))
    rows = list(csv.reader((folder / "trials.csv").read_text().splitlines()))
    assert len(rows) == 17
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["design.trials"] == 16
    assert len(metrics["design.front"]) == sum(int(row[-2]) for row in rows[1:])
    assert (folder / "figure.png").stat().st_size > 5000


def test_point_that_is_no_valid_study_does_not_stop_the_search(design_file, tmp_path):
    search = searched(design_file(("[120 nm, 140 nm, 180 nm]", "[140 nm, -1 nm]")), tmp_path)
    assert 0 < sum(bool(r.error) for r in search.records) < 24


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("to: drive.current", "to: drive.pause"), "must be a parameter with a range"),
        (("until: calibrate", "until: simulate"), "is no stage of rung card"),
        (("drive.width:", "drive.widht:"), "did you mean 'width'"),
        (("trials: 24", "rung: full\nverify: 2"), "given twice"),
        (("rung: card", "rung: full\nverify: 2"), "has no meaning on rung full"),
        (("device.update_time: max", "device.update_time: most"), "objectives"),
    ],
)
def test_bad_design_file_is_one_sentence(design_file, change, message):
    with pytest.raises(ConfigError, match=message):
        load_design(design_file(change))


def test_metric_that_no_stage_gives_is_named(design_file, tmp_path):
    with pytest.raises(ConfigError, match=r"gives no metric 'deep\.accuracy'"):
        searched(design_file(("device.update_time", "deep.accuracy")), tmp_path)


class TestDryRun:
    def test_tells_trials_time_and_disk_and_computes_nothing(self, design_file, tmp_path, capsys):
        tell_cost(design_file(), Place(tmp_path / "runs", jobs=1))
        said = " ".join(capsys.readouterr().out.split())
        assert "24 trials on rung card" in said
        assert "24 points; about" in said
        assert "MB on disk" in said
        assert said.endswith("nothing was run")
        assert not (tmp_path / "runs").exists()

    def test_probe_is_the_first_point_of_the_search(self, design_file, tmp_path, capsys):
        runs = tmp_path / "runs"
        tell_cost(design_file(), Place(runs, jobs=1), probe_first=True)
        assert "one point was computed" in " ".join(capsys.readouterr().out.split())
        before = {path.name for path in (runs / "stages").iterdir()}
        run_design(design_file(), Place(runs, jobs=1))
        journal = next(runs.glob("design-*/points.jsonl")).read_text()
        first = json.loads(journal.splitlines()[0])
        assert first["number"] == 0
        assert f"calibrate-{first['key']}" in before

    def test_tells_what_verification_will_cost(self, design_file, tmp_path, capsys):
        tell_cost(design_file(("trials: 24", "trials: 8\nverify: 2")), Place(tmp_path, jobs=1))
        assert "the best 2 again on rung full" in " ".join(capsys.readouterr().out.split())
