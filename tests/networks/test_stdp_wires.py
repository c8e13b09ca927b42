"""The STDP array behind wires: fitted factors against the exact solution, tiles, trim."""

import numpy as np
import pytest

from crossbar import Layout, Wires, solve
from devicemodels import IdealDevice, SkyrmionDevice, load_card
from networks.stdp import StdpNetwork
from networks.stdp_array import WeightMap
from networks.stdp_faults import Unreliable
from networks.stdp_rules import ProbabilisticAdjacent
from networks.stdp_wires import WiredArray
from neuroskyrm.errors import ConfigError
from neuroskyrm.io.datasets import load_digits28

WIRES = Wires(word=2.0, bit=2.0, driver=10.0, sense=10.0)
TILES = Layout(WIRES, tile=(128, 10))


def network(model, **options):
    """Return a fresh network of 20 neurons."""
    return StdpNetwork(model, 20, ProbabilisticAdjacent(0.2, 0.1), seed=5, **options)


def test_exact_wires_are_those_of_each_tile():
    model = IdealDevice(6)
    net = network(model)
    devices = model.conductance(net.states)
    array = WiredArray.of(net, model, TILES)
    lost = array.deliver_exactly(net)
    assert 0.3 < lost < 0.98
    part = slice(112, 224), slice(10, 20)  # 784 rows are seven tiles of 112, 20 columns two of 10
    lowest = np.full((112, 10), model.levels[0])
    exact = solve(devices[part], WIRES).effective - solve(lowest, WIRES).effective
    per_siemens = 0.5 / (model.levels[-1] - model.levels[0])
    assert net.weights[part] == pytest.approx(np.maximum(exact * per_siemens, 0), rel=1e-5)


def test_learning_goes_through_factors_close_to_the_exact_wires():
    model = Unreliable(IdealDevice(6), visit_noise=0.02, spread=0.1)
    fitted, exact = network(model), network(model)
    array = WiredArray.of(fitted, model, TILES)
    factors = array.attenuate(fitted)
    assert factors.min() > 0.3
    assert factors.max() < 1
    array.deliver_exactly(exact)
    assert np.abs(fitted.weights - exact.weights).mean() < 0.08 * exact.weights.mean()
    before = fitted.states.copy()
    fitted.train(load_digits28().train_images[:10])
    assert (fitted.states != before).any()
    array.attenuate(fitted)  # renewed: the same devices, so the mean loss hardly moves
    assert fitted.weights.mean() / exact.weights.mean() == pytest.approx(1, abs=0.2)


def test_the_devices_behind_the_wires_are_not_lost():
    model = Unreliable(IdealDevice(6), visit_noise=0.1, spread=0.1)
    net = network(model)
    bare = net.weights.copy()
    array = WiredArray.of(net, model, TILES)
    array.attenuate(net)
    assert not np.allclose(net.weights, bare, atol=1e-3)
    array.attenuate(net)  # a second time changes nothing
    ideal = WiredArray(model, Layout(), array.spread, np.ones((1, 1)))
    ideal.deliver_exactly(net)
    assert net.weights == pytest.approx(bare, abs=1e-5)


def test_trim_undoes_most_of_the_loss_and_noise_is_attenuated_with_its_device():
    model = SkyrmionDevice(load_card("rim-n4-300K"))
    plain, trimmed = network(model), network(model)
    bare, noise = plain.weights.copy(), plain.synapses.device_read_sd.mean()
    lost = WiredArray.of(plain, model, TILES).deliver_exactly(plain)
    assert plain.synapses.device_read_sd.mean() < (lost + 0.05) * noise
    kept = WiredArray.of(trimmed, model, TILES, trimmed=True).deliver_exactly(trimmed)
    assert abs(kept - 1) < 0.2 * (1 - lost)
    assert np.abs(trimmed.weights - bare).mean() < 0.5 * np.abs(plain.weights - bare).mean()


def test_wires_without_a_reference_are_refused():
    net = network(IdealDevice(6), weight_map=WeightMap(reference=False))
    with pytest.raises(ConfigError, match="reference"):
        WiredArray.of(net, IdealDevice(6), TILES)
