"""Appendix B as printed: identical hidden neurons, and an update that is no gradient."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from networks.recurrent import RecurrentClassifier
from networks.recurrent_abstention import (
    alarm_level,
    doubt,
    ensemble_probabilities,
    fitted_temperature,
    flagged,
)
from networks.recurrent_printed import (
    alignment,
    constant_network,
    follow,
    gradient_update,
    printed_update,
)
from neuroskyrm.errors import ConfigError

RNG = np.random.default_rng(0)
CLASSES = ("a", "b", "c")


def network(inputs=5, hidden=4):
    def weights(*shape):
        return RNG.normal(size=shape).astype(np.float32)

    return RecurrentClassifier(
        weights(inputs, hidden), weights(hidden, hidden), weights(hidden, 3),
        weights(hidden), weights(3), CLASSES,
    )  # fmt: skip


def loss(net, profiles, label):
    return -np.log(float(net.probabilities(profiles)[-1, label]))


@pytest.mark.parametrize(("place", "name"), list(enumerate(["inputs", "recurrent", "outputs"])))
def test_gradient_update_is_minus_the_slope_of_the_loss(place, name):
    net, profiles = network(), RNG.normal(size=(4, 5)).astype(np.float32)
    update = gradient_update(net, profiles, 1)[place]
    weights = getattr(net, name)
    for index in np.ndindex(weights.shape):
        step = np.zeros_like(weights)
        step[index] = 1e-2
        up = loss(replace(net, **{name: weights + step}), profiles, 1)
        down = loss(replace(net, **{name: weights - step}), profiles, 1)
        assert update[index] == pytest.approx(-(up - down) / 2e-2, abs=2e-4)


def test_printed_update_is_the_gradient_only_when_weights_are_one():
    profiles = RNG.normal(size=(4, 5)).astype(np.float32)
    ones = replace(
        network(), recurrent=np.ones((4, 4), np.float32), outputs=np.ones((4, 3), np.float32)
    )
    for a, b in zip(
        printed_update(ones, profiles, 2), gradient_update(ones, profiles, 2), strict=True
    ):
        np.testing.assert_allclose(a, b, atol=1e-9)
    net = network()
    cosines = alignment(printed_update(net, profiles, 2), gradient_update(net, profiles, 2))
    assert cosines[0] < 0.9
    assert cosines[2] == pytest.approx(1.0)


@pytest.mark.parametrize("rule", ["printed", "gradient"])
def test_constant_start_keeps_all_hidden_neurons_identical(rule):
    profiles = RNG.normal(size=(6, 3, 5)).astype(np.float32)
    labels = np.array([0, 1, 2, 0, 1, 2])
    trained = follow(constant_network(5, 8, CLASSES), profiles, labels, rule, 0.1, 5, RNG)
    assert np.ptp(trained.inputs, axis=1).max() < 1e-6
    assert np.ptp(trained.outputs, axis=0).max() < 1e-6
    assert np.abs(trained.outputs - 1 / 8).max() > 1e-3  # it did learn something


def test_alarm_level_gives_the_asked_false_alarms():
    clear = RNG.uniform(size=1000)
    level = alarm_level(clear, 0.02)
    assert np.mean(clear > level) == pytest.approx(0.02)
    assert flagged(clear, np.full(10, 2.0)) == 1.0
    assert flagged(clear, np.full(10, -1.0)) == 0.0
    with pytest.raises(ConfigError, match="false_alarms"):
        alarm_level(clear, 1.0)


def test_temperature_scaling_recovers_a_sharpened_network():
    net = network()
    profiles = RNG.normal(size=(3000, 2, 5)).astype(np.float32)
    p = net.probabilities(profiles)[:, -1]
    labels = np.array([RNG.choice(3, p=row / row.sum()) for row in p.astype(float)])
    sharp = replace(net, temperature=0.25)
    # Labels drawn from the plain network are calibrated for temperature 1.
    assert fitted_temperature(sharp, profiles, labels) == pytest.approx(1.0, abs=0.15)


def test_ensemble_is_the_mean_and_doubts_where_members_disagree():
    nets = [network() for _ in range(3)]
    profiles = RNG.normal(size=(7, 2, 5)).astype(np.float32)
    mean = ensemble_probabilities(nets, profiles)
    np.testing.assert_allclose(mean.sum(axis=1), 1, atol=1e-6)
    largest = np.mean([n.probabilities(profiles)[:, -1].max(axis=1) for n in nets], axis=0)
    assert np.all(doubt(mean) >= 1 - largest - 1e-6)
