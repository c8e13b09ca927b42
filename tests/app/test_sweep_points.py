"""Where points lie, and which stages they need."""

from __future__ import annotations

import numpy as np
import pytest

from neuroskyrm.app.sweep import load_sweep
from neuroskyrm.app.sweep_plan import plan_sweep
from neuroskyrm.app.sweep_points import place_points, unit_of
from neuroskyrm.errors import ConfigError


def points_of(path):
    sweep, _ = load_sweep(path)
    return place_points(sweep)


class TestPoints:
    def test_grid_is_the_product_of_the_axes_in_si(self, sweep_file):
        points = points_of(sweep_file())
        assert [p.number for p in points] == list(range(12))
        widths = sorted({p.values["drive.width"] for p in points})
        np.testing.assert_allclose(widths, [1e-9, 2e-9, 4e-9], rtol=1e-11)
        assert {p.values["drive.nominal"] for p in points} == {2e11, 4e11}

    def test_latin_hypercube_has_one_point_in_every_slice(self, sweep_file):
        path = sweep_file(
            ("count: 3, ", ""), ("axes:", "sampling: latin-hypercube\npoints: 8\naxes:")
        )
        points = points_of(path)
        logs = np.log2([p.values["drive.width"] / 1e-9 for p in points]) / 2
        assert sorted(np.floor(logs * 8).astype(int)) == list(range(8))

    def test_same_seed_same_points_other_seed_other_points(self, sweep_file):
        change = ("count: 3, ", "")
        random = "sampling: random\npoints: 5\nseed: {}\naxes:"
        one, two, other = (
            points_of(sweep_file(change, ("axes:", random.format(s)))) for s in (1, 1, 2)
        )
        assert one == two
        assert one != other

    def test_whole_numbers_stay_whole(self, sweep_file):
        path = sweep_file(("[1, 2]", "{from: 1, to: 5, count: 3}"))
        assert {p.values["device.layers"] for p in points_of(path)} == {1, 3, 5}

    def test_units_come_from_the_study(self):
        assert unit_of("drive.width") == "s"
        assert unit_of("device.film.Ku") == "J/m^3"
        assert unit_of("deep.steps") == "1"


class TestPlan:
    def test_points_share_every_stage_that_the_axis_does_not_touch(self, sweep_file):
        path = sweep_file(
            ("rung: card", "rung: full"), ("until: calibrate", "until: evaluate"),
            ("  drive.width: {from: 1 ns, to: 4 ns, count: 3, spacing: log}\n", ""),
            ("device.layers: [1, 2]", "crossbar.read_noise: [true, false]"),
            ("drive.nominal: [20 MA/cm^2, 40 MA/cm^2]", "stdp.test: [10, 20, 30]"),
        )  # fmt: skip
        sweep, base = load_sweep(path)
        plan = plan_sweep(sweep, base, place_points(sweep))
        stages = [task.stage for task in plan.tasks.values()]
        assert len(plan.points) == 6
        assert {name: stages.count(name) for name in stages} == {
            "simulate": 1, "calibrate": 1, "train-deep": 1, "train-stdp": 6, "program": 2,
            "evaluate": 6,
        }  # fmt: skip

    def test_repeats_differ_in_their_seed_alone(self, sweep_file):
        sweep, base = load_sweep(sweep_file(("axes:", "repeats: 2\naxes:")))
        plan = plan_sweep(sweep, base, place_points(sweep))
        first, second = (plan.tasks[p.key].study for p in plan.points[:2])
        assert second.seed == first.seed + 1
        assert second.model_dump(exclude={"seed"}) == first.model_dump(exclude={"seed"})

    def test_one_rigid_model_serves_every_barrier_and_drive(self, sweep_file):
        path = sweep_file(
            ("rung: card", "rung: thiele"), ("device.layers: [1, 2]",
             "device.barrier.across: [20 nm, 32 nm]"),
        )  # fmt: skip
        sweep, base = load_sweep(path)
        plan = plan_sweep(sweep, base, place_points(sweep))
        stages = [task.stage for task in plan.tasks.values()]
        assert {name: stages.count(name) for name in stages} == {
            "learn-thiele": 1, "simulate": 12, "calibrate": 12,
        }  # fmt: skip

    def test_coarse_rung_has_cells_twice_as_wide(self, sweep_file):
        path = sweep_file(("rung: card", "rung: coarse"), ("until: calibrate", "until: simulate"))
        sweep, base = load_sweep(path)
        plan = plan_sweep(sweep, base, place_points(sweep))
        assert {task.study.device.cell for task in plan.tasks.values()} == {8e-9}

    def test_a_sweep_without_a_valid_point_is_refused_at_once(self, sweep_file):
        sweep, base = load_sweep(sweep_file(("[1, 2]", "[-1, 0]")))
        with pytest.raises(ConfigError, match=r"not one point is a valid study.*layers"):
            plan_sweep(sweep, base, place_points(sweep))


BAD = [
    (("rung: card", "rung: rough"), "rung.*full"),
    (("until: calibrate", "until: simulate"), "'until' = 'simulate' is no stage"),
    (("drive.width", "drive.widht"), "did you mean 'width'"),
    (("drive.width", "drive"), "section"),
    (("1 ns", "1 T"), "drive.width"),
    (("1 ns", "0 ns"), "positive to be log"),
    (("count: 3, ", ""), "axes.drive.width.count' is missing"),
    (("axes:", "points: 3\naxes:"), "'points' = 3 has no meaning"),
    (("axes:", "sampling: random\naxes:"), "'points' is missing"),
    (("metrics:", "metricks:"), "did you mean 'metrics'"),
    (("axes:", "verify: {metric: card.states, rung: card}\naxes:"), "must be higher"),
    (("axes:", "study: nowhere.yaml\naxes:"), "no such file"),
    (("[1, 2]", "[]"), "axes"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_sweep_file_is_one_sentence(sweep_file, change, message):
    with pytest.raises(ConfigError, match=message) as caught:
        points_of(sweep_file(change))
    assert "\n" not in str(caught.value)
