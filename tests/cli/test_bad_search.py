"""Bad input to sweep, optimize, report and cite: one sentence, exit code 2, nothing written."""

import json

import pytest
import yaml

from devicemodels.reference import soft_bounds

SWEEP = {
    "name": "energy", "rung": "card", "until": "calibrate", "set": {"card.use": "card.yaml"},
    "axes": {"drive.width": {"from": "1 ns", "to": "4 ns", "count": 3}},
    "metrics": ["device.energy_per_update"],
}  # fmt: skip
DESIGN = {
    "name": "energy", "rung": "card", "until": "calibrate", "set": {"card.use": "card.yaml"},
    "parameters": {"drive.width": {"from": "1 ns", "to": "4 ns"}},
    "objectives": {"device.energy_per_update": "min"}, "trials": 9,
}  # fmt: skip


@pytest.fixture
def refused(neuroskyrm, tmp_path):
    """Call a command with a file of the given content; it must refuse, and leave no file."""
    soft_bounds(5).save(tmp_path / "card.yaml")

    def call(*arguments, content=None, words=()):
        if content is not None:
            (tmp_path / "file.yaml").write_text(
                content if isinstance(content, str) else yaml.safe_dump(content)
            )
        before = sorted(tmp_path.rglob("*"))
        outcome = neuroskyrm(*arguments)
        assert outcome.code == 2, outcome
        sentence = outcome.err.strip()
        assert sentence.startswith("neuroskyrm: ")
        assert "\n" not in sentence
        assert "Traceback" not in sentence
        for word in words:
            assert word in sentence
        assert sorted(tmp_path.rglob("*")) == before

    return call


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"axis": {}}, ["unknown key 'axis'", "did you mean 'axes'"]),
        ({"axes": {"drive.widht": [1]}}, ["'drive.widht'", "did you mean 'width'"]),
        ({"axes": {"drive": [1]}}, ["'drive' is a section"]),
        (
            {"axes": {"drive.width": {"from": "1 nm", "to": "2 nm", "count": 2}}},
            ["axes.drive.width", "unit 'nm'"],
        ),
        ({"axes": {"drive.width": ["1 nm", "2 nm"]}}, ["drive.width", "unit 'nm'"]),
        ({"axes": {}}, ["'axes'", "at least 1"]),
        ({"rung": "cheap"}, ["'rung' = 'cheap'", "thiele"]),
        ({"rung": "card", "until": "simulate"}, ["'until' = 'simulate'", "rung card"]),
        ({"study": "none.yaml"}, ["none.yaml", "no such file"]),
        ({"set": {"card.use": "none.yaml"}}, ["none.yaml"]),
        ({"set": {"drive.width": "3 K"}}, ["'drive.width'", "unit 'K'"]),
        ({"verify": {"metric": "x", "rung": "card"}}, ["'verify.rung' = 'card'", "higher"]),
        ({"metrics": "device.area"}, ["'metrics' = 'device.area'"]),
    ],
)
def test_bad_sweep(refused, change, words):
    for options in (["--dry-run"], ["--jobs", "1"]):
        refused("sweep", "file.yaml", *options, content={**SWEEP, **change}, words=words)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"objective": {}}, ["unknown key 'objective'", "did you mean 'objectives'"]),
        ({"parameters": {"drive.widht": [1]}}, ["'drive.widht'", "did you mean 'width'"]),
        (
            {"parameters": {"drive.width": {"from": "1 nm", "to": "2 nm"}}},
            ["parameters.drive.width", "unit 'nm'"],
        ),
        (
            {"parameters": {"drive.width": {"from": "0 ns", "to": "2 ns", "spacing": "log"}}},
            ["parameters.drive.width", "positive"],
        ),
        (
            {"parameters": {"drive.width": {"from": "4 ns", "to": "2 ns"}}},
            ["parameters.drive.width", "4e-09", "2e-09"],
        ),
        (
            {"parameters": {"drive.width": {"from": "1 ns", "to": "2 ns", "count": 4}}},
            ["parameters.drive.width.count", "no meaning"],
        ),
        ({"parameters": {"drive.width": ["1 nm", "2 nm"]}}, ["drive.width", "unit 'nm'"]),
        ({"objectives": {"device.energy_per_update": "low"}}, ["'low'", "'max' or 'min'"]),
        ({"objectives": {}}, ["'objectives'", "at least 1"]),
        ({"tied": {"drive.nominal": {"to": "drive.pause"}}}, ["drive.pause", "parameter"]),
        ({"rung": "full", "verify": 2, "until": "calibrate"}, ["'verify'", "highest"]),
        ({"study": "none.yaml"}, ["none.yaml", "no such file"]),
        ({"set": {"drive.width": "3 K"}}, ["'drive.width'", "unit 'K'"]),
        ({"set": {"card.use": "none.yaml"}}, ["none.yaml"]),
        ({"trials": 0}, ["'trials' = 0"]),
    ],
)
def test_bad_design(refused, change, words):
    pytest.importorskip("optuna")
    for options in (["--dry-run"], ["--jobs", "1"]):
        refused("optimize", "file.yaml", *options, content={**DESIGN, **change}, words=words)


@pytest.mark.parametrize(
    ("command", "content", "words"),
    [
        ("sweep", None, ["file.yaml", "no such file"]),
        ("optimize", None, ["file.yaml", "no such file"]),
        ("cite", None, ["file.yaml", "no such file"]),
        ("report", None, ["file.yaml", "no such file"]),
        ("sweep", "name: [", ["file.yaml", "not valid YAML"]),
        ("optimize", "- 1", ["file.yaml", "key: value"]),
        ("cite", "sead: 1", ["unknown key 'sead'", "did you mean 'seed'"]),
        ("cite", "device: {temperature: 3 nm}", ["'device.temperature'", "unit 'nm'"]),
        ("cite", yaml.safe_dump(SWEEP), ["file.yaml"]),
        ("report", "device: {layers: four}", ["'device.layers' = 'four'"]),
        ("sweep", yaml.safe_dump(DESIGN), ["file.yaml", "unknown key"]),
        ("optimize", yaml.safe_dump(SWEEP), ["file.yaml", "unknown key"]),
    ],
)
def test_bad_file(refused, command, content, words):
    refused(command, "file.yaml", content=content, words=words)


@pytest.mark.parametrize(
    ("command", "content"), [("sweep", SWEEP), ("optimize", DESIGN)], ids=["sweep", "optimize"]
)
def test_damaged_journal_is_named(neuroskyrm, tmp_path, command, content):
    pytest.importorskip("optuna")
    soft_bounds(5).save(tmp_path / "card.yaml")
    (tmp_path / "file.yaml").write_text(yaml.safe_dump(content))
    assert neuroskyrm(command, "file.yaml", "--jobs", "1").code == 0
    journal = next((tmp_path / "runs").glob("*/points.jsonl"))
    whole = journal.read_text()
    journal.write_text("{broken\n" + whole)
    before = {path: path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("*"))}
    outcome = neuroskyrm(command, "file.yaml", "--jobs", "1")
    assert outcome.code == 2
    assert "line 1 is damaged" in outcome.err
    after = {path: path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("*"))}
    assert after == before


def test_metric_that_no_stage_gives_is_named(neuroskyrm, tmp_path):
    pytest.importorskip("optuna")
    soft_bounds(5).save(tmp_path / "card.yaml")
    for command, content in (
        ("sweep", {**SWEEP, "metrics": ["device.enrgy"]}),
        ("optimize", {**DESIGN, "objectives": {"device.enrgy": "min"}}),
    ):
        (tmp_path / "file.yaml").write_text(yaml.safe_dump(content))
        outcome = neuroskyrm(command, "file.yaml", "--jobs", "1")
        assert outcome.code == 2, outcome
        assert "'device.enrgy'" in outcome.err
        assert "device.energy_per_update" in outcome.err  # what there is


@pytest.fixture
def run_folders(tmp_path):
    for layers in (2, 4):
        folder = tmp_path / f"run-{layers}"
        folder.mkdir()
        (folder / "study.yaml").write_text(f"device: {{layers: {layers}}}")
        (folder / "metrics.json").write_text(json.dumps({"device.states": layers}))
        soft_bounds(5).save(folder / "card.yaml")


@pytest.mark.parametrize(
    ("damage", "arguments", "words"),
    [
        (None, ["run-2"], ["run-2", "two or more"]),
        (None, ["run-2", "run-3"], ["run-3"]),
        (None, ["run-2", "."], ["no run folder", "metrics.json"]),
        (("metrics.json", "{"), ["run-2", "run-4"], ["run-4/metrics.json", "damaged"]),
        (("metrics.json", "[1]"), ["run-2", "run-4"], ["run-4/metrics.json", "damaged"]),
        (("study.yaml", "sead: 1"), ["run-2", "run-4"], ["run-4/study.yaml", "'sead'"]),
        (("card.yaml", "name: 7"), ["run-2", "run-4"], ["run-4/card.yaml"]),
    ],
)
def test_bad_runs_to_compare(refused, run_folders, tmp_path, damage, arguments, words):
    if damage:
        (tmp_path / "run-4" / damage[0]).write_text(damage[1])
    refused("report", *arguments, words=words)
