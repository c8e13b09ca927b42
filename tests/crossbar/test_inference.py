"""Reading and inferring through wires."""

import numpy as np
import pytest

from crossbar import Crossbar, Wires, WireUpdate, dale
from devicemodels import IdealDevice, SkyrmionDevice
from devicemodels.reference import linear_step
from neuroskyrm.errors import ConfigError

WIRES = Wires(1, 1, 10, 10)


def codes(shape=(40, 30), most=5, seed=0):
    return np.random.default_rng(seed).integers(-most, most + 1, shape).astype(np.int8)


def programmed(**options):
    return Crossbar.program(IdealDevice(6), codes(), np.random.default_rng(0), **options)


def noisy(**options):
    base = linear_step(6)
    levels = base.levels.model_copy(update={"read_sd": [2e-7] * 6})
    device = SkyrmionDevice(base.model_copy(update={"levels": levels}))
    return Crossbar.program(device, codes(), np.random.default_rng(0), **options)


def test_inference_is_the_effective_matrix_and_is_accounted_for():
    crossbar = programmed(wires=WIRES)
    v = np.random.default_rng(0).random((7, 40)) * 0.1
    currents = crossbar.infer(v, duration=1e-8)
    assert currents == pytest.approx(v @ crossbar.conductances())
    power = crossbar.solution().power(v).sum()
    assert crossbar.ledger.inference_energy == pytest.approx(power * 1e-8)
    assert crossbar.ledger.inferences == 7
    assert crossbar.ledger.inference_latency == pytest.approx(7e-8)


def test_without_wires_the_inference_power_is_that_of_the_devices():
    crossbar = programmed()
    v = np.full(40, 0.1)
    crossbar.infer(v, duration=1.0)
    devices = sum(g.sum() for g in crossbar.device_conductances())
    assert crossbar.ledger.inference_energy == pytest.approx(0.01 * devices)


def test_reads_through_wires_scatter_like_exact_solutions():
    crossbar = noisy(wires=WIRES)
    reads = np.array([crossbar.read(np.random.default_rng(s)) for s in range(50)])
    assert reads.mean(axis=0) == pytest.approx(
        crossbar.conductances(), abs=6 * 2e-7 * np.sqrt(2 / 50)
    )
    quiet = np.sqrt(2) * 2e-7
    assert 0.5 * quiet < reads.std(axis=0).mean() < quiet  # wires attenuate the noise too


def test_held_attenuation_stays_close_while_devices_are_pulsed():
    exact = programmed(wires=WIRES)
    models = {
        between: programmed(wires=WIRES, update=WireUpdate(every=100, between=between))
        for between in ("held", "rank-1")
    }
    counts = np.random.default_rng(3).integers(-1, 2, (40, 30)).astype(np.int16)
    for crossbar in (exact, *models.values()):
        crossbar.conductances()
        crossbar.pulse(counts, -counts, np.random.default_rng(0))
    v = np.full(40, 0.1)
    right = v @ exact.solution().plus
    for crossbar in models.values():
        assert np.abs(crossbar.conductances() - exact.conductances()).max() < 1e-6
    ignoring = v @ exact.device_conductances()[0]
    assert np.abs(ignoring / right - 1).min() > 0.02


@pytest.mark.parametrize("between", ["held", "rank-1"])
def test_a_read_without_noise_is_the_exact_matrix(between):
    crossbar = programmed(wires=WIRES, update=WireUpdate(every=9, between=between))
    assert crossbar.read(np.random.default_rng(0)) == pytest.approx(crossbar.conductances())


def test_the_wires_are_solved_again_when_due(monkeypatch):
    calls = []
    from crossbar import effective

    original = effective.solve_layout
    monkeypatch.setattr(effective, "solve_layout", lambda *a: calls.append(1) or original(*a))
    crossbar = programmed(wires=WIRES, update=WireUpdate(every=3))
    for _ in range(6):
        crossbar.conductances()
        crossbar.pulse(np.int16(0), np.int16(0), np.random.default_rng(0))
    assert len(calls) == 2


def test_an_ideal_array_computes_the_signed_levels():
    crossbar = programmed()
    signed = dale.signed_levels(IdealDevice(6).levels)
    v = np.random.default_rng(0).random(40)
    expected = v @ signed[codes().astype(int) + 5]
    assert crossbar.infer(v, 1e-9) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: programmed().infer(np.zeros(3), 1e-9), "end with 40"),
        (lambda: programmed().infer(np.full(40, np.nan), 1e-9), "finite"),
        (lambda: WireUpdate(every=0), "every"),
        (lambda: WireUpdate(between="magic"), "between"),
    ],
)
def test_wrong_inputs_are_refused(call, message):
    with pytest.raises(ConfigError, match=message):
        call()
