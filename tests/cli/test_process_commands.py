"""Process files on the command line: one process, watched or not, and diagrams over two axes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xarray
import yaml

from neuroskyrm.app.process_file import ProcessFile, load_process
from neuroskyrm.atomistic import PAPER_DAMPINGS, PAPER_WIDTHS, FieldPulse, Hamiltonian, Process

EXAMPLES = Path(__file__).parents[2] / "examples" / "processes"
SMALL = {
    "name": "small",
    "process": {"damping": 0.3, "interval": "6 ps", "frames": 5},
    "pulse": {"width": "6 ps", "centre": "20 ps"},
    "lattice": {"size": [24, 24]},
    "diagram": {
        "x": {"vary": "amplitude", "first": "1 T", "last": "2 T", "points": 2},
        "y": {"vary": "polar", "first": "40 deg", "last": "60 deg", "points": 2},
    },
}
PROBLEM = {
    "name": "tiny",
    "mesh": {"length": "64 nm", "width": "64 nm", "cell": "4 nm"},
    "sample": {"shape": "disc", "radius": "32 nm"},
    "start": {"skyrmions": [{"radius": "12 nm"}]},
    "steps": [{"do": "run", "time": "6 ps", "frames": 2}],
}


@pytest.fixture
def written(tmp_path):
    def write(content, **changes):
        path = tmp_path / "file.yaml"
        path.write_text(yaml.safe_dump({**content, **changes}))
        return path

    return write


def only_folder(out, prefix):
    (folder,) = (path for path in out.glob(f"{prefix}-*") if path.suffix != ".partial")
    return folder


def test_defaults_are_the_papers_process_and_grid():
    file = ProcessFile(process={})
    base = file.base()
    assert base == Process(0.36, FieldPulse(28e-12), seed=1)
    assert base.hamiltonian == Hamiltonian()
    assert (file.diagram.x.axis(), file.diagram.y.axis()) == (PAPER_WIDTHS, PAPER_DAMPINGS)


def test_angles_and_times_take_units(written):
    file = load_process(written(SMALL), ["pulse.azimuth=90 deg", "pulse.width=0.012 ns"])
    assert file.base().pulse == FieldPulse(12e-12, azimuth=90.0, centre=20e-12)
    assert file.diagram.y.axis().values == (40.0, 60.0)


def test_diagram_over_any_two_parameters_is_kept_and_reused(neuroskyrm, written, tmp_path):
    outcome = neuroskyrm("process-diagram", written(SMALL), "--jobs", "2")
    assert outcome.code == 0, outcome.err
    folder = only_folder(tmp_path / "runs", "small-diagram")
    data = xarray.load_dataset(folder / "diagram.nc", engine="scipy")
    assert data["label"].dims == ("polar", "amplitude")
    np.testing.assert_allclose(data["polar"], [40, 60])
    assert (folder / "figures" / "diagram.png").stat().st_size > 10_000
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["diagram.points"] == 4
    assert (folder / "process.yaml").is_file()
    assert "(reused)" in neuroskyrm("process-diagram", written(SMALL)).out


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (
            {"x": {"vary": "angle", "first": 0, "last": 1, "points": 2}},
            "'diagram.x.vary' = 'angle'",
        ),
        ({"x": {"vary": "width", "first": "1 K", "last": "2 ps", "points": 2}}, "has the unit 'K'"),
        ({"x": {"vary": "damping", "first": 0.1, "last": 1, "points": 2}}, "must differ"),
        ({"z": {}}, "unknown key 'z'"),
    ],
)
def test_wrong_diagrams_are_one_sentence(neuroskyrm, written, tmp_path, change, word):
    outcome = neuroskyrm("process-diagram", written(SMALL, diagram=change))
    assert outcome.code == 2
    assert word in outcome.err
    assert outcome.err.count("\n") == 1
    assert not (tmp_path / "runs").exists()


def test_watching_a_process_changes_no_bit_and_leaves_events(neuroskyrm, written, tmp_path):
    plain = neuroskyrm("simulate", written(SMALL), "--out", "plain")
    assert plain.code == 0, plain.err
    watched = neuroskyrm("simulate", written(SMALL), "--monitor", "--web", "0", "--out", "seen")
    assert watched.code == 0, watched.err
    assert "watch it at http://127.0.0.1:" in watched.out
    folders = [only_folder(tmp_path / name, "small") for name in ("plain", "seen")]
    one, other = (np.load(folder / "frames.npy") for folder in folders)
    np.testing.assert_array_equal(one, other)
    events = [json.loads(line) for line in (folders[1] / "events.jsonl").read_text().splitlines()]
    assert events[-1]["event"] == "end"
    assert (events[-1]["used"], events[-1]["dropped"]) == (5, 0)
    metrics = json.loads((folders[1] / "metrics.json").read_text())
    assert (
        metrics["process.label"]
        == json.loads((folders[0] / "metrics.json").read_text())["process.label"]
    )
    assert "monitor.verdict" in metrics
    assert not (folders[0] / "events.jsonl").exists()


def test_watching_a_micromagnetic_run_changes_no_bit(neuroskyrm, written, tmp_path):
    assert neuroskyrm("simulate", written(PROBLEM), "--out", "plain").code == 0
    outcome = neuroskyrm("simulate", written(PROBLEM), "--monitor", "--out", "seen")
    assert outcome.code == 0, outcome.err
    assert "verdict:" in outcome.out
    one, other = (
        (only_folder(tmp_path / name, "tiny") / "final.ovf").read_bytes()
        for name in ("plain", "seen")
    )
    assert one == other
    events = (only_folder(tmp_path / "seen", "tiny") / "events.jsonl").read_text().splitlines()
    assert json.loads(events[-1])["used"] > 10


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--web", "0"], "--web: only together with --monitor"),
        (["--monitor", "--web", "70000"], "a port is a number from 0 to 65535"),
        (["--monitor", "--model", "none.safetensors"], "none.safetensors: there is no such file"),
    ],
)
def test_wrong_monitor_options_are_one_sentence(neuroskyrm, written, tmp_path, options, word):
    outcome = neuroskyrm("simulate", written(SMALL), *options)
    assert outcome.code == 2
    assert word in outcome.err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_example_processes_load(path):
    file = load_process(path)
    assert file.base().pulse.polar == 40.0
    assert len(file.diagram.x.axis().values) == file.diagram.x.points
