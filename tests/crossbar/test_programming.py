"""Write-verify gets closer than open loop, within its budget, and says what failed."""

from dataclasses import replace

import numpy as np
import pytest

from crossbar import Crossbar, Verify
from devicemodels import Effects, Faults, IdealDevice, Retention, SkyrmionDevice
from devicemodels.reference import linear_step
from devicemodels.retention import Initialisation
from neuroskyrm.errors import ConfigError, DeviceError


def noisy_device(**effects):
    base = linear_step(8, up=0.15, down=0.12, noise=0.1)
    levels = base.levels.model_copy(update={"read_sd": [1e-7] * 8, "visit_sd": [2e-7] * 8})
    card = base.model_copy(update={"levels": levels, "device_spread": 0.03})
    return SkyrmionDevice(card, Effects(**effects))


def codes(shape=(60, 40), most=7, seed=0):
    return np.random.default_rng(seed).integers(-most, most + 1, shape).astype(np.int8)


def rms_error(crossbar):
    return np.sqrt(np.mean([p.error**2 for p in crossbar.programming]))


def test_write_verify_beats_open_loop():
    blind = Crossbar.program(noisy_device(), codes(), np.random.default_rng(0))
    seen = Crossbar.program(
        noisy_device(), codes(), np.random.default_rng(0), method="write-verify"
    )
    assert rms_error(seen) < 0.5 * rms_error(blind)
    assert seen.ledger.failures < 0.02 * seen.ledger.devices < blind.ledger.failures
    assert seen.ledger.latency > blind.ledger.latency


def test_a_quiet_device_reads_back_within_tolerance():
    device = noisy_device(read_noise=0)
    verify = Verify(budget=400, tolerance=3e-7)
    crossbar = Crossbar.program(
        device, codes(), np.random.default_rng(0), method="write-verify", verify=verify
    )
    for part in crossbar.programming:
        assert (np.abs(part.error) <= 3e-7 * 1.001)[~part.failed].all()
        assert part.pulses.max() <= 400


@pytest.mark.parametrize("budget", [1, 3, 10])
def test_no_device_exceeds_the_budget(budget):
    crossbar = Crossbar.program(
        noisy_device(),
        codes(),
        np.random.default_rng(0),
        method="write-verify",
        verify=Verify(budget=budget),
    )
    assert max(part.pulses.max() for part in crossbar.programming) <= budget
    assert crossbar.ledger.pulses == sum(int(p.pulses.sum()) for p in crossbar.programming)


def test_verify_reads_cost_what_they_dissipate():
    device = IdealDevice([10e-6, 20e-6])
    verify = Verify(voltage=0.2, duration=5e-9, reads=3)
    crossbar = Crossbar.program(
        device,
        np.zeros((4, 5), np.int8),
        np.random.default_rng(0),
        method="write-verify",
        verify=verify,
    )
    assert crossbar.ledger.energy == pytest.approx(2 * 20 * 3 * 0.2**2 * 10e-6 * 5e-9)
    assert crossbar.ledger.pulses == 0


def test_stuck_and_open_devices_are_found_by_write_verify():
    faults = Faults(stuck_low=0.05, stuck_high=0.05, open=0.05)
    crossbar = Crossbar.program(
        IdealDevice(8),
        codes(most=6),
        np.random.default_rng(0),
        method="write-verify",
        faults=faults,
    )
    share = crossbar.ledger.failures / crossbar.ledger.devices
    # stuck-low devices whose target is the lowest state (more than half of them) pass
    assert 0.10 < share < 0.15
    assert (crossbar.device_conductances()[0] == 0).mean() == pytest.approx(0.05, abs=0.02)


def test_stuck_devices_ignore_pulses():
    faults = Faults(stuck_high=1.0)
    crossbar = Crossbar.program(IdealDevice(8), codes(), np.random.default_rng(0), faults=faults)
    crossbar.pulse(np.int16(-3), np.int16(-3), np.random.default_rng(0))
    assert (crossbar.plus == 7).all()


def test_reprogramming_starts_from_the_present_states():
    crossbar = Crossbar.program(IdealDevice(8), codes(seed=0), np.random.default_rng(0))
    before = crossbar.ledger.pulses
    crossbar.reprogram(codes(seed=0), np.random.default_rng(0))
    assert crossbar.ledger.pulses == before
    crossbar.reprogram(codes(seed=5), np.random.default_rng(0))
    assert (crossbar.codes == codes(seed=5)).all()
    with pytest.raises(ConfigError, match="shape"):
        crossbar.reprogram(codes((2, 2)), np.random.default_rng(0))


def test_cold_devices_miss_pulses_until_initialised():
    retention = Retention(time=1e-6, latency=1)
    base = linear_step(8, up=1 / 7, down=1 / 7)
    device = SkyrmionDevice(base)
    arrays = []
    for reboot in (False, True):
        crossbar = Crossbar.program(
            device, np.zeros((30, 20), np.int8), np.random.default_rng(0), retention=retention
        )
        crossbar.rest(1e-3)
        energy = crossbar.ledger.energy
        if reboot:
            crossbar.initialise()
            assert crossbar.ledger.energy > energy
        crossbar.pulse(np.int16(2), np.int16(0), np.random.default_rng(1))
        arrays.append(crossbar)
    assert (arrays[0].plus == 1).all()  # the first pulse was lost
    assert (arrays[1].plus == 2).all()


def test_programming_can_start_with_an_initialisation_pulse():
    device = SkyrmionDevice(linear_step(8, up=1 / 7, down=1 / 7))
    retention = Retention(time=1e-6, latency=2)
    reached = []
    for pulse in (None, Initialisation()):
        crossbar = Crossbar.program(
            device, np.zeros((9, 8), np.int8), np.random.default_rng(0), retention=retention
        )
        crossbar.rest(1.0)
        crossbar.reprogram(np.full((9, 8), 4), np.random.default_rng(0), initialisation=pulse)
        reached.append(int(crossbar.plus.max()))
    assert reached == [2, 4]  # cold devices miss two of four pulses


def test_conductance_drifts_to_equilibrium_and_pulses_reset_it():
    retention = Retention(time=1e-6, equilibrium=0.0, drift=1.0, latency=0)
    crossbar = Crossbar.program(
        IdealDevice(8), np.full((5, 4), 6, np.int8), np.random.default_rng(0), retention=retention
    )
    start = crossbar.conductances()
    crossbar.rest(1e-6)
    assert crossbar.conductances() == pytest.approx(start / np.e, rel=1e-6)
    crossbar.pulse(np.int16(1), np.int16(1), np.random.default_rng(0))
    assert crossbar.plus.max() == 7
    assert crossbar.device_conductances()[0] == pytest.approx(IdealDevice(8).levels[7])


def test_the_initialisation_pulse_costs_an_eighth_of_a_programming_pulse():
    pulse = linear_step(4).pulse.model_copy(update={"energy": 3.2e-13, "width": 2e-9})
    device = SkyrmionDevice(linear_step(4).model_copy(update={"pulse": pulse}))
    # a tenth of the current for 25 ns instead of 2 ns
    assert Initialisation().energy(device) == pytest.approx(3.2e-13 * 0.01 * 12.5)


def test_a_card_without_relaxation_time_has_no_retention():
    with pytest.raises(DeviceError, match="relaxation_time"):
        Retention.of_card(linear_step(4))
    card = linear_step(4).model_copy(update={"relaxation_time": 2e-8})
    assert Retention.of_card(card).time == 2e-8


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Verify(budget=0), ConfigError, "budget"),
        (lambda: Verify(tolerance=-1.0), ConfigError, "tolerance"),
        (lambda: Faults(open=1.5), DeviceError, "between 0 and 1"),
        (lambda: Faults(open=0.6, stuck_low=0.6), DeviceError, "add up"),
        (lambda: Retention(time=0), DeviceError, "time"),
        (lambda: Retention(time=1, drift=2), DeviceError, "drift"),
        (lambda: replace(Retention(time=1), latency=-1), DeviceError, "latency"),
        (
            lambda: Crossbar.program(
                IdealDevice(3), np.zeros((1, 1), int), np.random.default_rng(0), method="magic"
            ),
            ConfigError,
            "method",
        ),
    ],
)
def test_wrong_options_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_devices_that_are_done_are_left_alone():
    """Write-verify reads and pulses only what is not yet there: the others keep their visit."""
    device = noisy_device(read_noise=0)
    verify = Verify(budget=300, tolerance=3e-7)
    crossbar = Crossbar.program(
        device, codes(), np.random.default_rng(0), method="write-verify", verify=verify
    )
    before = crossbar.device_conductances()
    pulses = crossbar.ledger.pulses
    crossbar.reprogram(codes(), np.random.default_rng(1), verify)
    for part, old, new in zip(
        crossbar.programming, before, crossbar.device_conductances(), strict=True
    ):
        there = np.abs(old - part.wanted) <= 3e-7
        np.testing.assert_array_equal(old[there], new[there])
        assert not part.pulses[there].any()
    assert crossbar.ledger.pulses - pulses < 0.05 * pulses
