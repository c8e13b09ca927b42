"""Converters round, clip and cost as they say; the engine computes x W within their errors."""

import numpy as np
import pytest

from crossbar import (
    Adc,
    Crossbar,
    Dac,
    DigitalMac,
    IntegrateFire,
    MatrixEngine,
    SpikeDriver,
    Wires,
    dale,
)  # fmt: skip
from crossbar.periphery import calibrated_range
from devicemodels import IdealDevice
from neuroskyrm.errors import ConfigError


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_converters_have_even_steps_through_zero(bits):
    x = np.linspace(-1, 1, 4001)
    v = Dac(bits, full_scale=0.2).convert(x)
    assert len(np.unique(v.round(12))) == 2**bits - 1
    step = 0.2 / (2 ** (bits - 1) - 1)
    assert np.abs(v - 0.2 * x).max() <= step / 2 * 1.0001
    assert v[2000] == 0


def test_beyond_the_range_is_clipped():
    assert Adc(None, full_scale=1e-6).convert([5e-6, -5e-6]).tolist() == [1e-6, -1e-6]


def test_converter_noise_has_its_spread():
    noisy = Dac(None, full_scale=0.1, noise=1e-3).convert(np.zeros(20000), np.random.default_rng(0))
    assert noisy.std() == pytest.approx(1e-3, rel=0.03)


def test_the_range_is_calibrated_from_data():
    currents = np.random.default_rng(0).normal(0, 1e-6, 10000)
    adc = Adc(8).calibrated(currents, coverage=0.99)
    assert (np.abs(currents) <= adc.full_scale).mean() == pytest.approx(0.99, abs=1e-3)
    assert calibrated_range([0.0] * 999 + [2.0], 0.9) == 2.0


def test_integrate_and_fire_counts_charge_to_one_spike():
    column = IntegrateFire(charge=1e-15)
    currents = np.random.default_rng(0).uniform(-2e-6, 3e-6, (200, 5))
    spikes = column.spikes(currents, step=1e-9)
    assert np.abs(spikes.sum(0) * 1e-15 - currents.sum(0) * 1e-9).max() < 1e-15
    mean = column.current(spikes, 1e-9)
    assert mean == pytest.approx(currents.mean(0), abs=1e-15 / 200e-9)


def engine(tile=None, wires=None, bits=None, adc_bits=None, seed=0):
    rng = np.random.default_rng(seed)
    model = IdealDevice(64)
    weights = rng.normal(0, 1, (50, 12))
    scale = dale.full_scale(weights, model.levels)
    codes = dale.quantise(weights, model.levels, scale)
    crossbar = Crossbar.program(model, codes, rng, wires=wires, tile=tile)
    x = rng.random((40, 50)) * 3.0
    hardware = MatrixEngine(crossbar, scale, Dac(bits), Adc(adc_bits))
    return hardware.calibrate(x, coverage=1.0), x, codes, scale, model


@pytest.mark.parametrize("tile", [None, (16, 8)])
def test_ideal_converters_compute_the_product_with_the_codes(tile):
    hardware, x, codes, scale, model = engine(tile)
    signed = dale.signed_levels(model.levels)
    assert hardware(x) == pytest.approx(x @ signed[codes.astype(int) + 63] / scale, rel=1e-9)


def test_more_bits_less_error():
    errors = []
    for bits in (4, 6, 8, 10):
        hardware, x, *_ = engine(bits=bits, adc_bits=bits)
        budget = hardware.error_budget(x, np.random.default_rng(0))
        errors.append(budget["total"])
        assert budget["wires"] == budget["devices"] == budget["read"] == 0
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > 10 * errors[-1]


def test_the_error_budget_names_the_wires():
    hardware, x, *_ = engine(wires=Wires(20, 20), bits=8, adc_bits=8)
    budget = hardware.error_budget(x, np.random.default_rng(0))
    assert budget["wires"] > 3 * max(budget["dac"], budget["adc"])
    assert budget["total"] == pytest.approx(budget["wires"], rel=0.2)


def test_digital_partial_sums_are_converted_one_by_one():
    whole, x, *_ = engine(adc_bits=6)
    tiled, *_ = engine(tile=(10, 12), adc_bits=6)
    whole(x)
    tiled(x)
    conversions = tiled.crossbar.ledger.converter_energy / whole.crossbar.ledger.converter_energy
    assert conversions == pytest.approx(5)


def test_spikes_need_no_converter():
    hardware, x, *_ = engine()
    driver = MatrixEngine(hardware.crossbar, hardware.scale, SpikeDriver(0.1), Adc(None, 1.0))
    spikes = (x > 1.5).astype(float)
    expected = spikes @ hardware.crossbar.conductances() / hardware.scale
    assert driver(spikes) == pytest.approx(expected)
    with pytest.raises(ConfigError, match="spikes"):
        driver(x)


def test_an_integrate_and_fire_column_needs_no_range():
    hardware, x, *_ = engine()
    exact = hardware(x)
    column = IntegrateFire(charge=2e-17, window=10e-9)
    counted = MatrixEngine(hardware.crossbar, hardware.scale, Dac(None), column)
    counted.calibrate(x, coverage=1.0)
    assert counted.adc is column
    one_spike = 2e-17 / 10e-9 * counted.input_range / (0.1 * hardware.scale)
    assert np.abs(counted(x) - exact).max() <= one_spike * 1.0001


def test_the_ledger_compares_with_a_digital_engine():
    hardware, x, *_ = engine(bits=8, adc_bits=8)
    hardware(x)
    ledger = hardware.crossbar.ledger
    assert ledger.macs == 40 * 50 * 12
    compared = ledger.against_digital(DigitalMac())
    assert compared["digital"] == pytest.approx(ledger.macs * 0.3e-12)
    assert compared["analog"] == pytest.approx(ledger.inference_energy + ledger.converter_energy)
    assert compared["digital_with_weights"] > compared["digital"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Dac(bits=1), "bits"),
        (lambda: Adc(full_scale=0), "full_scale"),
        (lambda: Dac(noise=-1), "noise"),
        (lambda: IntegrateFire(charge=0), "charge"),
        (lambda: calibrated_range([0.0]), "zero"),
        (lambda: calibrated_range([1.0], 0), "coverage"),
        (lambda: MatrixEngine(engine()[0].crossbar, 0, Dac(), Adc()), "scale"),
        (lambda: engine()[0](np.zeros((3, 4))), "must be"),
    ],
)
def test_wrong_periphery_is_refused(call, message):
    with pytest.raises(ConfigError, match=message):
        call()
