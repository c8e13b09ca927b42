"""The spiking engine against a neuron written out by hand, and against itself."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from networks.deep_snn import DeepSnn, Neuron, SpikingLayer
from networks.fixed_point import LARGEST, fixed_point, split
from networks.rate_coding import Coding, constant_drive, poisson_spikes
from neuroskyrm.errors import ConfigError


def net(
    sizes: tuple[int, ...] = (12, 9, 4), planes: int = 1, seed: int = 0, **options: object
) -> DeepSnn:
    rng = np.random.default_rng(seed)
    layers = []
    for n_in, n_out in pairwise(sizes):
        top = LARGEST[planes]
        weights = rng.integers(-top // 3, top + 1, (n_in, n_out)).astype(np.int16)
        constant = options.get("coding", Coding()).kind == "constant"
        full = 127 if constant and not layers else 1
        layers.append(SpikingLayer(weights, planes, 1e-7, float(2 * top * full)))
    return DeepSnn(tuple(layers), **options)


def by_hand(snn: DeepSnn, inputs: np.ndarray) -> list[np.ndarray]:
    """One image, plain Python integers and numpy scalars; inputs (steps, n_in)."""
    leak = snn.neuron.leak(snn.coding.time_step)
    membranes = [np.full(la.weights.shape[1], snn.start(la), np.float32) for la in snn.layers]
    trains: list[list[np.ndarray]] = [[] for _ in snn.layers]
    for drive in inputs:
        signal = drive
        for k, layer in enumerate(snn.layers):
            current = (signal.astype(np.int64) @ layer.weights.astype(np.int64)).astype(np.float32)
            v = membranes[k] * leak
            v = v + current
            fired = v >= np.float32(layer.threshold)
            rest = v - np.float32(layer.threshold) if snn.neuron.reset == "subtract" else 0 * v
            membranes[k] = np.where(fired, rest, v)
            trains[k].append(fired)
            signal = fired
    return [np.array(t) for t in trains]


@pytest.mark.parametrize("planes", [1, 2])
@pytest.mark.parametrize("reset", ["subtract", "zero"])
@pytest.mark.parametrize("leak_time", [None, 0.05])
@pytest.mark.parametrize("kind", ["constant", "poisson"])
def test_every_spike_is_that_of_the_written_out_neuron(
    planes: int, reset: str, leak_time: float | None, kind: str
) -> None:
    snn = net(planes=planes, neuron=Neuron(leak_time, reset), coding=Coding(kind), steps=25)
    images = np.random.default_rng(1).integers(0, 256, (6, 12), dtype=np.uint8)
    run = snn.run(images, np.random.default_rng(2), record=True)
    if kind == "constant":
        inputs = np.broadcast_to(constant_drive(images), (25, 6, 12))
    else:
        inputs = poisson_spikes(images, 25, 1.0, np.random.default_rng(2))
    assert run.spikes is not None
    for n in range(6):
        for ours, hand in zip(run.spikes, by_hand(snn, inputs[:, n]), strict=True):
            np.testing.assert_array_equal(ours[:, n], hand)
    assert 0.02 < run.spike_rates[0] < 0.98


class TestPhysicsOfTheNeuron:
    def test_rate_of_integrate_and_fire_is_input_over_threshold(self) -> None:
        layer = SpikingLayer(np.full((1, 1), 100, np.int16), 1, 1e-7, 100.0 * 127)
        snn = DeepSnn((layer,), steps=1000, readout="count")
        grey = np.array([[0], [64], [128], [255]], np.uint8)
        rates = snn.run(grey).counts[:, 0] / 1000
        np.testing.assert_allclose(rates, constant_drive(grey)[:, 0] / 127, atol=1e-3)

    def test_leaky_neuron_is_silent_below_its_rheobase(self) -> None:
        """The largest membrane under a constant current I is I / (1 - leak)."""
        leak = np.exp(-1 / 50)
        for factor, fires in ((0.98, False), (1.02, True)):
            threshold = float(np.rint(100 * 127 / (1 - leak) / factor))
            layer = SpikingLayer(np.full((1, 1), 100, np.int16), 1, 1e-7, threshold)
            snn = DeepSnn((layer,), Neuron(0.05, "zero", 0.0), steps=2000, readout="count")
            assert bool(snn.run(np.full((1, 1), 255, np.uint8)).counts[0, 0]) is fires

    def test_charge_readout_is_the_whole_input(self) -> None:
        """Without leak, spikes times threshold plus membrane is all charge that came in."""
        snn = net(sizes=(12, 4))
        images = np.random.default_rng(0).integers(0, 256, (5, 12), dtype=np.uint8)
        charge = constant_drive(images).astype(int) @ snn.layers[0].weights.astype(int)
        expected = 10 * charge + snn.start(snn.layers[0])
        np.testing.assert_array_equal(snn.run(images).scores[-1], expected)

    def test_poisson_rate_is_proportional_to_the_grey_value(self) -> None:
        images = np.array([[0, 51, 255]], np.uint8)
        spikes = poisson_spikes(images, 20000, 0.5, np.random.default_rng(0))
        np.testing.assert_allclose(spikes.mean((0, 1)), [0, 0.1, 0.5], atol=0.011)


class TestRuns:
    def test_image_blocks_do_not_matter(self) -> None:
        snn = net(steps=40)
        images = np.random.default_rng(0).integers(0, 256, (250, 12), dtype=np.uint8)
        whole = snn.run(images)
        parts = np.concatenate([snn.run(images[k : k + 1]).counts for k in range(0, 250, 50)])
        np.testing.assert_array_equal(whole.counts[::50], parts)

    def test_early_stop_with_no_margin_takes_one_step_and_with_all_takes_every(self) -> None:
        snn = net()
        images = np.random.default_rng(0).integers(0, 256, (20, 12), dtype=np.uint8)
        run = snn.run(images)
        decisions, steps = run.early(np.inf)
        np.testing.assert_array_equal(decisions, run.decisions())
        assert set(steps) == {10}
        assert set(run.early(0.0)[1]) == {1}

    def test_read_noise_has_the_variance_of_all_devices(self) -> None:
        """Current noise of n inputs with equal read variance s^2 is s^2 times their square sum."""
        snn = net(sizes=(12, 2))
        layer = snn.layers[0]
        quiet = SpikingLayer(layer.weights, 1, layer.unit, 1e12)
        noisy = SpikingLayer(layer.weights, 1, layer.unit, 1e12, np.full((12, 2), 9.0, np.float32))
        images = np.full((4000, 12), 255, np.uint8)
        still = Neuron(start=0.0)
        mean = DeepSnn((quiet,), still, steps=1).run(images).scores[0, 0, 0]
        rng = np.random.default_rng(0)
        found = DeepSnn((noisy,), still, steps=1).run(images, rng).scores[0, :, 0]
        assert abs((found.astype(float) - mean).std() / (3 * 127 * np.sqrt(12)) - 1) < 0.05

    def test_missing_generator_and_wrong_images_are_refused(self) -> None:
        with pytest.raises(ConfigError, match="must be \\(N, 12\\)"):
            net().run(np.zeros((3, 11), np.uint8))
        with pytest.raises(ConfigError, match="Poisson spikes need"):
            net(coding=Coding("poisson")).run(np.zeros((3, 12), np.uint8))
        with pytest.raises(ConfigError, match="it is a probability"):
            Coding("poisson", max_rate=2000.0)


class TestFixedPoint:
    def test_equidistant_levels_are_exact(self) -> None:
        levels = np.arange(-6, 7) * 2e-6
        whole, unit = fixed_point(levels)
        np.testing.assert_allclose(whole * unit, levels, rtol=1e-12)

    @pytest.mark.parametrize(("planes", "limit"), [(1, 1 / 127), (2, 1 / 16319)])
    def test_rounding_is_within_half_a_unit(self, planes: int, limit: float) -> None:
        g = np.random.default_rng(0).normal(size=(40, 30)) * 3e-6
        whole, unit = fixed_point(g, planes)
        assert np.abs(whole * unit - g).max() <= unit * 0.5000001
        assert np.isclose(unit, np.abs(g).max() * limit)

    def test_unequal_levels_err_less_than_with_the_finest_unit(self) -> None:
        levels = np.array([0, 2.3, 4.1, 6.8, 8.2, 10.9, 12]) * 1e-6
        whole, unit = fixed_point(levels)
        finest = 12e-6 / 127
        error = np.abs(whole * unit - levels).max()
        assert error <= np.abs(np.rint(levels / finest) * finest - levels).max() + finest / 100

    def test_digits_put_weights_together_again(self) -> None:
        whole = np.arange(-LARGEST[2], LARGEST[2] + 1).astype(np.int16)
        high, low = split(whole, 2)
        assert max(np.abs(high).max(), np.abs(low).max()) <= 127
        np.testing.assert_array_equal(high * 128 + low, whole)

    def test_nothing_to_represent_is_refused(self) -> None:
        with pytest.raises(ConfigError, match="not zero"):
            fixed_point(np.zeros((2, 2)))
        with pytest.raises(ConfigError, match="planes = 3"):
            fixed_point(np.ones((2, 2)), 3)
