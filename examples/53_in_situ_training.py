"""Learning on the devices: surrogate gradients become pulses; then a fleet learns together. 40 s.

No device is verified: the gradient that the next batch sees is the error of what the pulses
really did. Three users with different handwriting then share weights, never images.
"""

# %% A net trained on few digits and programmed once.
import os

import matplotlib.pyplot as plt
import numpy as np

from crossbar import Verify
from devicemodels import SkyrmionDevice, load_card
from networks.ann import Recipe, train_ann
from networks.conversion import convert
from networks.hosting import host, host_on
from networks.in_situ import InSituTraining, federated_average
from neuroskyrm.io.datasets import load_digits28

digits = load_digits28()
quick = "NEUROSKYRM_QUICK" in os.environ
device = SkyrmionDevice(load_card("rim-n4-300K"))
recipe = Recipe((64,), 10, 20, 0.05, 0.9, initial=None)
net = train_ann(digits.train_images[:100], digits.train_labels[:100], recipe)
held = digits.train_images[1200:], digits.train_labels[1200:]
start = convert(net, *held, device.levels, steps=8)
verify = Verify(budget=20)


def fresh(seed: int) -> list:
    """Return newly programmed arrays of the start net."""
    options = {"method": "write-verify", "verify": verify}
    return list(host(start, device, seed, **options).crossbars)


def accuracy(crossbars: list) -> float:
    """Return the share of test digits that the devices get right, with read noise."""
    snn = host_on(start, crossbars).snn
    run = snn.run(digits.test_images, np.random.default_rng(0))
    return run.accuracy(digits.test_labels)


# %% One device learns from 1,000 more digits, by pulses alone.
rng = np.random.default_rng(1)
crossbars = fresh(1)
training = InSituTraining(start, crossbars)
alone = [accuracy(crossbars)]
for _ in range(2 if quick else 10):
    for _ in range(6):
        batch = rng.integers(100, 1100, 50)
        training.step(digits.train_images[batch], digits.train_labels[batch], rng)
    alone.append(accuracy(crossbars))
print(f"in situ: {alone[0]:.1%} at first, {alone[-1]:.1%} after {6 * len(alone) - 6} batches")

# %% Three devices with 330 digits each; every round their weights are averaged and sent back.
fleet = [fresh(seed) for seed in (2, 3, 4)]
learners = [InSituTraining(start, arrays) for arrays in fleet]

shared = [accuracy(fleet[0])]
for _ in range(2 if quick else 6):
    for user, learner in enumerate(learners):
        for _ in range(3 if quick else 10):
            batch = rng.integers(100 + 330 * user, 430 + 330 * user, 50)
            learner.step(digits.train_images[batch], digits.train_labels[batch], rng)
    mean = federated_average(start, fleet, [330, 330, 330])
    for arrays in fleet:
        for crossbar, codes in zip(arrays, mean.codes, strict=True):
            crossbar.reprogram(codes, rng, verify)
    shared.append(accuracy(fleet[0]))
print(f"federated: {shared[0]:.1%} at first, {shared[-1]:.1%} after {len(shared) - 1} rounds")

# %% What was learnt.
figure, axes = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
axes[0].plot(6 * np.arange(len(alone)), alone, "o-")
axes[0].set(xlabel="batches of 50 digits", ylabel="test accuracy", title="in situ, one device")
axes[1].plot(shared, "o-", color="C2")
axes[1].set(xlabel="rounds of averaging", ylabel="test accuracy", title="federated, three devices")
figure.savefig("in_situ_training.png", dpi=80)
