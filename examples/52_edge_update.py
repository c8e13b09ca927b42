"""The edge loop: a deployed net meets a user who writes aslant, and gets a sparse update. 40 s.

Train, program, deploy, fine-tune; send and pulse only what changes (Chen et al., Appendix C).
"""

# %% Cloud: train and convert. Edge: program real devices, pulse by pulse, with verification.
import os
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from scipy.ndimage import rotate

from crossbar import Verify
from devicemodels import SkyrmionDevice, load_card
from networks.ann import Recipe, train_ann
from networks.conversion import convert, weight_grids
from networks.hosting import host, host_on
from networks.update_package import apply_update, load_update, make_update
from neuroskyrm.io.datasets import load_digits28

digits = load_digits28()
quick = "NEUROSKYRM_QUICK" in os.environ
recipe = Recipe((128, 64), 4 if quick else 30, 50, 0.05, 0.9, cosine=True, initial=None)
net = train_ann(digits.train_images[:900], digits.train_labels[:900], recipe)
held = digits.train_images[1200:], digits.train_labels[1200:]
device = SkyrmionDevice(load_card("rim-n4-300K"))
deployed = convert(net, *held, device.levels, steps=10)
verify = Verify(budget=30)
edge = host(deployed, device, seed=1, method="write-verify", verify=verify)
full = sum((crossbar.ledger for crossbar in edge.crossbars[1:]), edge.crossbars[0].ledger)


# %% The user's handwriting: turned by 30 degrees. 300 digits of it reach the cloud.
def slanted(images: np.ndarray) -> np.ndarray:
    """Return images turned by 30 degrees."""
    turned = rotate(images.reshape(-1, 28, 28), 30, axes=(1, 2), reshape=False, order=1)
    return turned.reshape(len(images), -1)


user_test = slanted(digits.test_images)


def accuracy(hosted: object) -> float:
    """Return the share of the user's test digits that the devices get right, noise and all."""
    return hosted.snn.run(user_test, np.random.default_rng(0)).accuracy(digits.test_labels)


before = accuracy(edge)

# %% Cloud: fine-tune through the levels, on old and new digits, and keep the scales.
images = np.concatenate([digits.train_images[:900], *[slanted(digits.train_images[900:1200])] * 3])
labels = np.concatenate([digits.train_labels[:900], *[digits.train_labels[900:1200]] * 3])
tuning = replace(recipe, epochs=2 if quick else 10, rate=0.01)
grids = weight_grids(deployed.levels, deployed.scales)
tuned = train_ann(images, labels, tuning, start=net, grids=grids)
own = (slanted(held[0]), held[1], device.levels)
wanted = convert(tuned, *own, scales=deployed.scales, steps=10)
package = make_update(deployed, wanted)
package.save(Path("update.nsu"))

# %% Edge: check the file, pulse what changed.
updated, cost = apply_update(
    deployed, edge.crossbars, load_update(Path("update.nsu")), np.random.default_rng(2), verify
)
after = accuracy(host_on(updated, edge.crossbars))
print(f"{package.changes} pairs change, {Path('update.nsu').stat().st_size} bytes")
print(f"user's digits: {before:.1%} before, {after:.1%} after")

# %% What it cost, beside programming everything.
figure, axes = plt.subplots(1, 3, figsize=(11, 3.5), layout="constrained")
axes[0].bar(["before", "after"], [before, after], color=["grey", "C2"])
axes[0].set_ylabel("accuracy on the user's digits")
for axis, name, unit, factor in ((axes[1], "energy", "nJ", 1e9), (axes[2], "latency", "µs", 1e6)):
    both = [getattr(full, name) * factor, getattr(cost, name) * factor]
    axis.bar(["whole array", "sparse update"], both, color=["grey", "C2"])
    axis.set_ylabel(f"{name} ({unit})")
figure.savefig("edge_update.png", dpi=80)
