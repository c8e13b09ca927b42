"""The recurrent classifier: profiles, run time against torch, training."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from networks.frame_inputs import process_inputs
from networks.recurrent import RecurrentClassifier, sigmoid, softmax
from networks.recurrent_abstention import MahalanobisNovelty, final_states, merged
from networks.recurrent_features import bin_edges, quantile_profile
from networks.recurrent_training import Training, train_classifier
from neuroskyrm.errors import ConfigError

RNG = np.random.default_rng(0)


def test_one_bin_per_site_is_the_sorted_vector():
    sz = RNG.uniform(-1, 1, (10, 10)).astype(np.float32)
    np.testing.assert_array_equal(quantile_profile(sz, 100, "uniform"), np.sort(sz.ravel()))


@pytest.mark.parametrize("spacing", ["uniform", "tails"])
@pytest.mark.parametrize("count", [1, 7, 33, 64, 150])
def test_bins_keep_the_mean_and_the_order(count, spacing):
    sz = RNG.uniform(-1, 1, (9, 11))
    profile = quantile_profile(sz, count, spacing)
    widths = np.diff(bin_edges(count, spacing))
    assert float(profile @ widths) == pytest.approx(sz.mean(), abs=1e-6)
    assert np.all(np.diff(profile) >= -1e-6)


@pytest.mark.parametrize("spacing", ["uniform", "tails"])
def test_profile_depends_on_neither_position_nor_lattice_size(spacing):
    sz = RNG.uniform(-1, 1, (12, 12))
    shuffled = RNG.permutation(sz.ravel()).reshape(18, 8)
    larger = np.repeat(np.repeat(sz, 2, axis=0), 3, axis=1)
    expected = quantile_profile(sz, 24, spacing)
    np.testing.assert_allclose(quantile_profile(shuffled, 24, spacing), expected, atol=1e-6)
    np.testing.assert_allclose(quantile_profile(larger, 24, spacing), expected, atol=1e-6)


def test_tails_resolve_a_skyrmion_that_uniform_bins_smear():
    sz = np.ones(10000)
    sz[:52] = -1  # the equilibrium skyrmion of the paper's couplings
    assert (quantile_profile(sz, 64, "tails") < 0).sum() >= 2
    assert (quantile_profile(sz, 64, "uniform") < 0).sum() == 0


@pytest.mark.parametrize(("sz", "count"), [(np.zeros(0), 4), (np.zeros(4), 0)])
def test_empty_profiles_are_refused(sz, count):
    with pytest.raises(ConfigError, match="sites and bins"):
        quantile_profile(sz, count)


def toy(seed=0, each=30, frames=5, inputs=6):
    """Three classes that differ only in when a level rises, not in the last frame."""
    rng = np.random.default_rng(seed)
    profiles = rng.normal(0, 0.1, (3 * each, frames, inputs)).astype(np.float32)
    labels = np.repeat(np.arange(3), each)
    for k, label in enumerate(labels):
        profiles[k, label + 1] += 1.0
    return profiles, labels


def test_training_learns_from_time_and_repeats_bit_by_bit():
    profiles, labels = toy()
    training = Training(hidden=12, epochs=120, batch=16, rate=2e-2, seed=1)
    one, history = train_classifier(profiles, labels, ("a", "b", "c"), training)
    other, _ = train_classifier(profiles, labels, ("a", "b", "c"), training)
    fresh, truth = toy(seed=5)
    assert np.mean(one.predict(fresh) == truth) > 0.97
    assert history.validation[history.best] == min(history.validation)
    for name in ("inputs", "recurrent", "outputs", "hidden_bias", "output_bias"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


def random_network(inputs=6, hidden=5, classes=3, seed=0):
    rng = np.random.default_rng(seed)

    def weights(*shape):
        return rng.normal(size=shape).astype(np.float32)

    return RecurrentClassifier(
        inputs=weights(inputs, hidden),
        recurrent=weights(hidden, hidden),
        outputs=weights(hidden, classes),
        hidden_bias=weights(hidden),
        output_bias=weights(classes),
        classes=("a", "b", "c")[:classes],
    )


def test_numpy_run_time_agrees_with_torch():
    net = random_network()
    profiles, _ = toy(3)
    x = torch.from_numpy(profiles)
    state = torch.zeros(len(x), net.hidden_count)
    for t in range(x.shape[1]):
        state = torch.sigmoid(
            x[:, t] @ torch.from_numpy(net.inputs)
            + state @ torch.from_numpy(net.recurrent)
            + torch.from_numpy(net.hidden_bias)
        )
        logits = state @ torch.from_numpy(net.outputs) + torch.from_numpy(net.output_bias)
        expected = torch.softmax(logits, dim=1).numpy()
        np.testing.assert_allclose(net.probabilities(profiles)[:, t], expected, atol=1e-6)


def test_activations_do_not_overflow():
    x = np.array([-1e4, 0.0, 1e4], dtype=np.float32)
    np.testing.assert_allclose(sigmoid(x), [0, 0.5, 1])
    np.testing.assert_allclose(softmax(x), [0, 0, 1])


def test_process_inputs_stack_the_frames():
    frames = RNG.uniform(-1, 1, (4, 8, 8))
    stacked = process_inputs(frames, 16)
    assert stacked.shape == (4, 16)
    np.testing.assert_array_equal(stacked[2], quantile_profile(frames[2], 16))


def test_wrong_shapes_are_refused():
    net = random_network()
    with pytest.raises(ConfigError, match="7 inputs"):
        net.probabilities(np.zeros((2, 5, 7), dtype=np.float32))
    with pytest.raises(ConfigError, match="Labels"):
        train_classifier(np.zeros((8, 3, 4), np.float32), np.full(8, 3), ("a", "b", "c"))
    with pytest.raises(ConfigError, match="at least 4"):
        train_classifier(np.zeros((2, 3, 4), np.float32), np.zeros(2, int), ("a", "b", "c"))


def test_merged_network_is_the_mean_of_the_logits():
    nets = [random_network(7, hidden=4 + seed, seed=seed) for seed in range(3)]
    x = RNG.normal(size=(10, 6, 7)).astype(np.float32)
    logits = np.mean([np.log(net.probabilities(x)) for net in nets], axis=0)
    expected = softmax(logits.astype(np.float32))
    np.testing.assert_allclose(merged(nets).probabilities(x), expected, rtol=1e-4, atol=1e-6)
    with pytest.raises(ConfigError, match="2 kinds"):
        merged([random_network(7), random_network(6)])


def test_mahalanobis_distance_is_that_of_a_known_gaussian():
    rng = np.random.default_rng(3)
    mix = np.array([[2.0, 0.0], [1.0, 0.5]])
    labels = np.repeat([0, 1], 4000)
    states = rng.normal(size=(8000, 2)) @ mix.T + 20.0 * labels[:, None]
    novelty = MahalanobisNovelty(states, labels)
    direction = rng.normal(size=(50, 2))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    np.testing.assert_allclose(novelty.score(3.0 * direction @ mix.T), 3.0, rtol=0.05)
    np.testing.assert_allclose(novelty.score(20 + 3.0 * direction @ mix.T), 3.0, rtol=0.05)


def test_final_states_are_those_of_the_steps():
    net = random_network(7, seed=4)
    x = RNG.normal(size=(3, 6, 7)).astype(np.float32)
    state = net.initial_state()
    for frame in x[1]:
        state, _ = net.step(frame, state)
    np.testing.assert_allclose(final_states(net, x)[1], state, rtol=1e-5)
