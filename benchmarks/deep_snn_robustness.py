"""What hurts the deep spiking network on MNIST: noise, broken devices, drift, mismatch, wires.

Run after `deep_snn_mnist.py RUN adapt`; each effect alone, on otherwise perfect devices:

    python benchmarks/deep_snn_robustness.py RUN docs/results/deep-robustness --states 13 7 3
"""

from __future__ import annotations

import argparse
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


def measure(
    run: Path, data: Dataset, states: tuple[int, ...], images: int, card: str
) -> dict[str, Any]:
    """Return the accuracy of every effect, size and number of states."""
    found: dict[str, Any] = {}
    for count in states:
        device = SkyrmionDevice(load_card(card))
        _, conversion = converted(run, data, device, count)
        found[f"states{count}.none"] = accuracy(conversion, conversion.nominal(), data, images)
        for name, (_, sizes, _) in EFFECTS.items():
            for size in sizes:
                found[f"states{count}.{name}.{size}"] = one_effect(
                    conversion, name, size, data, images
                )
        print(count, found, flush=True)
    _, conversion = converted(run, data, SkyrmionDevice(load_card(card)), states[0])
    for ohm in WIRES:
        found[f"states{states[0]}.wires.{ohm}"] = wires(conversion, ohm, data, images)
        print(ohm, found[f"states{states[0]}.wires.{ohm}"], flush=True)
    return found


def draw(found: dict[str, Any], states: tuple[int, ...], path: Path) -> None:
    """Draw one panel an effect."""
    figure, axes = plt.subplots(1, 5, figsize=(17, 3.6), layout="constrained", sharey=True)
    panels = {name: (sizes, text) for name, (_, sizes, text) in EFFECTS.items()}
    panels["wires"] = (WIRES, "line resistance (ohm), 256² tiles")
    for axis, (name, (sizes, text)) in zip(axes, panels.items(), strict=True):
        for count in states if name != "wires" else states[:1]:
            rows = [found[f"states{count}.none"]]
            rows += [found[f"states{count}.{name}.{size}"] for size in sizes]
            values = 100 * np.array(rows)
            bars = [values[:, 0] - values[:, 1], values[:, 2] - values[:, 0]]
            axis.errorbar([0, *sizes], values[:, 0], bars, fmt="o-", label=f"{count} states")
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
    parser.add_argument("--states", type=int, nargs="+", default=[13, 7, 3])
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--card", default="rim-n4-300K")
    given = parser.parse_args()
    begun = time.process_time()
    states = tuple(given.states)
    found = measure(given.run, load_mnist(), states, given.images, given.card)
    note = {
        "command": "python benchmarks/deep_snn_robustness.py RUN docs/results/deep-robustness",
        "versions": versions(),
        "machine": machine(),
        "card": load_card(given.card).digest,
        "images": given.images,
        "seed": 1,
        "cpu_s": time.process_time() - begun,
    }
    write_json(given.out / "metrics.json", note | found)
    draw(found, states, given.out / "robustness.png")


if __name__ == "__main__":
    main()
