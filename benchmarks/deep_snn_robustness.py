"""What hurts the deep spiking network on MNIST: noise, broken devices, drift, mismatch, wires.

Run after `deep_snn_mnist.py RUN adapt`; each effect alone, on otherwise perfect devices:

    python benchmarks/deep_snn_robustness.py RUN docs/results/deep-robustness --aware RUN2

RUN2 holds the same float net, adapted to 13 states with ``--noise``: noise-aware training.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt
import numpy as np
from deep_snn_mnist import converted, wilson
from numpy.typing import NDArray

from crossbar import Crossbar, Wires
from crossbar.dale import to_pair
from devicemodels import IdealDevice, SkyrmionDevice, load_card
from networks.conversion import Conversion
from neuroskyrm.io.atomic import replacing, write_json
from neuroskyrm.io.datasets import Dataset, load_mnist
from neuroskyrm.io.provenance import machine, versions
from neuroskyrm.seeds import generator

Pair = tuple[NDArray[np.float64], NDArray[np.float64]]
Effect = Callable[[Pair, NDArray[np.float64], float, np.random.Generator], NDArray[np.float64]]


def level_noise(
    pair: Pair, levels: NDArray[np.float64], size: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return weights whose devices each lie off their level by `size` level spacings (sd)."""
    spread = size * float(np.diff(levels).mean())
    plus, minus = (g + spread * rng.standard_normal(g.shape) for g in pair)
    return plus - minus


def stuck(
    pair: Pair, levels: NDArray[np.float64], size: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return weights with a share `size` of devices stuck, half of them at either end."""
    ends = levels[[0, -1]]
    plus, minus = (
        np.where(rng.random(g.shape) < size, ends[rng.integers(0, 2, g.shape)], g) for g in pair
    )
    return plus - minus


def column_drift(
    pair: Pair, levels: NDArray[np.float64], size: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return weights whose columns have a relative gain error of `size` (sd)."""
    return (pair[0] - pair[1]) * (1 + size * rng.standard_normal(pair[0].shape[1]))


def mismatch(
    pair: Pair, levels: NDArray[np.float64], size: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return weights whose W+ and W- columns differ in G0 by a relative `size` (sd)."""
    offset = size * levels[0] * rng.standard_normal(pair[0].shape[1])
    return pair[0] - pair[1] + offset


EFFECTS: dict[str, tuple[Effect, tuple[float, ...], str]] = {
    "level_noise": (level_noise, (0.1, 0.25, 0.5, 1.0), "level noise (spacings of 13 states)"),
    "stuck": (stuck, (0.005, 0.02, 0.05, 0.1), "stuck devices (share)"),
    "column_drift": (column_drift, (0.02, 0.05, 0.1, 0.2), "gain error of columns (sd)"),
    "mismatch": (mismatch, (0.0005, 0.001, 0.002, 0.005), "G0 mismatch of columns (sd)"),
}
WIRES = (0.1, 0.3, 1.0)  # resistance of a line between neighbouring devices [ohm]


def accuracy(
    conversion: Conversion, matrices: list[NDArray[np.float64]], data: Dataset, images: int
) -> list[float]:
    """Return accuracy on the first `images` test images with its 95 % interval."""
    run = conversion.on(matrices).run(data.test_images[:images])
    value = run.accuracy(data.test_labels[:images])
    return [value, *wilson(value, images)]


def one_effect(
    conversion: Conversion, name: str, size: float, data: Dataset, images: int
) -> list[float]:
    """Return the accuracy under one effect of one size."""
    matrices = []
    for layer, codes in enumerate(conversion.codes):
        plus, minus = (conversion.levels[state] for state in to_pair(codes))
        rng = generator(1, name, layer, round(size * 1e6))
        matrices.append(EFFECTS[name][0]((plus, minus), conversion.levels, size, rng))
    return accuracy(conversion, matrices, data, images)


def wires(conversion: Conversion, ohm: float, data: Dataset, images: int) -> list[float]:
    """Return the accuracy with line resistance, in tiles of 256 x 256."""
    model = IdealDevice(conversion.levels)
    matrices = [
        Crossbar.program(
            model, codes, generator(1, "wires"), wires=Wires(ohm, ohm), tile=(256, 256)
        ).conductances()
        for codes in conversion.codes
    ]
    return accuracy(conversion, matrices, data, images)


def effects(conversion: Conversion, data: Dataset, images: int, name: str) -> dict[str, Any]:
    """Return the accuracy under every effect and size, under names that begin with `name`."""
    found: dict[str, Any] = {
        f"{name}.none": accuracy(conversion, conversion.nominal(), data, images)
    }
    for effect, (_, sizes, _) in EFFECTS.items():
        for size in sizes:
            value = one_effect(conversion, effect, size, data, images)
            found[f"{name}.{effect}.{size}"] = value
            print(name, effect, size, value, flush=True)
    return found


def line_resistance(conversion: Conversion, data: Dataset, images: int) -> dict[str, Any]:
    """Return the accuracy of 13 states for every line resistance."""
    return {f"states13.wires.{ohm}": wires(conversion, ohm, data, images) for ohm in WIRES}


def draw(found: dict[str, Any], path: Path) -> None:
    """Draw one panel an effect."""
    figure, axes = plt.subplots(1, 5, figsize=(17, 3.6), layout="constrained", sharey=True)
    panels = {name: (sizes, text) for name, (_, sizes, text) in EFFECTS.items()}
    panels["wires"] = (WIRES, "line resistance (ohm), 256² tiles")
    labels = {"states13": "13 states", "aware13": "13, noise-aware", "states7": "7 states",
              "states3": "3 states"}  # fmt: skip
    for axis, (effect, (sizes, text)) in zip(axes, panels.items(), strict=True):
        for name, label in labels.items():
            if f"{name}.{effect}.{sizes[0]}" not in found:
                continue
            rows = [found[f"{name}.none"], *(found[f"{name}.{effect}.{s}"] for s in sizes)]
            values = 100 * np.array(rows)
            bars = [values[:, 0] - values[:, 1], values[:, 2] - values[:, 0]]
            axis.errorbar([0, *sizes], values[:, 0], bars, fmt="o-", label=label)
        axis.set(xlabel=text)
    axes[0].set(ylabel="MNIST accuracy (%)", ylim=(90, 100))
    axes[0].legend()
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=80)


def main() -> None:
    """Write metrics.json and robustness.png."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--aware", type=Path)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--card", default="rim-n4-300K")
    given = parser.parse_args()
    begun, data = time.process_time(), load_mnist()
    device = SkyrmionDevice(load_card(given.card))
    part = given.out / "parts.json"
    found: dict[str, Any] = json.loads(part.read_text()) if part.exists() else {}
    runs = [(given.run, states, f"states{states}") for states in (13, 7, 3)]
    if given.aware is not None:
        runs.append((given.aware, 13, "aware13"))
    for run, states, name in runs:
        if f"{name}.none" not in found:
            _, conversion = converted(run, data, device, states)
            found |= effects(conversion, data, given.images, name)
            write_json(part, found)
    if f"states13.wires.{WIRES[0]}" not in found:
        _, conversion = converted(given.run, data, device, 13)
        found |= line_resistance(conversion, data, given.images)
        write_json(part, found)
    note = {
        "command": "python benchmarks/deep_snn_robustness.py RUN docs/results/deep-robustness "
        "--aware RUN2",
        "versions": versions(),
        "machine": machine(),
        "card": load_card(given.card).digest,
        "images": given.images,
        "seed": 1,
        "cpu_s": time.process_time() - begun,
    }
    write_json(given.out / "metrics.json", note | found)
    draw(found, given.out / "robustness.png")


if __name__ == "__main__":
    main()
