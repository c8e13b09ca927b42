"""Faults, device matching and wires of the STDP network."""

import numpy as np
import pytest

from devicemodels import Effects, IdealDevice, Retention, SkyrmionDevice, load_card
from networks.stdp import StdpNetwork
from networks.stdp_array import transition_matrix
from networks.stdp_faults import Unreliable, drift, slip, stick
from networks.stdp_rules import matched_rule, suited
from neuroskyrm.errors import ConfigError
from neuroskyrm.io.datasets import load_digits28


@pytest.fixture(scope="module")
def images():
    return load_digits28().train_images[:60]


def network(model, neurons=20):
    return StdpNetwork(model, neurons, matched_rule(model), seed=2)


def test_stuck_devices_keep_their_states_and_still_cost_pulses(images):
    net = network(IdealDevice(6, pulse_energy=1e-13))
    before = net.states.copy()
    stick(net, 1.0)
    net.train(images)
    assert np.array_equal(net.states, before)
    assert net.ledger.energy > 0


def test_slips_move_by_one_state_and_weights_follow():
    net = network(IdealDevice(6))
    before = net.states.astype(int)
    slip(net, 0.5)
    moves = np.abs(net.states.astype(int) - before)
    assert moves.max() == 1
    assert moves.mean() == pytest.approx(0.5 * (1 - 0.125), abs=0.02)  # a quarter starts at 0
    assert net.weights == pytest.approx(net.synapses.levels[net.states])


def test_drift_moves_weights_towards_equilibrium_and_leaves_states():
    net = network(IdealDevice(6))
    before, states = net.weights.copy(), net.states.copy()
    drift(net, Retention(time=1.0, equilibrium=0.5, drift=0.4), age=1e3)
    assert net.weights == pytest.approx(0.25 + 0.6 * (before - 0.25), abs=1e-6)
    assert np.array_equal(net.states, states)


def test_failed_updates_slow_learning_down(images):
    changes = []
    for failures in (0.0, 0.8):
        model = Unreliable(IdealDevice(6), failures=failures)
        net = StdpNetwork(model, 20, matched_rule(IdealDevice(6)), seed=2)
        before = net.states.copy()
        net.train(images[:1])
        changes.append((net.states != before).mean() / net.pulses[:2].sum())
    # A little above 0.2, as some devices that failed first get a second pulse.
    assert 0.18 < changes[1] / changes[0] < 0.32


def test_level_noise_has_its_standard_deviation():
    net = network(Unreliable(IdealDevice(6), visit_noise=0.1))
    inner = net.states == 3
    noise = net.weights[inner] - net.synapses.levels[3]
    assert noise.std() == pytest.approx(0.1 * net.weight_map.full_scale, rel=0.05)


def test_sampled_transitions_agree_with_exact_ones():
    card = load_card("rim-n4-300K")
    exact = SkyrmionDevice(card)

    class Opaque:
        levels = exact.levels
        pulse = staticmethod(exact.pulse)

    for polarity in (1, -1):
        sampled = transition_matrix(Opaque(), polarity)
        assert sampled == pytest.approx(transition_matrix(exact, polarity), abs=0.01)


def test_matched_probabilities_give_every_device_the_same_mean_step():
    assert matched_rule(IdealDevice(6)).potentiation == pytest.approx(0.05)
    assert matched_rule(IdealDevice(6)).depression == pytest.approx(0.025)
    assert matched_rule(IdealDevice(2)).potentiation == pytest.approx(0.01)
    failing = matched_rule(Unreliable(IdealDevice(6), failures=0.5))
    assert failing.potentiation == pytest.approx(0.1)


def test_suited_constants_depend_on_rule_and_length_of_training():
    model = Unreliable(IdealDevice(6), failures=0.5)
    short, long = (suited("probabilistic", model, images) for images in (600, 60000))
    assert short["rule"].potentiation == pytest.approx(0.05)
    assert long["rule"].potentiation == pytest.approx(0.1)
    assert long["lif"].inhibition > short["lif"].inhibition
    assert long["code"].for_reading().duration == 2 * short["code"].for_reading().duration
    ideal = StdpNetwork(None, 10, **suited("ideal", model, 600))
    assert ideal.weights.sum(axis=0) == pytest.approx(78, rel=1e-4)
    with pytest.raises(ConfigError, match="probabilistic"):
        suited("hebb", model, 600)


def test_a_card_brings_its_noise_and_statistics_along(images):
    card = load_card("rim-n4-300K")
    net = network(SkyrmionDevice(card))
    span = card.conductance[-1] - card.conductance[0]
    per_siemens = net.weight_map.full_scale / span
    read = net.synapses.read_sd / per_siemens
    assert read == pytest.approx(np.array(card.levels.read_sd), rel=0.02)
    visit = net.synapses.visit_sd / per_siemens
    assert visit == pytest.approx(np.array(card.levels.visit_sd), rel=0.02)
    quiet = network(SkyrmionDevice(card, Effects(read_noise=0.0)))
    assert quiet.synapses.read_sd.size == 0
    net.train(images)
    assert net.ledger.energy == pytest.approx(net.ledger.pulses * card.pulse.energy)


def test_read_noise_changes_responses_but_not_their_repeatability(images):
    clean, noisy = (network(Unreliable(IdealDevice(6), read_noise=part)) for part in (0.0, 0.3))
    assert not np.array_equal(clean.respond(images), noisy.respond(images))
    assert np.array_equal(noisy.respond(images), noisy.respond(images, threads=2))
