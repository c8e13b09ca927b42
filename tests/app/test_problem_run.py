"""Plain micromagnetic problems: interrupted and resumed, and what decides their reuse."""

import numpy as np
import pytest
import yaml
from PIL import Image

from neuroskyrm.app.problem import load_problem
from neuroskyrm.app.problem_build import build
from neuroskyrm.app.problem_pipeline import run_into_folder
from neuroskyrm.app.problem_run import run_problem
from neuroskyrm.app.progress import Reporter
from neuroskyrm.errors import NeuroSkyrmError
from neuroskyrm.io import ovf
from neuroskyrm.io.trajectory import Trajectory
from neuroskyrm.micromagnetics import State

PROBLEM = {
    "name": "small",
    "mesh": {"length": "48 nm", "width": "32 nm", "cell": "4 nm", "layers": 2},
    "field": ["0 mT", "0 mT", "80 mT"],
    "temperature": "300 K",
    "start": {"skyrmions": [{"radius": "10 nm"}]},
    "steps": [
        {"do": "minimise"},
        {"do": "run", "time": "8 ps", "every": "1 ps", "frames": 4},
        {"do": "run", "time": "12 ps", "current": "5 MA/cm^2", "frames": 3},
    ],
}


def problem(tmp_path, **changes):
    path = tmp_path / "problem.yaml"
    path.write_text(yaml.safe_dump({**PROBLEM, **changes}))
    return load_problem(path)


def test_an_interrupted_problem_ends_with_the_same_bits(tmp_path):
    whole, part = tmp_path / "whole", tmp_path / "part"
    for folder in (whole, part):
        folder.mkdir()
    case = problem(tmp_path, solver={"scheme": "rk4", "dt": "50 fs"})
    seen: list[str] = []
    expected = run_problem(case, whole, lambda fraction, text="": seen.append(text))
    assert any("step 50" in text and "energy -" in text for text in seen)
    for stop in (0.3, 0.6, 0.9):  # in the minimum or first run, first or second run, second run

        def tick(fraction, text="", stop=stop):
            if fraction > stop:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run_problem(case, part, tick, keep_every=0.0)
        assert not (part / "final.ovf").exists()
    assert (part / "checkpoint" / "after-1.h5").exists()
    assert run_problem(case, part, lambda *_: None) == expected
    assert (part / "final.ovf").read_bytes() == (whole / "final.ovf").read_bytes()
    one, other = (Trajectory.load(folder / "trajectory.h5") for folder in (whole, part))
    assert np.array_equal(one.snapshots, other.snapshots)
    assert all(np.array_equal(one[name], other[name]) for name in one.table)
    assert not (part / "checkpoint").exists()


def test_a_changed_start_file_is_not_taken_for_the_old_one(tmp_path):
    steps = [{"do": "run", "time": "1 ps", "frames": 0}]
    case = problem(tmp_path, start={"ovf": str(tmp_path / "m.ovf")}, steps=steps)
    ends = []
    for mx in (0.1, 0.5, 0.5):
        m = np.zeros((3, 2, 8, 12))
        m[0], m[2] = mx, 1
        ovf.write(tmp_path / "m.ovf", ovf.Ovf(m, (4e-9, 4e-9, 1e-9)))
        ends.append(run_into_folder(case, tmp_path / "runs", Reporter()))
    assert [end.reused for end in ends] == [False, False, True]
    assert ends[0].metrics["m.x"] != ends[1].metrics["m.x"]


def test_every_kind_of_torque_boundary_and_region_reaches_the_solver(tmp_path):
    picture = np.full((8, 12), 255, np.uint8)
    picture[:4, :3] = 0  # the upper left corner
    Image.fromarray(picture).save(tmp_path / "hole.png")
    regions = [
        {"shape": "image", "file": str(tmp_path / "hole.png"), "Ms": "0 A/m"},
        {"shape": "rectangle", "length": "8 nm", "width": "32 nm", "A": "5 pJ/m", "alpha": 0.5},
    ]
    fields = {}
    for kind in ("spin-orbit", "zhang-li", "slonczewski"):
        torque = {"kind": kind} if kind == "zhang-li" else {"kind": kind, "layers": [1, 0]}
        case = problem(tmp_path, regions=regions, torque=torque, bulk_dmi="1 mJ/m^2",
                       dmi_boundary="extrapolate")  # fmt: skip
        simulation = build(case)
        state = State(simulation.sample, simulation.m, current=1e12)
        fields[kind] = np.zeros_like(simulation.m)
        simulation.system.torques[0].field(state, fields[kind])
        inside = simulation.sample.inside
        assert not inside[:, 4:, :3].any()
        assert inside.sum() == 2 * (96 - 12)
        assert np.unique(simulation.system.alpha).tolist() == [0.1, 0.5]
        boundaries = [t.boundary for t in simulation.system.terms if hasattr(t, "boundary")]
        assert boundaries == ["extrapolate"] * 2
    assert not fields["spin-orbit"][:, 1].any()
    assert not fields["slonczewski"][:, 1].any()
    assert fields["zhang-li"][:, 1].any()


def test_shapes_combine(tmp_path):
    disc = {"shape": "disc", "radius": "16 nm"}
    half = {"shape": "rectangle", "length": "24 nm", "width": "32 nm", "centre": ["-12 nm", "0 nm"]}
    hole = {"shape": "disc", "radius": "8 nm"}
    ring = {"shape": "difference", "of": [disc, hole]}

    def inside(sample):
        return build(problem(tmp_path, sample=sample)).sample.inside[0]

    both = {name: inside(part) for name, part in (("disc", disc), ("half", half), ("hole", hole))}
    for kind, expected in (
        ("union", both["disc"] | both["half"]),
        ("intersection", both["disc"] & both["half"]),
        ("difference", both["disc"] & ~both["half"]),
    ):
        assert np.array_equal(inside({"shape": kind, "of": [disc, half]}), expected)
    assert np.array_equal(inside({"shape": "outside", "of": [disc]}), ~both["disc"])
    nested = {"shape": "intersection", "of": [ring, half]}
    assert np.array_equal(inside(nested), both["disc"] & ~both["hole"] & both["half"])


def test_an_image_inside_a_combination_counts_for_reuse(tmp_path):
    image = {"shape": "image", "file": str(tmp_path / "part.png")}
    sample = {"shape": "outside", "of": [image]}
    case = problem(tmp_path, sample=sample, steps=[{"do": "run", "time": "0.1 ps", "frames": 0}])
    ends = []
    for dark in (3, 5, 5):
        picture = np.full((8, 12), 255, np.uint8)
        picture[:, :dark] = 0
        Image.fromarray(picture).save(tmp_path / "part.png")
        ends.append(run_into_folder(case, tmp_path / "runs", Reporter()).reused)
    assert ends == [False, False, True]


@pytest.mark.parametrize(("changes", "message"), [
    ({"sample": {"shape": "union"}}, "'sample.of' is empty"),
    ({"sample": {"shape": "outside", "of": [{"shape": "disc"}]}}, "'sample.of.0.radius' is miss"),
    ({"torque": {"layers": [1, 0, 0]}}, "'torque.layers' has 3 numbers"),
    ({"start": {"ovf": "wrong.ovf"}}, r"wrong.ovf: holds \(3, 1, 4, 5\) numbers"),
    ({"solver": {"device": "cuda:99"}}, "device = 'cuda:99'"),
])  # fmt: skip
def test_what_does_not_fit_is_named(tmp_path, monkeypatch, changes, message):
    monkeypatch.chdir(tmp_path)
    ovf.write("wrong.ovf", ovf.Ovf(np.ones((3, 1, 4, 5)), (1e-9, 1e-9, 1e-9)))
    with pytest.raises(NeuroSkyrmError, match=message):
        build(problem(tmp_path, **changes))
