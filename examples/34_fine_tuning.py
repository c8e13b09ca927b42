"""Fine-tuning a network for the devices it will live on: coarse, noisy, behind wires. A minute."""

# %% The digits, a four-level device, and the arrays it stands in.
import os
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch.nn.functional import cross_entropy, relu

from crossbar import CrossbarLinear, Layout, Verify, Wires
from devicemodels import Effects, IdealDevice, SkyrmionDevice, linear_step
from neuroskyrm.io.atomic import write_json
from neuroskyrm.io.datasets import load_digits28

quick = bool(os.environ.get("NEUROSKYRM_QUICK"))  # the tests shorten the examples
digits = load_digits28()
x, y = torch.tensor(digits.train_images / 255.0).float(), torch.tensor(digits.train_labels).long()
layout = Layout(Wires(2.0, 2.0, 10.0, 10.0), tile=(128, 128))
card = linear_step(4, 0.3, 0.3, noise=0.05).model_copy(update={"device_spread": 0.1})
noise = {"visit_sd": [1e-6] * 4, "read_sd": [5e-7] * 4}
card = card.model_copy(update={"levels": card.levels.model_copy(update=noise)})


# %% A net feels rounding, noise and wires beforehand, then goes to arrays it has never seen.
def net(device, weights=None) -> list[CrossbarLinear]:
    """Return a 784-60-10 net on a device, with given weights rounded to its levels."""
    layers = [CrossbarLinear(n, m, device) for n, m in ((784, 60), (60, 10))]
    for layer, weight in zip(layers, weights or [], strict=bool(weights)):
        layer.weight.data.copy_(weight)
        layer.rescale(layer.signed[-1].item() / (2.5 * weight.std().item()))
    return layers


def train(layers: list[CrossbarLinear], epochs: int, rate: float, wires: Layout | None) -> None:
    """Adam on batches of 100; the wires are solved again before every epoch."""
    optimiser = torch.optim.Adam([layer.weight for layer in layers], rate)
    shuffle = torch.Generator().manual_seed(0)
    for _ in range(epochs):
        for layer in layers:
            layer.feel_wires(wires)
        for batch in torch.randperm(len(x), generator=shuffle).split(100):
            optimiser.zero_grad()
            cross_entropy(layers[1](relu(layers[0](x[batch]))), y[batch]).backward()
            optimiser.step()


def accuracy(layers: list[CrossbarLinear], seed: int) -> float:
    """Program the layers into fresh arrays and let these read the test digits."""
    rng, signal = np.random.default_rng(seed), digits.test_images / 255.0
    verify = {"method": "write-verify", "verify": Verify(tolerance=3e-6)}
    for layer in layers:
        array = layer.program(rng, wires=layout.wires, tile=layout.tile, **verify)
        signal = np.maximum(signal, 0) @ array.read(rng) / layer.scale
    return float((signal.argmax(1) == digits.test_labels).mean())


# %% Train with (nearly) ideal devices, then convert, with and without fine-tuning.
plain = net(IdealDevice(128))
train(plain, 4 if quick else 30, 2e-3, None)
weights = [layer.weight.data for layer in plain]
strengths = [0.0, 1.0] if quick else [0.0, 0.5, 1.0, 1.5, 2.0]
numbers, (figure, axes) = {"noise": strengths}, plt.subplots(figsize=(6, 4), layout="constrained")
for name, epochs in (("converted", 0), ("fine-tuned", 1 if quick else 15)):
    nets = [net(SkyrmionDevice(card, Effects(True, s, s, s)), weights) for s in strengths]
    for layers in nets:
        train(layers, epochs, 1e-3, layout)
    table = np.array([[accuracy(n, s) for n in nets] for s in range(1 if quick else 3)])
    numbers[f"tuning.{name}"] = {"mean": table.mean(0).tolist(), "sd": table.std(0).tolist()}
    axes.errorbar(strengths, table.mean(0), table.std(0), marker="o", capsize=3, label=name)
axes.set(xlabel="device noise and spread (factor)", ylabel="test accuracy", ylim=(0, 1))
axes.legend(title="784-60-10, four levels, tiles of 128, 2 Ω")
folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
figure.savefig(folder / "fine_tuning.png", dpi=110)
write_json(folder / "metrics.json", numbers)
