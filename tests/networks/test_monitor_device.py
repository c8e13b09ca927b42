"""Updates of a programmed device as films: their labels, how they are cut, how a monitor learns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from networks.monitor_device import (
    DEPRESSED,
    FAILED,
    LOST,
    OUTCOMES,
    POTENTIATED,
    REGIONS,
    load_frames,
    mirrored,
    outcome,
    updates_of,
)
from networks.monitor_training import train_monitor
from networks.recurrent_features import region_profile
from networks.recurrent_training import Training
from neuroskyrm.app.watching import shipped_monitor
from neuroskyrm.atomistic.labels import LABELS
from neuroskyrm.errors import DataError


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [((3, 0), (2, 1), POTENTIATED), ((1, 2), (2, 1), DEPRESSED), ((2, 1), (2, 1), FAILED),
     ((3, 0), (2, 0), LOST), ((3, 0), (1, 1), LOST), ((3.0, 0.0), (2.75, 0.25), FAILED)],
)  # fmt: skip
def test_outcome_follows_the_counts(before, after, expected):
    assert outcome(before, after) == expected


def test_films_begin_with_the_state_before_the_pulse():
    profiles = np.arange(8, dtype=np.float32)[:, None] * np.ones(3, dtype=np.float32)
    pulse = np.array([0, 0, 1, 1, 1, 2, 2, 2])
    counts = np.array([[2, 0]] * 4 + [[1, 1]] * 3 + [[1, 0]], dtype=float)
    short = updates_of(profiles, pulse, counts, 3)
    np.testing.assert_array_equal(short.profiles[:, :, 0], [[0, 2, 3], [0, 2, 3]])
    np.testing.assert_array_equal(short.labels, [POTENTIATED, LOST])
    padded = updates_of(profiles, pulse, counts, 5)
    np.testing.assert_array_equal(padded.profiles[0, :, 0], [0, 0, 1, 2, 3])
    assert len(updates_of(profiles[:2], pulse[:2], counts[:2], 3)) == 0


def film(rng, kind, frames=6, shape=(12, 40)):
    """Return m_z of a small track with three specks, one of which moves or vanishes."""
    places = [(3, 4), (7, 9), (9, 15)]
    made = []
    for k in range(frames):
        sz = 1 - 0.1 * rng.random(shape)
        for n, (y, x) in enumerate(places):
            late = k >= frames // 2
            if n == 2 and late and kind == LOST:
                continue
            shift = 14 if n == 2 and late and kind == POTENTIATED else 0
            sz[y - 1 : y + 2, x - 1 + shift : x + 2 + shift] = -1 + 0.1 * rng.random((3, 3))
        made.append(sz.astype(np.float32))
    return made


def test_monitor_tells_moved_from_failed_and_lost():
    """The sum of both halves alone cannot tell a skyrmion that moved from one that stayed."""
    rng = np.random.default_rng(0)
    sets = []
    for kind in (POTENTIATED, FAILED, LOST) * 16:
        profiles = [region_profile(f, 2 * 16, "uniform", REGIONS) for f in film(rng, kind)]
        one = updates_of(np.array(profiles), np.array([0, 1, 1, 1, 1, 1]), np.zeros((6, 2)), 6)
        sets.append(replace(one, labels=np.array([kind])))
    data = sets[0].joined(*sets[1:])
    training = Training(hidden=8, epochs=40, rate=3e-2, batch=16, seed=1)
    monitor, _ = train_monitor(data, training, OUTCOMES)
    assert (monitor.regions, monitor.relative) == (REGIONS, True)
    hits = 0
    for kind in (POTENTIATED, FAILED, LOST) * 3:
        monitor.restart()
        for k, frame in enumerate(film(rng, kind)):
            verdict = monitor.update(frame, (k + 1) * 0.25e-9)
        hits += int(np.argmax(verdict.probabilities)) == kind
    assert hits == 9
    assert monitor.counts.used == 54


def test_mirror_image_swaps_halves_and_directions():
    rng = np.random.default_rng(1)
    profiles, pulse = rng.normal(size=(4, 6)).astype(np.float32), np.array([0, 1, 2, 3])
    counts = np.array([[2, 0], [1, 1], [2, 0], [1, 0]], dtype=float)
    data = updates_of(profiles, pulse, counts, 2)
    other = mirrored(data)
    np.testing.assert_array_equal(data.labels, [POTENTIATED, DEPRESSED, LOST])
    np.testing.assert_array_equal(other.labels, [DEPRESSED, POTENTIATED, LOST])
    np.testing.assert_array_equal(other.profiles[..., :3], data.profiles[..., 3:])
    np.testing.assert_array_equal(mirrored(other).profiles, data.profiles)


def test_frames_are_read_from_a_file_or_refused(tmp_path):
    path = tmp_path / "run.npz"
    labels = np.array([[0, 0, 3, 0], [250, 1, 2, 1]], dtype=np.float32)
    columns = np.array(["t_ps", "pulse", "count_pre", "count_post"])
    np.savez(path, quantiles=np.zeros((2, 2, 4), np.float16), labels=labels, columns=columns)
    profiles, pulse, counts = load_frames(path)
    assert profiles.shape == (2, 8)
    np.testing.assert_array_equal(pulse, [0, 1])
    np.testing.assert_array_equal(counts, [[3, 0], [2, 1]])
    np.savez(path, quantiles=np.zeros((2, 2, 4), np.float16))
    with pytest.raises(DataError, match="not frames of a programmed device"):
        load_frames(path)
    with pytest.raises(DataError, match="no such file"):
        load_frames(tmp_path / "none.npz")


@pytest.mark.parametrize(
    ("kind", "regions", "classes"), [("process", 1, LABELS), ("device", REGIONS, OUTCOMES)]
)
def test_shipped_monitors_load_and_give_verdicts(kind, regions, classes):
    monitor = shipped_monitor(kind)
    assert (monitor.regions, monitor.classifier.classes) == (regions, classes)
    up = np.ones((40, 96), dtype=np.float32)
    verdict = monitor.update(-up if kind == "process" else up, 0.0)
    assert abs(sum(verdict.probabilities) - 1) < 1e-5
    if kind == "process":
        assert monitor.scalars == ("euler",)
        assert verdict.label == "breathing"
