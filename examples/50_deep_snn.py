"""A deep spiking network on skyrmion devices: trained, converted, programmed, read. 30 seconds.

The picture shows accuracy against time steps, for devices without and with all their noise (Chen
et al., Section III, Fig. 7), the programmed pairs of a net with three states, and its spikes.
"""

# %% Train a small rectified net on the embedded digits; keep 300 training images out of it.
import os

import matplotlib.pyplot as plt
import numpy as np

from crossbar import Verify
from devicemodels import SkyrmionDevice, load_card
from networks.ann import Recipe, train_ann
from networks.augmentation import Distortion
from networks.conversion import convert
from networks.hosting import host
from neuroskyrm.io.datasets import load_digits28

digits = load_digits28()
recipe = Recipe(
    hidden=(128, 64),
    epochs=8 if "NEUROSKYRM_QUICK" in os.environ else 40,
    batch=50,
    rate=0.05,
    momentum=0.9,
    cosine=True,
    initial=None,
    dropout=(0.1, 0.1),
    distortion=Distortion(1.0, 0.1, 0.1, 0.1, 0.3),
)
net = train_ann(digits.train_images[:1000], digits.train_labels[:1000], recipe)
held_out = digits.train_images[1000:], digits.train_labels[1000:]
print(f"float net: {net.accuracy(digits.test_images, digits.test_labels):.2%}")

# %% Convert it to the card's seven device levels: 13 states of a weight pair.
device = SkyrmionDevice(load_card("rim-n4-300K"))
figure, axes = plt.subplots(1, 3, figsize=(13, 4), layout="constrained")
for positive, colour in ((6, "C0"), (3, "C1"), (1, "C2")):
    conversion = convert(net, *held_out, device.levels, positive, steps=20)
    hosted = host(conversion, device, seed=1, method="write-verify", verify=Verify(budget=30))
    quiet = conversion.on().run(digits.test_images)
    noisy = hosted.snn.run(digits.test_images, np.random.default_rng(0))
    steps = np.arange(1, 21)
    for run, style, what in ((quiet, "--", "mean devices"), (noisy, "-", "with all noise")):
        accuracy = [run.accuracy(digits.test_labels, step) for step in steps]
        label = f"{2 * positive + 1} states, {what}"
        axes[0].plot(steps, accuracy, style, color=colour, label=label)
    ledgers = [crossbar.ledger for crossbar in hosted.crossbars]
    print(
        f"{2 * positive + 1:2} states: {noisy.accuracy(digits.test_labels):.2%} with noise, "
        f"{sum(ledger.energy for ledger in ledgers) * 1e9:.1f} nJ to program"
    )
axes[0].set(xlabel="time steps (1 ms each)", ylabel="accuracy", ylim=(0.8, 1))
axes[0].legend(fontsize=8)

# %% The programmed conductances of the first layer, and the spikes of one digit.
codes, conductance = hosted.crossbars[0].target, hosted.crossbars[0].conductances() * 1e6
axes[1].hist([conductance[codes == k] for k in np.unique(codes)], bins=80, histtype="stepfilled")
axes[1].set(
    yscale="log", xlabel="conductance of a pair (µS)", ylabel="pairs, first layer, 3 states"
)
one = hosted.snn.run(digits.test_images[:1], np.random.default_rng(0), record=True)
time, neuron = np.nonzero(one.spikes[1][:, 0])
axes[2].plot(time + 1, neuron, "|", color="black")
axes[2].set(xlabel="time step", ylabel="second hidden layer, one digit")
figure.savefig("deep_snn.png", dpi=80)
