"""`neuroskyrm demo` itself, in a process of its own, as a user runs it."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.slow
SECTIONS = ("device", "card", "stdp", "deep", "program", "export", "monitor", "report")


def _run(folder, *arguments, threads="2", **options):
    environment = os.environ | {"OMP_NUM_THREADS": threads, "COLUMNS": "160"}
    environment.pop("NEUROSKYRM_DATA", None)
    return subprocess.run(
        [sys.executable, "-m", "neuroskyrm", *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, check=False, **options,
    )  # fmt: skip


def _metrics(folder):
    (path,) = folder.glob("runs/*/metrics.json")
    return json.loads(path.read_text())


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    done = _run(folder, "demo")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


def test_demo_ends_with_every_stage_and_its_numbers(demo):
    folder, text = demo
    metrics = _metrics(folder)
    assert {name.split(".")[0] for name in metrics} >= set(SECTIONS)
    assert metrics["export.differing_spikes"] == 0
    assert metrics["export.spikes"] > 1000
    assert metrics["device.states"] >= 2
    assert metrics["device.pulses_observed"] >= 4
    assert metrics["program.pulses"] > 0
    assert metrics["program.energy"] > 0
    assert metrics["deep.snn_accuracy"] > 0.85
    assert metrics["stdp.accuracy"] > 0.4
    assert "not comparable at demo scale" in text
    assert "differing spikes after export: 0" in text
    assert "the monitor says" in text


def test_run_folder_is_complete(demo):
    folder, _ = demo
    (run,) = folder.glob("runs/demo-*")
    for name in ("study.yaml", "manifest.json", "metrics.json", "log.txt", "report.html",
                 "model.onnx", "parity.json", "card.yaml"):  # fmt: skip
        assert (run / name).stat().st_size > 0
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["versions"]["neuroskyrm"]
    assert all(stage["digest"] for stage in manifest["stages"].values())
    assert not list(folder.glob("runs/stages/*.partial"))


def test_report_is_self_contained_and_holds_the_figures(demo):
    folder, _ = demo
    (report,) = folder.glob("runs/demo-*/report.html")
    html = report.read_text()
    assert html.count("data:image/png;base64,") >= 8
    assert not re.search(r'(?:src|href)="(?!data:)', html)
    assert "Against the papers" in html


def test_second_run_reuses_every_stage_and_says_so(demo):
    folder, _ = demo
    before = _metrics(folder)
    done = _run(folder, "demo")
    assert done.stdout.count("reused, nothing changed") == 9
    after = _metrics(folder)
    assert {k: v for k, v in after.items() if k != "run.wall_time"} == {
        k: v for k, v in before.items() if k != "run.wall_time"
    }


def test_exported_model_is_verified_anywhere(demo):
    folder, _ = demo
    (model,) = folder.glob("runs/demo-*/model.onnx")
    done = _run(folder, "verify", str(model), "--images", "20")
    assert done.returncode == 0, done.stderr
    assert re.search(r"differing_spikes\W+0\b", done.stdout)


SMALL = ("--set", "drive.pulses=1", "--set", "deep.epochs=2", "--set", "stdp.train=100",
         "--set", "stdp.passes=1",
         "--set", "stdp.neurons=30", "--set", "stdp.test=50", "--set", "monitor.processes=9",
         "--set", "export.images=100",
         "--set", "deep.hidden=[32]", "--set", "card.use=rim-n4-300K")  # fmt: skip


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Metrics of a small run that nothing disturbs, on one thread."""
    folder = tmp_path_factory.mktemp("small")
    done = _run(folder, "demo", *SMALL, threads="1")
    assert done.returncode == 0, done.stdout + done.stderr
    return _metrics(folder)


def _comparable(metrics):
    return {k: v for k, v in metrics.items() if k not in ("run.wall_time", "export.latency")}


def test_interrupted_run_resumes_to_the_same_numbers_with_other_threads(small, tmp_path):
    command = [sys.executable, "-m", "neuroskyrm", "demo", *SMALL]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        _wait_for(tmp_path, "runs/stages/simulate-*")
        time.sleep(3)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert list(tmp_path.glob("runs/stages/*.partial"))
    done = _run(tmp_path, "demo", *SMALL, threads="2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert _comparable(_metrics(tmp_path)) == _comparable(small)


def _wait_for(folder, pattern, seconds=60):
    end = time.time() + seconds
    while not list(folder.glob(pattern)):
        assert time.time() < end, f"{pattern} did not appear"
        time.sleep(0.2)
