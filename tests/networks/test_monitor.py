"""The on-line monitor: streaming, damaged, late and missing frames, novelty, files."""

from __future__ import annotations

import numpy as np
import pytest

from networks.monitor import UNSURE, ProcessMonitor
from networks.monitor_training import (
    collect_profiles,
    train_monitor,
    training_grid,
    watch_unseen_process,
)
from networks.recurrent_features import quantile_profile
from networks.recurrent_training import Training
from neuroskyrm.atomistic import FieldPulse, Process, simulate_processes
from neuroskyrm.errors import ConfigError, DataError

STEP = 15e-12


@pytest.fixture(scope="module")
def runs():
    """Breathing and switching processes on a small lattice."""
    processes = [
        Process(0.36, FieldPulse(width * 1e-12), shape=(40, 40))
        for width in (3, 4, 5, 6, 7, 8, 9, 24, 26, 28, 30, 32, 34, 36)
    ]
    return list(simulate_processes(processes))


@pytest.fixture(scope="module")
def monitor(runs):
    data = collect_profiles(runs, 24)
    training = Training(hidden=8, epochs=150, batch=4, rate=2e-2, patience=150)
    return train_monitor(data, training)[0]


@pytest.fixture
def fresh(monitor):
    monitor.reset()
    return monitor


def feed(monitor, run):
    pairs = zip(run.frames, run.times, strict=True)
    return [monitor.update(frame, float(time)) for frame, time in pairs]


def test_streaming_gives_the_outputs_of_the_whole_sequence(fresh, runs):
    for run in runs[:3]:
        fresh.reset()
        streamed = [verdict.probabilities for verdict in feed(fresh, run)]
        whole = fresh.classifier.probabilities(collect_profiles([run], 24).profiles)[0]
        np.testing.assert_allclose(streamed, whole, atol=1e-6)


def test_verdict_counts_frames_and_time_since_the_pulse(fresh, runs):
    fresh.reset(pulse_time=40e-12)
    verdicts = feed(fresh, runs[-1])
    assert [verdict.frame for verdict in verdicts] == [1, 2, 3, 4, 5, 6, 7]
    assert verdicts[2].since_pulse is None
    assert verdicts[3].since_pulse == pytest.approx(5e-12)
    fresh.reset()
    assert feed(fresh, runs[-1])[-1].since_pulse is not None  # found from the frames


def test_damaged_late_and_missing_frames_are_counted_and_survived(fresh, runs):
    run = runs[-1]
    frames = run.frames
    bad = frames[1].copy()
    bad[0, 0] = np.nan
    assert fresh.update(bad, 0.0) is None
    first = fresh.update(frames[0], 0.0)
    assert fresh.update(bad, STEP) == first
    assert fresh.update(2 * frames[6], STEP) == first
    assert fresh.update(np.zeros((0, 4), dtype=np.float32), STEP) == first
    assert fresh.update(frames[1], 0.0) == first  # late
    later = fresh.update(frames[4], 4 * STEP)  # three frames never came
    assert later.frame == 2
    counts = fresh.counts
    assert (counts.used, counts.damaged, counts.late, counts.missing) == (2, 4, 1, 3)


def test_spins_or_their_z_component_may_be_given(fresh, runs):
    sz = runs[0].frames[3]
    spins = np.stack([np.zeros_like(sz), np.sqrt(1 - np.clip(sz, -1, 1) ** 2), sz])
    whole = fresh.update(spins, 0.0)
    fresh.reset()
    assert whole == fresh.update(sz, 0.0)


def test_unknown_textures_are_novel(fresh, runs):
    known = fresh.novelty(quantile_profile(runs[3].frames[2], 24))
    noise = np.random.default_rng(0).uniform(-1, 1, (40, 40))
    assert known < 0.5
    assert fresh.novelty(quantile_profile(noise, 24)) > 1.0


def test_large_novelty_and_low_probability_make_the_verdict_unsure(monitor, runs):
    careful = ProcessMonitor(
        monitor.classifier, monitor.references, monitor.novelty_scale, largest_novelty=1.0
    )
    noise = np.random.default_rng(0).uniform(-1, 1, (40, 40))
    assert careful.update(noise, 0.0).label == UNSURE
    strict = ProcessMonitor(
        monitor.classifier, monitor.references, monitor.novelty_scale, threshold=1.1
    )
    assert strict.update(runs[0].frames[0], 0.0).label == UNSURE


def test_file_gives_back_the_same_monitor(fresh, runs, tmp_path):
    path = tmp_path / "monitor.safetensors"
    fresh.save(path)
    assert feed(ProcessMonitor.load(path), runs[-1]) == feed(fresh, runs[-1])


def test_damaged_and_foreign_files_are_refused(fresh, tmp_path):
    path = tmp_path / "monitor.safetensors"
    with pytest.raises(DataError, match="no such file"):
        ProcessMonitor.load(path)
    fresh.save(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match="damaged"):
        ProcessMonitor.load(path)
    from safetensors.numpy import save_file

    save_file({"x": np.zeros(3)}, path)
    with pytest.raises(DataError, match="not a process monitor"):
        ProcessMonitor.load(path)


def test_impossible_monitors_are_refused(monitor):
    with pytest.raises(ConfigError, match="references"):
        ProcessMonitor(monitor.classifier, np.zeros((3, 5), np.float32), 1.0)
    with pytest.raises(ConfigError, match="novelty_scale"):
        ProcessMonitor(monitor.classifier, monitor.references, 0.0)


def test_training_grid_covers_the_diagram():
    grid = training_grid(side=3)
    assert len(grid) == 9
    assert {process.pulse.polar for process in grid} == {50.0}
    assert grid[-1].pulse.width == pytest.approx(44e-12)


@pytest.mark.slow
def test_demo_monitor_names_an_unseen_process():
    """Trained at 50 degrees on a coarse grid, it names the switching of Fig. 4 (b) at 40."""
    watched = watch_unseen_process()
    assert watched.run.label_name == "switching"
    assert watched.correct
    assert watched.accuracy > 0.95
    assert watched.verdicts[0].label == "breathing"  # as in Fig. 6: before the pulse
    assert sum(watched.counts.values()) == 121


def test_frames_of_any_lattice_size_give_the_same_verdicts(fresh, runs):
    expected = feed(fresh, runs[-1])
    fresh.reset()
    for k, frame in enumerate(runs[-1].frames):
        larger = frame.repeat(2, axis=0).repeat(3, axis=1)
        verdict = fresh.update(larger, float(runs[-1].times[k]))
        np.testing.assert_allclose(verdict.probabilities, expected[k].probabilities, atol=1e-5)
