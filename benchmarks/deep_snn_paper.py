"""The recipes of the paper itself on MNIST at full width: float net, and 13 ideal states.

    python benchmarks/deep_snn_paper.py RUN paper     # ±0.1, as printed
    python benchmarks/deep_snn_paper.py RUN toolbox   # ±0.01, squared error, learning rate 1

784-2400-2400-10, 15 epochs of plain gradient descent without distorted copies, on 55,000 images;
the 13 states are scaled, equidistant and perfect, as in Fig. 7b, ten steps of constant current.
The last 5,000 training images serve the conversion. With `--minutes` the training stops after so
long with exit code 75, and the same command continues it.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from deep_snn_mnist import HELD_OUT, Report
from numpy.typing import NDArray

from devicemodels import IdealDevice
from devicemodels.calibrate_check import wilson_interval
from networks.ann import PAPER, TOOLBOX, train_ann
from networks.conversion import convert
from neuroskyrm.io.atomic import write_json
from neuroskyrm.io.datasets import load_mnist
from neuroskyrm.io.provenance import machine, versions

RECIPES = {"paper": PAPER, "toolbox": TOOLBOX}
STATES = 13


def with_interval(decisions: NDArray[np.int64], labels: NDArray[np.uint8]) -> list[float]:
    """Return the accuracy and its 95 % interval over images."""
    right = int((decisions == labels).sum())
    return [right / len(labels), *wilson_interval(right, len(labels))]


def main() -> None:
    """Train one recipe, convert it, and keep what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("recipe", choices=list(RECIPES))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    given = parser.parse_args()
    given.run.mkdir(parents=True, exist_ok=True)
    data, name = load_mnist(), f"{given.recipe}-{given.seed}"
    recipe = replace(RECIPES[given.recipe], seed=given.seed)
    net = train_ann(
        data.train_images[:-HELD_OUT],
        data.train_labels[:-HELD_OUT],
        recipe,
        checkpoint=given.run / f"{name}.ckpt",
        progress=Report(given.minutes),
    )
    held = data.train_images[-1000:], data.train_labels[-1000:]
    converted = convert(net, *held, IdealDevice((STATES + 1) // 2).levels)
    found: dict[str, Any] = {
        "command": f"python benchmarks/deep_snn_paper.py RUN {given.recipe} --seed {given.seed}",
        "versions": versions(),
        "machine": machine(),
        "recipe": str(recipe),
        "float": with_interval(net.decide(data.test_images), data.test_labels),
        "states13": with_interval(
            converted.on().run(data.test_images).decisions(), data.test_labels
        ),
        "losses": [entry["loss"] for entry in net.history],
    }
    write_json(given.run / f"{name}.json", found)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
