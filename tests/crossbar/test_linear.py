"""The torch layer computes what the crossbar computes, and learns through it."""

import numpy as np
import pytest
import torch

from crossbar import Layout, Wires
from crossbar.linear import CrossbarLinear, level_noise
from devicemodels import IdealDevice, SkyrmionDevice, linear_step
from neuroskyrm.errors import ConfigError

torch.set_num_threads(1)


def noisy_device():
    base = linear_step(6)
    levels = base.levels.model_copy(update={"read_sd": [2e-7] * 6, "visit_sd": [1e-7] * 6})
    return SkyrmionDevice(base.model_copy(update={"levels": levels, "device_spread": 0.05}))


def test_the_layer_and_the_programmed_array_agree():
    layer = CrossbarLinear(20, 8, IdealDevice(6)).eval()
    crossbar = layer.program(np.random.default_rng(0))
    x = torch.rand(5, 20)
    analog = crossbar.infer(x.numpy() * 0.1, 1e-8) / (0.1 * layer.scale)
    assert (layer(x) - layer.bias).detach().numpy() == pytest.approx(analog, abs=1e-6)


def test_weights_are_levels_and_gradients_pass():
    layer = CrossbarLinear(20, 8, IdealDevice(6), noise=0)
    hosted = layer.hosted()
    levels = layer.signed / layer.scale
    nearest = (hosted.double()[..., None] - levels).abs().min(dim=-1).values
    assert nearest.max() < 1e-6
    hosted.sum().backward()
    assert (layer.weight.grad == 1).all()


def test_weights_beyond_the_range_get_no_gradient():
    layer = CrossbarLinear(2, 2, IdealDevice(6), scale=1e-6, noise=0)
    with torch.no_grad():
        layer.weight.fill_(1e3)
    layer.hosted().sum().backward()
    assert (layer.weight.grad == 0).all()
    assert layer.hosted().max().item() == pytest.approx(
        float(layer.signed[-1] / layer.scale), rel=1e-6
    )


def test_training_noise_is_that_of_the_device():
    model = noisy_device()
    layer = CrossbarLinear(60, 60, model)
    with torch.no_grad():
        layer.weight.fill_(float(layer.signed[-1] / layer.scale))
    noise = (layer.train().hosted() - layer.eval().hosted()).detach().numpy() * layer.scale
    expected = np.sqrt(level_noise(model, np.random.default_rng(1))[[0, 5]] ** 2 @ np.ones(2))
    assert noise.std() == pytest.approx(expected, rel=0.1)


def test_level_noise_adds_its_parts():
    model = noisy_device()
    noise = level_noise(model, np.random.default_rng(0))
    top = model.levels[-1] - model.levels[0]
    assert noise[0] == pytest.approx(np.hypot(2e-7, 1e-7), rel=0.1)
    assert noise[-1] == pytest.approx(np.sqrt(5e-14 + (0.05 * top) ** 2), rel=0.1)
    quiet = level_noise(model, np.random.default_rng(0), reads=False)
    assert quiet[0] == pytest.approx(1e-7, rel=0.1)


def test_fine_tuning_recovers_what_rounding_lost():
    torch.manual_seed(0)
    x = torch.randn(400, 30)
    y = (x @ torch.randn(30, 4)).argmax(dim=1)
    layer = CrossbarLinear(30, 4, IdealDevice(3), noise=0)
    with torch.no_grad():
        layer.weight.copy_(torch.randn(30, 4) * 0.2)
    layer.rescale()

    def accuracy():
        with torch.no_grad():
            return (layer.eval()(x).argmax(1) == y).float().mean().item()

    before = accuracy()
    optimiser = torch.optim.Adam(layer.parameters(), 0.02)
    for _ in range(150):
        layer.train()
        optimiser.zero_grad()
        nn_loss = torch.nn.functional.cross_entropy(layer(x), y)
        nn_loss.backward()
        optimiser.step()
    assert accuracy() > max(0.75, before + 0.2)


@pytest.mark.parametrize("placement", ["separate", "interleaved", "rows"])
def test_the_layer_feels_the_wires_of_its_array(placement):
    layer = CrossbarLinear(30, 12, IdealDevice(6)).eval()
    wires = Wires(2, 3, 20, 10)
    layer.feel_wires(Layout(wires, placement, tile=(24, 24)))
    crossbar = layer.program(np.random.default_rng(0), placement, wires=wires, tile=(24, 24))
    effective = layer.effective().detach().numpy() * layer.scale
    assert effective == pytest.approx(crossbar.conductances(), abs=1e-11)
    dry = layer.hosted().detach().numpy() * layer.scale
    assert np.abs(dry - effective).max() > 1e-8
    layer.effective().sum().backward()
    assert (layer.weight.grad > 0).all()
    layer.feel_wires(None)
    assert torch.equal(layer.effective(), layer.hosted())


def test_the_noise_has_a_seed():
    first, second = (CrossbarLinear(5, 4, noisy_device(), seed=3).hosted() for _ in range(2))
    assert torch.equal(first, second)


def test_wrong_layers_are_refused():
    with pytest.raises(ConfigError, match="inputs"):
        CrossbarLinear(0, 4, IdealDevice(6))
    with pytest.raises(ConfigError, match="scale"):
        CrossbarLinear(2, 4, IdealDevice(6), scale=-1.0)
