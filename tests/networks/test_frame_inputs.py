"""Scalars of a frame beside its sorted S_z: against plain loops, in the monitor, exported."""

from __future__ import annotations

import numpy as np
import pytest

from networks._profile_kernels import sorted_sites, sums_before
from networks.export.recurrent import differing_verdicts, export_monitor
from networks.frame_inputs import GAINS, euler_number, frame_inputs, process_inputs, wall_density
from networks.monitor import ProcessMonitor
from networks.recurrent import RecurrentClassifier
from networks.recurrent_features import quantile_profile
from neuroskyrm.app.watching import shipped_monitor
from neuroskyrm.atomistic import FieldPulse, Process, simulate_process
from neuroskyrm.errors import ConfigError

RNG = np.random.default_rng(0)
SCALARS = ("walls", "euler")


def film(*discs, size=30):
    """Return S_z = -1 with discs (row, column, radius) that are up; edges wrap around."""
    field = -np.ones((size, size))
    rows, columns = np.mgrid[:size, :size]
    for row, column, radius in discs:
        away = [np.minimum(abs(x), size - abs(x)) for x in (rows - row, columns - column)]
        field[np.hypot(*away) <= radius] = 1.0
    return field


@pytest.mark.parametrize(
    ("field", "number"),
    [
        (film(), 0),
        (-film(), 0),
        (film((15, 15, 4)), 1),
        (film((0, 29, 4)), 1),  # cut by the corner of the lattice
        (film((8, 8, 3), (20, 20, 5), (8, 22, 2)), 3),
        (film((8, 8, 3), (20, 20, 0), (8, 22, 0)), 1),  # single spins are heat, not patches
        (-film((8, 8, 3), (20, 20, 5)), -2),
        (np.where(np.arange(30) < 12, 1.0, -1.0) * np.ones((30, 1)), 0),  # a stripe
        (film((15, 15, 8)) - 2 * (film((15, 15, 3)) > 0), 0),  # a ring
        (film((15, 15, 16)), -1),  # a domain that closes on itself both ways
    ],
)
def test_euler_number_counts_patches_minus_holes(field, number):
    assert euler_number(field) == number


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (17, 23), (100, 100)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_euler_number_is_that_of_shifted_arrays(shape, dtype):
    sz = RNG.uniform(-1, 1, shape).astype(dtype)
    rows = sz + np.roll(sz, 1, axis=0) + np.roll(sz, -1, axis=0)
    up = rows + np.roll(rows, 1, axis=1) + np.roll(rows, -1, axis=1) > 0
    pair = up & np.roll(up, 1, axis=1)
    bonds = pair.sum() + (up & np.roll(up, 1, axis=0)).sum()
    assert euler_number(sz) == up.sum() - bonds + (pair & np.roll(pair, 1, axis=0)).sum()


@pytest.mark.parametrize("size", [1, 2, 777, 10_000])
def test_sites_are_sorted_and_summed_as_by_numpy(size):
    numbers = RNG.normal(size=size).astype(np.float32)
    numbers[: size // 5] = 0.5  # many equal ones
    numbers[size // 2] = -0.0
    ordered = sorted_sites(numbers)
    np.testing.assert_array_equal(ordered, np.sort(numbers))
    places = np.array([0, size // 3, size // 3, size])
    total = np.concatenate([[0.0], np.cumsum(ordered, dtype=np.float64)])
    np.testing.assert_array_equal(sums_before(ordered, places), total[places])


def test_wall_density_is_the_mean_step_over_bonds():
    field = RNG.uniform(-1, 1, (7, 9))
    total = 0.0
    for i in range(7):
        for j in range(9):
            total += abs(field[i, j] - field[i, (j + 1) % 9])
            total += abs(field[i, j] - field[(i + 1) % 7, j])
    assert wall_density(field) == pytest.approx(total / (2 * 63))


def test_inputs_are_quantiles_and_then_bounded_scalars():
    field = film((8, 8, 3), (20, 20, 5))
    inputs = frame_inputs(field, 18, scalars=SCALARS)
    assert inputs.dtype == np.float32
    np.testing.assert_array_equal(inputs[:16], quantile_profile(field, 16))
    expected = np.tanh([GAINS["walls"] * wall_density(field), GAINS["euler"] * 2])
    np.testing.assert_allclose(inputs[16:], expected, rtol=1e-6)
    several = process_inputs(np.stack([field, -field]), 18, scalars=SCALARS)
    np.testing.assert_allclose(several[1, -1], -np.tanh(2 * GAINS["euler"]), rtol=1e-6)
    with pytest.raises(ConfigError, match="plane of sites"):
        frame_inputs(field.ravel(), 18, scalars=SCALARS)


def make_monitor(scalars, quantiles=12):
    inputs = quantiles + len(scalars)
    weights = [RNG.normal(size=shape).astype(np.float32) for shape in ((inputs, 6), (6, 6), (6, 4))]
    net = RecurrentClassifier(
        *weights, np.zeros(6, np.float32), np.zeros(4, np.float32), tuple("abcd")
    )
    known = RNG.uniform(-1, 1, (10, inputs)).astype(np.float32)
    return ProcessMonitor(net, known, 0.3, threshold=0.4, scalars=scalars)


@pytest.mark.parametrize("scalars", [SCALARS, ("euler",), ("walls",)])
def test_monitor_with_scalars_is_kept_and_exported_with_the_same_verdicts(scalars, tmp_path):
    monitor = make_monitor(scalars)
    path = tmp_path / "monitor.safetensors"
    monitor.save(path)
    again = ProcessMonitor.load(path)
    assert again.scalars == scalars
    smooth = [
        film((9, 9, r), (22, 20, 12 - r)) * RNG.uniform(0.5, 1, (30, 30)) for r in range(2, 9)
    ]
    processes = [np.stack(smooth).astype(np.float32), np.stack(smooth[::-1]).astype(np.float32)]
    exported = export_monitor(again, tmp_path / "monitor.onnx")
    count, error = differing_verdicts(exported, monitor, processes)
    assert count == 0
    assert error < 1e-5


def test_scalars_change_the_verdict():
    monitor = make_monitor(("euler",))
    one = film((15, 15, 6))
    two = np.roll(one, 15, axis=0) * 1.0
    order = np.sort(one, axis=None)
    np.testing.assert_array_equal(order, np.sort(two, axis=None))  # sorted S_z cannot tell
    cut = one.copy()
    cut[[13, 14, 15, 16], :], cut[:4, :] = one[:4], one[13:17]  # the same spins, in pieces
    np.testing.assert_array_equal(order, np.sort(cut, axis=None))
    verdicts = []
    for field in (one, two, cut):
        monitor.reset()
        verdicts.append(monitor.update(field, 0.0).probabilities)
    assert verdicts[0] == verdicts[1]
    assert verdicts[0] != verdicts[2]


def test_more_scalars_than_inputs_are_refused():
    net = make_monitor(()).classifier
    known = np.zeros((3, net.input_count), np.float32)
    with pytest.raises(ConfigError, match="inputs cannot be shared"):
        ProcessMonitor(net, known, 1.0, scalars=("walls",) * net.input_count)


@pytest.mark.parametrize(
    ("damping", "width", "label"),
    [
        (0.36, 8, "breathing"),
        (0.36, 20, "switching"),
        (0.36, 40, "collapse"),
        (0.4, 30, "mixed"),  # two skyrmions
        (0.24, 20, "mixed"),  # three
        (0.58, 18, "mixed"),  # a domain around the torus
    ],
)
def test_shipped_monitor_names_clear_processes_and_flags_mixed_ones(damping, width, label):
    run = simulate_process(Process(damping, FieldPulse(width * 1e-12)))
    assert run.label_name == label
    monitor = shipped_monitor("process")
    verdicts = [monitor.update(f, float(t)) for f, t in zip(run.frames, run.times, strict=True)]
    assert verdicts[-1].label == label
