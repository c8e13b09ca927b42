"""Plain micromagnetic problems: interrupted and resumed, and what decides their reuse."""

import numpy as np
import pytest
import yaml

from neuroskyrm.app.problem import load_problem
from neuroskyrm.app.problem_pipeline import run_into_folder
from neuroskyrm.app.problem_run import run_problem
from neuroskyrm.app.progress import Reporter
from neuroskyrm.io import ovf
from neuroskyrm.io.trajectory import Trajectory

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
