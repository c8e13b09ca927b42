"""The fused kernel and the Brian2 network are the same model: equal spikes, equal states."""

import numpy as np
import pytest

from devicemodels import IdealDevice
from networks.encoding import PoissonCode, stream_key
from networks.stdp import StdpNetwork
from networks.stdp_array import WeightMap
from networks.stdp_rules import ColumnFraction, DeterministicAdjacent, ProbabilisticAdjacent
from neuroskyrm.io.datasets import load_digits28

pytest.importorskip("brian2")
pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")

RULES = [ProbabilisticAdjacent(0.2, 0.1), DeterministicAdjacent(), ColumnFraction(0.3, 0.2)]


class Unreliable(IdealDevice):
    """Fails in 30 % of its pulses, is written and read with noise, and differs from the next."""

    def transitions(self, count):
        step = np.sign(count)
        count = len(self.levels)
        matrix = 0.3 * np.eye(count)
        for state in range(count):
            matrix[state, np.clip(state + step, 0, count - 1)] += 0.7
        return matrix

    def read(self, state, rng):
        return self.conductance(state) + rng.normal(0, 0.3e-6, state.shape)

    def visit(self, state, rng):
        return rng.normal(0, 0.2e-6, state.shape)

    def spread(self, shape, rng):
        return rng.normal(1, 0.1, shape)


def compare(net, images):
    """Present `images` to both engines; check every showing; return the number of spikes."""
    from networks.stdp_reference import Brian2Stdp

    twin = Brian2Stdp(net)
    key = stream_key(net.seed, "stdp", "train")
    spikes = 0
    for k, image in enumerate(images):
        shown = twin.present(image[None])[-1]
        scratch = net._scratch(image[None])
        count = int(net._show(image[None], net.rule_constants, scratch, key, k).sum())
        assert np.array_equal(shown.steps, scratch.record_step[:count])
        assert np.array_equal(shown.neurons, scratch.record_neuron[:count])
        assert np.array_equal(shown.states, net.states)
        assert shown.theta == pytest.approx(net.neurons.theta, abs=1e-8)
        assert np.asarray(twin.layer.v_) == pytest.approx(net.neurons.v, abs=2e-6)
        spikes += count
    return spikes


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_equal_spikes_and_states_for_every_rule(rule):
    net = StdpNetwork(IdealDevice(6), 25, rule, weight_map=WeightMap(1.0), seed=3)
    assert compare(net, load_digits28().train_images[:2]) > 20


def test_equal_with_failing_noisy_spread_devices_without_reference_column():
    weight_map = WeightMap(0.5, reference=False)
    net = StdpNetwork(Unreliable(6), 25, RULES[0], weight_map=weight_map, seed=4)
    assert net.synapses.read_sd.size == 6
    assert compare(net, load_digits28().train_images[:2]) > 20


def test_equal_when_an_image_must_be_shown_again():
    code = PoissonCode(rate=10.0)
    net = StdpNetwork(IdealDevice(6), 25, RULES[0], weight_map=WeightMap(0.5), code=code, seed=5)
    from networks.stdp_reference import Brian2Stdp

    images = load_digits28().train_images[:2]
    showings = Brian2Stdp(net).present(images)
    net.train(images)
    assert len(showings) > 2
    assert np.array_equal(showings[-1].states, net.states)


@pytest.mark.slow
def test_twenty_presentations_to_the_full_network_are_equal():
    """With failing pulses, write and read noise, and devices that differ."""
    net = StdpNetwork(Unreliable(6), 400, RULES[0], weight_map=WeightMap(1.0), seed=3)
    assert net.synapses.visit_sd.min() > 0
    assert compare(net, load_digits28().train_images[:20]) > 500
