"""Sampling training processes from a diagram's interior, keeping frames, joining bins."""

from __future__ import annotations

import numpy as np
import pytest

from networks.recurrent_features import quantile_profile, rebinned
from networks.recurrent_study import sampled_processes, simulate_store
from neuroskyrm.atomistic import Axis, FieldPulse, Process, process_diagram, simulate_process
from neuroskyrm.errors import ConfigError, DataError

BASE = Process(damping=0.3, pulse=FieldPulse(width=6e-12, polar=50.0), shape=(24, 24))
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def diagram():
    """Hand-made labels on a real diagram's axes: breathing left, switching right, one mixed."""
    widths = Axis("width", (2e-12, 4e-12, 6e-12, 8e-12, 10e-12, 12e-12))
    data = process_diagram(BASE, widths, Axis("damping", (0.1, 0.2, 0.3)))
    data["label"].values[:] = [[0, 0, 0, 1, 1, 1]] * 2 + [[0, 0, 0, 1, 1, 3]]
    return data


@pytest.mark.parametrize(("label", "low", "high"), [(0, 1e-12, 5e-12), (1, 9e-12, 13e-12)])
def test_samples_come_from_the_interior(diagram, label, low, high):
    chosen = sampled_processes(diagram, BASE, label, 50, np.random.default_rng(1))
    widths = np.array([process.pulse.width for process in chosen])
    assert widths.min() >= low
    assert widths.max() <= high
    assert len(set(widths)) == 50
    assert {process.pulse.polar for process in chosen} == {50.0}


def test_interior_keeps_away_from_mixed_points(diagram):
    chosen = sampled_processes(diagram, BASE, 1, 50, np.random.default_rng(1))
    assert max(process.damping for process in chosen) <= 0.15 + 1e-12


def test_an_absent_label_is_refused(diagram):
    with pytest.raises(ConfigError, match="collapse"):
        sampled_processes(diagram, BASE, 2, 5, RNG)


def test_store_keeps_frames_and_is_read_again(tmp_path):
    processes = [BASE, Process(0.2, FieldPulse(30e-12), shape=(24, 24))]
    calls = []
    path = tmp_path / "store.npz"
    store = simulate_store(processes, path, progress=lambda *step: calls.append(step))
    again = simulate_store(processes, path, progress=lambda *step: calls.append(step))
    assert calls == [(1, 2), (2, 2)]
    run = simulate_process(processes[1])
    np.testing.assert_array_equal(again.frames[1], run.frames.astype(np.float16))
    assert store.labels[1] == run.label
    assert store.interval == pytest.approx(15e-12)
    assert again.profiles(12).profiles.shape == (2, 7, 12)
    assert again.unsorted().profiles.shape == (2, 7, 576)
    with pytest.raises(DataError, match="holds 2"):
        simulate_store(processes[:1], path)


@pytest.mark.parametrize("spacing", ["tails", "uniform"])
def test_joined_bins_equal_coarser_bins(spacing):
    sz = RNG.uniform(-1, 1, (13, 17))
    fine = quantile_profile(sz, 64, spacing)
    np.testing.assert_allclose(
        rebinned(fine, 16, spacing), quantile_profile(sz, 16, spacing), atol=1e-5
    )
    with pytest.raises(ConfigError, match="divisor"):
        rebinned(fine, 24, spacing)
