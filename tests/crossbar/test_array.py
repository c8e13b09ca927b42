"""Programming, reading, pulsing and accounting of whole arrays."""

import time

import numpy as np
import pytest

from crossbar import Crossbar, dale
from crossbar.ledger import Ledger, total
from devicemodels import IdealDevice, SkyrmionDevice
from devicemodels.reference import linear_step
from neuroskyrm.errors import ConfigError, DeviceError


def noisy_device():
    base = linear_step(6, up=0.17, down=0.13, noise=0.07)
    levels = base.levels.model_copy(update={"read_sd": [2e-7] * 6, "visit_sd": [1e-7] * 6})
    return SkyrmionDevice(base.model_copy(update={"levels": levels, "device_spread": 0.05}))


def random_codes(shape, most=5, seed=0):
    return np.random.default_rng(seed).integers(-most, most + 1, shape).astype(np.int8)


def test_ideal_devices_hold_exactly_the_codes():
    codes = random_codes((13, 7))
    model = IdealDevice(6)
    crossbar = Crossbar.program(model, codes, np.random.default_rng(0))
    signed = dale.signed_levels(model.levels)
    assert (crossbar.codes == codes).all()
    assert crossbar.conductances() == pytest.approx(signed[codes.astype(int) + 5], abs=1e-18)
    assert crossbar.ledger.pulses == np.abs(codes.astype(int)).sum()
    assert crossbar.ledger.failures == 0


def test_states_take_one_byte():
    crossbar = Crossbar.program(noisy_device(), random_codes((9, 4)), np.random.default_rng(0))
    assert crossbar.plus.dtype == crossbar.minus.dtype == np.uint8


def test_same_seed_same_devices_and_noise():
    arrays = []
    for _ in range(2):
        rng = np.random.default_rng(7)
        crossbar = Crossbar.program(noisy_device(), random_codes((20, 10)), rng)
        crossbar.pulse(np.int16(1), np.int16(-1), rng)
        arrays.append((crossbar.plus, crossbar.conductances(), crossbar.read(rng)))
    assert all((a == b).all() for a, b in zip(*arrays, strict=True))


def test_devices_differ_and_reads_scatter_around_them():
    rng = np.random.default_rng(0)
    crossbar = Crossbar.program(noisy_device(), np.full((50, 40), 3, np.int8), rng)
    own = crossbar.conductances()
    reads = np.array([crossbar.read(rng) for _ in range(200)])
    assert len(np.unique(own)) > 1000
    assert (reads.mean(axis=0) - own).std() == pytest.approx(2e-7 * np.sqrt(2 / 200), rel=0.1)
    assert reads.std(axis=0).mean() == pytest.approx(2e-7 * np.sqrt(2), rel=0.05)


def test_untouched_devices_keep_their_conductance():
    rng = np.random.default_rng(0)
    crossbar = Crossbar.program(noisy_device(), random_codes((30, 20)), rng)
    before = crossbar.conductances()
    counts = np.zeros((30, 20), np.int16)
    counts[:, ::2] = 1
    crossbar.pulse(counts, np.int16(0), rng)
    after = crossbar.conductances()
    assert (after[:, 1::2] == before[:, 1::2]).all()
    assert (after[:, ::2] != before[:, ::2]).any()


def test_the_ledger_counts_pulses_energy_latency_and_area():
    base = linear_step(6, up=0.2, down=0.2)
    pulse = base.pulse.model_copy(update={"energy": 3e-13, "width": 2e-9, "pause": 5e-9})
    model = SkyrmionDevice(base.model_copy(update={"pulse": pulse}), area=1e-13)
    codes = np.array([[1, -4], [0, 2]], np.int8)
    ledger = Crossbar.program(model, codes, np.random.default_rng(0)).ledger
    assert ledger.pulses == 7
    assert ledger.energy == pytest.approx(7 * 3e-13)
    assert ledger.latency == pytest.approx((4 + 2) * 7e-9)  # row by row
    assert ledger.area == pytest.approx(8 * 1e-13)
    assert total([ledger, ledger]).as_metrics("net")["net.pulses"] == 14
    assert (Ledger(pulses=1) + Ledger(pulses=2)).pulses == 3


def test_stochastic_programming_lands_near_its_target_and_counts_failures():
    rng = np.random.default_rng(0)
    crossbar = Crossbar.program(noisy_device(), random_codes((100, 100)), rng)
    missed = sum(int((p.achieved != p.target).sum()) for p in crossbar.programming)
    assert crossbar.ledger.failures == missed > 0
    assert np.abs(crossbar.codes.astype(int) - crossbar.target).mean() < 1


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        (np.array([[9]]), "beyond"),
        (np.array([[0.5]]), "whole numbers"),
        (np.array([[np.nan]]), "whole numbers"),
        (np.array([1, 2]), "matrix"),
        (np.zeros((0, 3), int), "matrix"),
    ],
)
def test_impossible_codes_are_refused(codes, message):
    with pytest.raises(ConfigError, match=message):
        Crossbar.program(IdealDevice(6), codes, np.random.default_rng(0))


def test_wrong_pulse_shapes_are_refused():
    crossbar = Crossbar.program(IdealDevice(6), random_codes((3, 2)), np.random.default_rng(0))
    with pytest.raises(DeviceError, match="shape"):
        crossbar.pulse(np.zeros((2, 3), np.int16), np.int16(0), np.random.default_rng(0))


@pytest.mark.slow
def test_ten_million_devices_are_programmed_read_and_pulsed_in_seconds():
    model, rng = noisy_device(), np.random.default_rng(0)
    Crossbar.program(model, random_codes((4, 4)), rng)  # compile
    codes = random_codes((2500, 2000))
    start = time.process_time()
    crossbar = Crossbar.program(model, codes, rng)
    crossbar.read(rng)
    crossbar.pulse(np.int16(1), np.int16(0), rng)
    assert time.process_time() - start < 20
