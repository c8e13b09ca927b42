"""The edge loop in numbers: a user's slanted digits, a sparse update, and what it cost.

    python benchmarks/deep_snn_edge.py docs/results/deep-edge

Embedded digits, net 784-128-64-10 on the calibrated card, three seeds of devices.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import rotate

from crossbar import Ledger, Verify, total
from devicemodels import SkyrmionDevice, load_card
from networks.ann import Recipe, train_ann
from networks.conversion import Conversion, convert, weight_grids
from networks.hosting import Hosted, host, host_on
from networks.update_package import UpdatePackage, apply_update, load_update, make_update
from neuroskyrm.io.atomic import write_json
from neuroskyrm.io.datasets import load_digits28
from neuroskyrm.io.provenance import machine, versions

CARD = "rim-n4-300K"
VERIFY = Verify(budget=30)
DIGITS = load_digits28()


def slanted(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return images turned by 30 degrees."""
    turned = rotate(images.reshape(-1, 28, 28), 30, axes=(1, 2), reshape=False, order=1)
    return turned.reshape(len(images), -1)


def cloud(device: SkyrmionDevice) -> tuple[Conversion, Conversion]:
    """Return the deployed network and the one fine-tuned on 300 digits of the user."""
    recipe = Recipe((128, 64), 30, 50, 0.05, 0.9, cosine=True, initial=None)
    train, labels = DIGITS.train_images, DIGITS.train_labels
    net = train_ann(train[:900], labels[:900], recipe)
    deployed = convert(net, train[1200:], labels[1200:], device.levels, steps=10)
    own = slanted(train[900:1200])
    images = np.concatenate([train[:900], own, own, own])
    classes = np.concatenate([labels[:900], *[labels[900:1200]] * 3])
    grids = weight_grids(deployed.levels, deployed.scales)
    tuned = train_ann(
        images, classes, replace(recipe, epochs=10, rate=0.01), start=net, grids=grids
    )
    wanted = convert(
        tuned, slanted(train[1200:]), labels[1200:], device.levels, scales=deployed.scales, steps=10
    )
    return deployed, wanted


def accuracy(hosted: Hosted, images: NDArray[np.uint8]) -> float:
    """Return the share of test digits that the devices get right, with read noise."""
    return hosted.snn.run(images, np.random.default_rng(0)).accuracy(DIGITS.test_labels)


def edge(
    deployed: Conversion, package: UpdatePackage, device: SkyrmionDevice, seed: int
) -> dict[str, Any]:
    """Program a device, update it, and return accuracies and costs."""
    user = slanted(DIGITS.test_images)
    hosted = host(deployed, device, seed, method="write-verify", verify=VERIFY)
    full = total([crossbar.ledger for crossbar in hosted.crossbars])
    before = accuracy(hosted, user), accuracy(hosted, DIGITS.test_images)
    rng = np.random.default_rng(seed)
    updated, cost = apply_update(deployed, hosted.crossbars, package, rng, VERIFY)
    after = host_on(updated, hosted.crossbars)
    row: dict[str, Any] = {
        "user_before": before[0],
        "user_after": accuracy(after, user),
        "others_before": before[1],
        "others_after": accuracy(after, DIGITS.test_images),
    }
    for name, ledger in (("full", full), ("sparse", cost)):
        row |= _costs(name, ledger)
    return row


def _costs(name: str, ledger: Ledger) -> dict[str, float]:
    return {
        f"{name}.energy_J": ledger.energy,
        f"{name}.pulses": ledger.pulses,
        f"{name}.time_s": ledger.latency,
    }


def main() -> None:
    """Write mean and spread over three seeds."""
    device = SkyrmionDevice(load_card(CARD))
    deployed, wanted = cloud(device)
    path = Path(tempfile.mkdtemp()) / "update.nsu"
    make_update(deployed, wanted).save(path)
    package = load_update(path)
    rows = [edge(deployed, package, device, seed) for seed in (1, 2, 3)]
    metrics: dict[str, Any] = {
        "command": "python benchmarks/deep_snn_edge.py docs/results/deep-edge",
        "versions": versions(),
        "machine": machine(),
        "card": load_card(CARD).digest,
        "data": DIGITS.name,
        "seeds": [1, 2, 3],
        "pairs": sum(c.size for c in deployed.codes),
        "changed_pairs": package.changes,
        "package_bytes": path.stat().st_size,
    }
    for key in rows[0]:
        values = [row[key] for row in rows]
        metrics[key] = float(np.mean(values))
        metrics[f"{key}.sd"] = float(np.std(values, ddof=1))
        print(key, metrics[key], metrics[f"{key}.sd"])
    write_json(Path(sys.argv[1]) / "metrics.json", metrics)


if __name__ == "__main__":
    main()
