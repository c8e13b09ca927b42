"""The device of a card does what the card says, fast, and the same every time."""

import time

import numpy as np
import pytest

from devicemodels import DeviceModel, Effects, IdealDevice, SkyrmionDevice
from devicemodels.reference import linear_step
from neuroskyrm.errors import DeviceError


def card(**changes):
    base = linear_step(6, up=0.17, down=0.13, noise=0.07)
    levels = base.levels.model_copy(update={"read_sd": [2e-7] * 6, "visit_sd": [1e-7] * 6})
    update = {"levels": levels, "device_spread": 0.05, **changes}
    return base.model_copy(update=update)


@pytest.mark.parametrize("model", [SkyrmionDevice(card()), IdealDevice(6)])
def test_devices_satisfy_the_protocol(model):
    assert isinstance(model, DeviceModel)


@pytest.mark.parametrize("count", [1, -1, 3, -4])
def test_pulses_follow_the_transition_matrix(count):
    device = SkyrmionDevice(card())
    state = np.repeat(np.arange(6, dtype=np.uint8), 20000)
    after = device.pulse(state, np.int16(count), np.random.default_rng(1)).reshape(6, -1)
    seen = np.array([np.bincount(row, minlength=6) for row in after]) / 20000
    # 5 standard errors of a binomial share
    assert np.abs(seen - device.transitions(count)).max() < 5 * 0.5 / np.sqrt(20000)


def test_several_pulses_at_once_have_the_distribution_of_single_pulses():
    device = SkyrmionDevice(card())
    rng = np.random.default_rng(3)
    state = np.zeros(40000, np.uint8)
    single = state
    for _ in range(4):
        single = device.pulse(single, np.int16(1), rng)
    together = device.pulse(state, np.int16(4), rng)
    shares = [np.bincount(s, minlength=6) / 40000 for s in (single, together)]
    assert np.abs(shares[0] - shares[1]).max() < 5 * 0.5 / np.sqrt(20000)


def test_mixed_counts_leave_devices_without_pulses_alone():
    device = SkyrmionDevice(card())
    rng = np.random.default_rng(0)
    state = rng.integers(0, 6, (300, 7)).astype(np.uint8)
    count = rng.integers(-2, 3, state.shape).astype(np.int16)
    after = device.pulse(state, count, rng)
    assert (after[count == 0] == state[count == 0]).all()
    assert (after != state).any()


def test_the_first_cycle_uses_its_own_matrix():
    base = card()
    stuck = np.eye(6).tolist()
    branch = base.potentiation.model_copy(update={"first": stuck})
    first = SkyrmionDevice(base.model_copy(update={"potentiation": branch}), cycle="first")
    state = np.zeros(100, np.uint8)
    assert (first.pulse(state, np.int16(5), np.random.default_rng(0)) == 0).all()


def test_same_generator_same_states_whatever_the_chunk(monkeypatch):
    device = SkyrmionDevice(card())
    state = np.zeros((100, 37), np.uint8)
    whole = device.pulse(state, np.int16(2), np.random.default_rng(5))
    monkeypatch.setattr("devicemodels.skyrmion.CHUNK", 129)
    assert (device.pulse(state, np.int16(2), np.random.default_rng(5)) == whole).all()


def test_read_noise_and_visits_have_the_spread_of_the_card():
    device = SkyrmionDevice(card())
    state = np.full(20000, 3, np.uint8)
    rng = np.random.default_rng(2)
    read = device.read(state, rng)
    assert read.mean() == pytest.approx(device.levels[3], abs=5 * 2e-7 / np.sqrt(20000))
    assert read.std() == pytest.approx(2e-7, rel=0.03)
    assert device.visit(state, rng).std() == pytest.approx(1e-7, rel=0.03)
    assert device.spread((20000,), rng).std() == pytest.approx(0.05, rel=0.03)


def test_effects_scale_and_switch_off():
    device = SkyrmionDevice(card(), Effects(read_noise=0, cycle_to_cycle=2, device_to_device=0))
    state = np.full(20000, 3, np.uint8)
    rng = np.random.default_rng(2)
    assert (device.read(state, rng) == device.conductance(state)).all()
    assert device.visit(state, rng).std() == pytest.approx(2e-7, rel=0.03)
    assert (device.spread((9,), rng) == 1).all()
    with pytest.raises(DeviceError, match="read_noise"):
        Effects(read_noise=-1)


def test_write_noise_adds_to_the_spread_between_visits():
    device = SkyrmionDevice(card(), Effects(write_noise=0.02))
    span = device.levels[-1] - device.levels[0]
    visits = device.visit(np.full(20000, 3, np.uint8), np.random.default_rng(0))
    assert visits.std() == pytest.approx(np.hypot(1e-7, 0.02 * span), rel=0.03)


def test_the_deterministic_device_takes_the_likeliest_move():
    device = SkyrmionDevice(card(), Effects(stochastic=False))
    likeliest = [1, 2, 3, 4, 5, 5]
    state = np.arange(6, dtype=np.uint8)
    for seed in range(3):
        after = device.pulse(state, np.int16(1), np.random.default_rng(seed))
        assert (after == likeliest).all()


def test_energy_counts_pulses_of_either_sign():
    device = SkyrmionDevice(card())
    cost = device.card.pulse.energy
    assert device.energy(np.array([3, -2, 0])) == pytest.approx(5 * cost)


def test_the_plan_beats_every_other_count():
    device = SkyrmionDevice(card())
    plan, levels = device.plan(), device.levels
    for start in range(6):
        for target in range(6):

            def mse(count, start=start, target=target):
                return device.transitions(count)[start] @ (levels - levels[target]) ** 2

            best = min(mse(c) for c in range(-24, 25))
            slack = 2e-4 * (levels[-1] - levels[0]) ** 2
            assert mse(int(plan[start, target])) <= best + slack


@pytest.mark.parametrize(
    ("state", "count", "message"),
    [
        (np.array([9], np.uint8), np.int16(1), "state 9"),
        (np.array([1], np.int64), np.int16(1), "uint8"),
        (np.array([1], np.uint8), np.array([0.5]), "whole numbers"),
        (np.array([1], np.uint8), np.array([1, 2], np.int16), "shape"),
        (np.array([1], np.uint8), np.array([100000]), "32767"),
    ],
)
def test_wrong_states_and_counts_are_refused(state, count, message):
    for model in (SkyrmionDevice(card()), IdealDevice(6)):
        with pytest.raises(DeviceError, match=message):
            model.pulse(state, count, np.random.default_rng(0))


def test_ideal_levels_move_one_a_pulse_and_stop_at_the_ends():
    device = IdealDevice([1e-6, 2e-6, 5e-6])
    state = np.array([0, 1, 2], np.uint8)
    rng = np.random.default_rng(0)
    assert device.pulse(state, np.array([1, -5, 1], np.int16), rng).tolist() == [1, 0, 2]
    assert device.read(state, rng).tolist() == [1e-6, 2e-6, 5e-6]
    assert device.plan()[2, 0] == -2


@pytest.mark.parametrize("levels", [1, 256, [2e-6, 1e-6], [0.0, 1e-6], [1e-6], [1e-6, np.nan]])
def test_impossible_ideal_levels_are_refused(levels):
    with pytest.raises(DeviceError, match="levels"):
        IdealDevice(levels)


@pytest.mark.slow
def test_ten_million_devices_take_seconds():
    device = SkyrmionDevice(card())
    rng = np.random.default_rng(0)
    state = np.zeros((10, 10), np.uint8)
    device.pulse(state, np.int16(1), rng)  # compile
    state = np.zeros((2500, 4000), np.uint8)
    start = time.process_time()
    device.pulse(state, np.int16(3), rng)
    device.read(state, rng)
    assert time.process_time() - start < 10
