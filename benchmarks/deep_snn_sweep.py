"""Fig. 7b of the paper, and accuracy against simulated time, of the float net on MNIST.

Run after `deep_snn_mnist.py RUN train`; nothing is adapted to the states here. Every result is kept
as soon as it is there, so that an interrupted run goes on:

    python benchmarks/deep_snn_sweep.py RUN states  # accuracy against the states of a weight
    python benchmarks/deep_snn_sweep.py RUN time    # accuracy against time, 1 ... 100 ms

Constant currents leave nothing to chance: all test images, with the interval of so many images.
Poisson spikes are drawn with three seeds, on the first thousand test images.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from crossbar.dale import signed_levels
from devicemodels import IdealDevice, load_card
from devicemodels.calibrate_check import wilson_interval
from networks.ann import TrainedAnn, load_ann
from networks.conversion import Conversion, convert
from networks.deep_snn import DeepSnn, Neuron
from networks.rate_coding import Coding
from neuroskyrm.io.atomic import write_json
from neuroskyrm.io.datasets import Dataset, load_mnist

STATES = (1, 3, 5, 7, 9, 13, 17, 33, 65, np.inf)
SEEDS = (1, 2, 3)
POISSON_IMAGES = 1000
SCAN = (0.5, 0.65, 0.8)
CODINGS = {"constant": (Coding(), 10), "poisson": (Coding("poisson"), 20)}
"""Input code and steps of 1 ms."""

Found = dict[str, Any]
Keep = Callable[[Found], None]


def converted(
    net: TrainedAnn, data: Dataset, states: float, direct: bool, coding: Coding, steps: int
) -> Conversion:
    """Return the net on so many equidistant states; direct: one unit of weight is one G0."""
    held = data.train_images[-500:], data.train_labels[-500:]
    levels = IdealDevice((int(states) + 1) // 2 if np.isfinite(states) else 128).levels
    scales = (float(signed_levels(levels)[-1] / 0.6),) * 3 if direct else None
    # Few direct states may leave a dead layer, and Poisson spikes take long: no scan there.
    scan = SCAN[1:2] if direct or coding.kind == "poisson" else SCAN
    return convert(net, *held, levels, scales=scales, coding=coding, steps=steps, scan=scan)


def network(net: TrainedAnn, conversion: Conversion, states: float) -> DeepSnn | None:
    """Return the spiking net; without end of states: weights of two bytes; None: a dead layer."""
    if not np.isfinite(states):
        pairs = zip(net.weights, conversion.scales, strict=True)
        return conversion.on([w.astype(float) * scale for w, scale in pairs], planes=2)
    dead = any(not codes.any() for codes in conversion.codes)
    return None if dead else conversion.on()


def accuracy(snn: DeepSnn | None, data: Dataset, images: int, seed: int) -> list[float]:
    """Return the accuracy and its 95 % interval over images."""
    labels = data.test_labels[:images]
    if snn is None:  # a net without current decides for the first class whatever it sees
        right = int((labels == 0).sum())
    else:
        run = snn.run(data.test_images[:images], np.random.default_rng(seed))
        right = int((run.decisions() == labels).sum())
    return [right / images, *wilson_interval(right, images)]


def by_states(run: Path, data: Dataset, card: str, found: Found, keep: Keep) -> None:
    """Add accuracy against the number of states, directly converted and scaled."""
    net = load_ann(run / "float.safetensors")
    found["float"] = net.accuracy(data.test_images, data.test_labels)
    found["poisson_images"], found["seeds"] = POISSON_IMAGES, SEEDS
    for kind, (coding, steps) in CODINGS.items():
        for states in STATES:
            for name in ("scaled", "direct"):
                key = f"{kind}.{name}.{states}"
                if key in found or (name == "direct" and not np.isfinite(states)):
                    continue
                snn = None
                if states > 1:
                    conversion = converted(net, data, states, name == "direct", coding, steps)
                    snn = network(net, conversion, states)
                if kind == "constant":
                    found[key] = accuracy(snn, data, len(data.test_labels), 0)
                else:
                    found[key] = [accuracy(snn, data, POISSON_IMAGES, seed)[0] for seed in SEEDS]
                print(key, found[key], flush=True)
                keep(found)


def by_time(run: Path, data: Dataset, card: str, found: Found, keep: Keep) -> None:
    """Add accuracy after each of 100 steps of 1 ms, of the paper's neuron and of ours."""
    net = load_ann(run / "float.safetensors")
    held = data.train_images[-300:], data.train_labels[-300:]
    images, labels = data.test_images[:POISSON_IMAGES], data.test_labels[:POISSON_IMAGES]
    found |= {"images": len(labels), "float": net.accuracy(images, labels)}
    for name, neuron, coding, seeds in (
        ("if_constant", Neuron(), Coding(), SEEDS[:1]),
        ("if_poisson", Neuron(), Coding("poisson"), SEEDS),
        ("lif_poisson", Neuron(0.05, "zero", 0.0), Coding("poisson"), SEEDS),
    ):
        if all(f"{name}.{seed}" in found for seed in seeds):
            continue
        conversion = convert(
            net, *held, load_card(card).conductance, neuron=neuron, coding=coding, steps=30,
            scan=(0.5, 0.8),
        )  # fmt: skip
        for seed in seeds:
            result = conversion.on().run(images, np.random.default_rng(seed), steps=100)
            curve = [result.accuracy(labels, step + 1) for step in range(100)]
            found[f"{name}.{seed}"] = curve
            print(name, seed, [curve[step] for step in (4, 9, 19, 49, 99)], flush=True)
            keep(found)


def main() -> None:
    """Run one stage; its file in the run folder grows with every result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("stage", choices=["states", "time"])
    parser.add_argument("--data", type=Path, help="folder that holds MNIST/raw")
    parser.add_argument("--card", default="rim-n4-300K", help="its levels are used by 'time'")
    given = parser.parse_args()
    path = given.run / f"{given.stage}.json"
    found: Found = json.loads(path.read_text()) if path.exists() else {}
    work = {"states": by_states, "time": by_time}[given.stage]
    work(given.run, load_mnist(given.data), given.card, found, lambda now: write_json(path, now))


if __name__ == "__main__":
    main()
