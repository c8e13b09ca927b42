"""Section III and Fig. 6 of Chen et al. on part of MNIST: the deterministic rule, and a better one.

The full runs stand under docs/results/stdp-states; here the trend is checked at a size for tests.
"""

import os

import pytest

from devicemodels import IdealDevice
from networks.stdp import StdpNetwork
from networks.stdp_rules import DeterministicAdjacent, matched_rule
from neuroskyrm.io.datasets import load_mnist

pytestmark = [
    pytest.mark.papers,
    pytest.mark.skipif("NEUROSKYRM_DATA" not in os.environ, reason="needs MNIST"),
]


@pytest.fixture(scope="module")
def results():
    data = load_mnist()
    found = {}
    for rule in (DeterministicAdjacent(), matched_rule(IdealDevice(6))):
        net = StdpNetwork(IdealDevice(6), 100, rule, seed=1)
        net.train(data.train_images, until=4000)
        net.label(data.train_images[:2000], data.train_labels[:2000])
        result = net.evaluate(data.test_images[:2000], data.test_labels[:2000])
        found[rule.name] = result.accuracy["proportion"], net.ledger.pulses
    return found


def test_the_probabilistic_step_beats_the_papers_deterministic_one(results):
    assert results["probabilistic"][0] > results["deterministic"][0] + 0.03
    assert results["probabilistic"][0] > 0.72


def test_the_deterministic_rule_spends_more_than_ten_times_the_pulses(results):
    assert results["deterministic"][1] > 10 * results["probabilistic"][1]
