"""The STDP network: what its rules do to devices, repeatability, resuming, and named troubles."""

from dataclasses import asdict

import numpy as np
import pytest

from devicemodels import IdealDevice
from networks.encoding import PoissonCode
from networks.neurons import LifParameters
from networks.stdp import StdpNetwork, TrainingCurve
from networks.stdp_array import WeightMap
from networks.stdp_files import load_stdp, save_stdp
from networks.stdp_rules import (
    ColumnFraction,
    DeterministicAdjacent,
    IdealContinuous,
    ProbabilisticAdjacent,
)
from neuroskyrm.errors import ConfigError, ConvergenceError, DataError
from neuroskyrm.io.datasets import load_digits28

ENERGY = 300e-15


@pytest.fixture(scope="module")
def digits():
    return load_digits28()


def network(rule=None, neurons=30, seed=1, states=6, **options):
    device = IdealDevice(states, pulse_energy=ENERGY)
    return StdpNetwork(device, neurons, rule, seed=seed, **options)


def same(a, b):
    pairs = [*zip(a.neurons, b.neurons, strict=True), (a.states, b.states), (a.weights, b.weights)]
    return all(np.array_equal(x, y) for x, y in pairs) and np.array_equal(a.pulses, b.pulses)


def test_it_learns_digits_without_labels(digits):
    net = network(neurons=100)
    net.train(digits.train_images, until=1300)
    net.label(digits.train_images[:1000], digits.train_labels[:1000])
    result = net.evaluate(digits.test_images, digits.test_labels)
    assert result.accuracy["vote"] > 0.3  # 0.4 to 0.7 by the seed: young neurons answer to many
    assert result.accuracy["proportion"] > 0.7
    assert result.accuracy["likelihood"] > 0.75
    assert result.confusion.sum() == len(digits.test_labels)
    assert result.confusion.trace() / result.confusion.sum() == result.accuracy["proportion"]


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(digits):
    nets = [network(seed=seed) for seed in (1, 1, 2)]
    for net in nets:
        net.train(digits.train_images[:40])
    assert same(nets[0], nets[1])
    assert not np.array_equal(nets[0].states, nets[2].states)


def test_an_interrupted_run_resumes_with_equal_bits(digits, tmp_path):
    whole = network(neurons=40)
    whole.train(digits.train_images[:90], until=120)
    first = network(neurons=40)
    first.train(digits.train_images[:90], until=47)
    save_stdp(first, tmp_path / "half.safetensors")
    resumed = load_stdp(tmp_path / "half.safetensors")
    resumed.train(digits.train_images[:90], until=120)
    assert same(whole, resumed)
    assert resumed.ledger == whole.ledger


def test_responses_do_not_depend_on_threads_or_order(digits):
    net = network(neurons=40)
    net.train(digits.train_images[:60])
    before = net.neurons.v.copy(), net.states.copy(), net.pulses.copy()
    one = net.respond(digits.test_images, threads=1)
    two = net.respond(digits.test_images, threads=3)
    assert np.array_equal(one, two)
    assert np.array_equal(one[:7], net.respond(digits.test_images[:7]))
    after = net.neurons.v, net.states, net.pulses
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_the_deterministic_rule_moves_every_device_of_a_spiking_column_by_one_state(digits):
    net = network(DeterministicAdjacent(), neurons=20, code=PoissonCode(duration=0.06, tries=1))
    before = net.states.astype(int)
    image = digits.train_images[:1]
    responses = net._show(image, net.rule_constants, net._scratch(image), np.uint64(5), 0)[0]
    moved = np.abs(net.states.astype(int) - before)
    assert np.all(moved[:, responses == 0] == 0)
    assert np.all(moved <= responses)
    assert net.pulses[0] + net.pulses[1] == 784 * responses.sum()
    once = responses == 1
    inner = (before[:, once] > 0) & (before[:, once] < 5)
    assert once.any()
    assert np.all(moved[:, once][inner] == 1)


def test_inputs_that_never_spike_are_only_depressed_and_active_ones_rise(digits):
    net = network(ProbabilisticAdjacent(0.2, 0.1), neurons=40)
    before = net.states.astype(int)
    net.train(digits.train_images[:100])
    dark = digits.train_images[:100].max(axis=0) == 0
    assert dark.any()
    assert np.all(net.states[dark] <= before[dark])
    bright = digits.train_images[:100].mean(axis=0) > 150
    assert net.states[bright].mean() > before[bright].mean()


@pytest.mark.parametrize("rule", [ProbabilisticAdjacent(0.3, 0.1), ColumnFraction(0.3, 0.1)])
def test_pulses_are_spent_with_the_given_probability(digits, rule):
    full = network(DeterministicAdjacent(), neurons=60)
    part = network(rule, neurons=60)
    for net in (full, part):
        net.train(digits.train_images[:150])
    up, down, spikes = part.pulses / part.pulses[2]
    assert spikes == 1
    assert 784 * 0.1 * 0.85 < up + down < 784 * 0.3
    active = full.pulses[0] / full.pulses[:2].sum()
    expected = 784 * (0.3 * active + 0.1 * (1 - active))
    assert up + down == pytest.approx(expected, rel=0.15)


def test_the_ledger_charges_every_pulse(digits):
    net = network()
    net.train(digits.train_images[:30])
    assert net.ledger.pulses == net.pulses[0] + net.pulses[1] > 0
    assert net.ledger.energy == pytest.approx(net.ledger.pulses * ENERGY)
    assert net.ledger.devices == 784 * 30


def test_the_ideal_rule_holds_its_column_sums(digits):
    rule = IdealContinuous(rate=0.05, total=60.0)
    net = StdpNetwork(None, 40, rule, weight_map=WeightMap(1.0), seed=3)
    before = net.weights.copy()
    net.train(digits.train_images[:60])
    assert net.weights.sum(axis=0) == pytest.approx(60, rel=1e-4)
    assert np.abs(net.weights - before).max() > 0.05
    assert net.ledger.devices == 0


def test_a_current_gain_holds_the_column_currents(digits):
    net = network(ProbabilisticAdjacent(0.2, 0.1, gain_total=100.0))
    net.train(digits.train_images[:100])
    assert net.synapses.gain.shape == (30,)
    currents = net.weights.sum(axis=0) * net.synapses.gain
    assert currents[net.synapses.gain != 1] == pytest.approx(100, rel=1e-4)


def test_weaker_inhibition_in_reading_lets_more_neurons_vote_and_leaves_learning_alone(digits):
    nets = [network(lif=LifParameters(inhibition_reading=value)) for value in (None, 4.0)]
    for net in nets:
        net.train(digits.train_images[:60])
    assert same(*nets)
    few, many = (net.respond(digits.test_images[:60]).sum() for net in nets)
    assert many > 1.3 * few


def test_reading_for_longer_draws_more_spikes_and_leaves_learning_alone(digits):
    nets = [network(code=PoissonCode(duration_reading=value)) for value in (None, 0.7)]
    for net in nets:
        net.train(digits.train_images[:60])
    assert same(*nets)
    short, long = (net.respond(digits.test_images[:60]).sum() for net in nets)
    assert 1.7 * short < long < 2.3 * short


def test_weights_are_the_levels_of_the_states():
    levels = np.array([20e-6, 21e-6, 26e-6, 32e-6])
    with_reference = StdpNetwork(IdealDevice(levels), 10, weight_map=WeightMap(3.0), seed=0)
    expected = 3.0 * (levels - levels[0]) / 12e-6
    assert with_reference.weights == pytest.approx(expected[with_reference.states], rel=1e-6)
    bare = StdpNetwork(IdealDevice(levels), 10, weight_map=WeightMap(3.0, reference=False), seed=0)
    assert bare.weights == pytest.approx(with_reference.weights + 3.0 * 20 / 12, rel=1e-6)


def test_images_of_any_size_will_do(digits):
    small = digits.train_images.reshape(-1, 28, 28)[:200, 2:26:2, 2:26:2].reshape(-1, 144)
    net = network(inputs=144, neurons=20, weight_map=WeightMap(4.0))
    net.train(small)
    assert net.weights.shape == (144, 20)
    assert net.label(small, digits.train_labels[:200]).rates.shape == (10, 20)


def test_silent_networks_are_named(digits):
    with pytest.raises(ConvergenceError, match="silent network"):
        network(weight_map=WeightMap(1e-3)).train(digits.train_images[:20])


def test_saturated_weights_are_named(digits):
    with pytest.raises(ConvergenceError, match="saturated weights"):
        network(ProbabilisticAdjacent(1.0, 0.0), neurons=10).train(
            np.full((60, 784), 200, np.uint8)
        )


def test_exploding_thresholds_are_named(digits):
    with pytest.raises(ConvergenceError, match="exploding thresholds"):
        network(lif=LifParameters(theta_plus=5e-3)).train(digits.train_images[:200])


@pytest.mark.parametrize("images", [np.zeros((3, 784)), np.zeros((0, 784), np.uint8),
                                    np.zeros((3, 100), np.uint8)])  # fmt: skip
def test_images_that_do_not_fit_are_refused(images):
    with pytest.raises(ConfigError, match="must be uint8"):
        network().train(images)


def test_other_bad_uses_are_refused(digits):
    with pytest.raises(ConfigError, match="needs a device model"):
        StdpNetwork(None, 10)
    with pytest.raises(ConfigError, match="refractory"):
        network(code=PoissonCode(rest=1e-3))
    with pytest.raises(ConfigError, match="label"):
        network().evaluate(digits.test_images, digits.test_labels)
    with pytest.raises(ConfigError, match="depression"):
        ProbabilisticAdjacent(0.5, 1.5)


def test_damaged_files_are_refused(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        load_stdp(tmp_path / "missing.safetensors")
    path = tmp_path / "net.safetensors"
    save_stdp(network(), path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match="not a readable"):
        load_stdp(path)
    from safetensors.numpy import save_file

    save_file({"a": np.zeros(3)}, path)
    with pytest.raises(DataError, match="format"):
        load_stdp(path)
    other = content.replace(b"synapses.stuck", b"synapses.stack", 1)
    path.write_bytes(other)
    with pytest.raises(DataError, match="damaged STDP network"):
        load_stdp(path)


def test_a_saved_network_evaluates_alike(digits, tmp_path):
    net = network()
    net.train(digits.train_images[:100])
    net.label(digits.train_images[:200], digits.train_labels[:200])
    save_stdp(net, tmp_path / "net.safetensors")
    again = load_stdp(tmp_path / "net.safetensors")
    images, labels = digits.test_images[:50], digits.test_labels[:50]
    assert again.evaluate(images, labels).accuracy == net.evaluate(images, labels).accuracy
    assert again.costs == net.costs
    assert again.rule == net.rule


def test_training_curves_can_be_joined_and_cut(digits):
    labelled = digits.train_images[:600], digits.train_labels[:600]
    whole = network(neurons=50).train(*labelled)
    parts = network(neurons=50)
    curve = TrainingCurve.empty()
    for until in (250, 600):
        curve += parts.train(*labelled, until=until)
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in
               zip(asdict(whole).values(), asdict(curve).values(), strict=True))  # fmt: skip
    assert curve.until(500).presented.tolist() == [250, 500]


def test_progress_reports_accuracy_and_energy(digits):
    seen = []
    curve = network(neurons=50).train(
        digits.train_images[:600],
        digits.train_labels[:600],
        progress=lambda part, text: seen.append((part, text)),
    )
    assert [part for part, _ in seen] == pytest.approx([250 / 600, 500 / 600, 1])
    assert "accuracy about" in seen[-1][1]
    assert curve.presented.tolist() == [250, 500, 600]
    assert np.isnan(curve.accuracy[0])
    assert curve.accuracy[-1] > 0.15  # a tenth would be chance; the labels are young
    assert np.all(np.diff(curve.energy) > 0)
