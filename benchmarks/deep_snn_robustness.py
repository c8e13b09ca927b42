"""What hurts the deep spiking network on MNIST: noise, broken devices, drift, mismatch, wires.

Run after `deep_snn_mnist.py RUN adapt`; each effect alone, on otherwise perfect devices, as it is
and with the columns of each array trimmed afterwards (`crossbar.Trim`):

    python benchmarks/deep_snn_robustness.py RUN docs/results/deep-robustness --aware RUN2

RUN2 holds the same float net, adapted to 13 states with ``--noise``: noise-aware training.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt
import numpy as np
from deep_snn_mnist import converted
from numpy.typing import NDArray

from crossbar import Layout, Wires, fit_trim, solve_layout, word_drive
from crossbar.dale import to_pair
from devicemodels import IdealDevice, SkyrmionDevice, load_card
from devicemodels.calibrate_check import wilson_interval
from networks.conversion import Conversion
from networks.hosting import example_inputs
from neuroskyrm.io.atomic import replacing, write_json
from neuroskyrm.io.datasets import Dataset, load_mnist
from neuroskyrm.io.provenance import machine, versions
from neuroskyrm.seeds import generator

Pair = tuple[NDArray[np.float64], NDArray[np.float64]]
Effect = Callable[[Pair, NDArray[np.float64], float, np.random.Generator], NDArray[np.float64]]


def level_noise(
    pair: Pair, levels: NDArray[np.float64], size: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return weights whose devices each lie off their level by `size` spacings of `levels` (sd)."""
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


def common_mismatch(
    pair: Pair, levels: NDArray[np.float64], size: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return weights whose W+ devices all have a G0 that is larger by a relative `size`."""
    return pair[0] - pair[1] + size * levels[0]


EFFECTS: dict[str, tuple[Effect, tuple[float, ...], str]] = {
    "level_noise": (level_noise, (0.25, 0.5, 1.0), "level noise (spacings of levels in use, sd)"),
    "stuck": (stuck, (0.02, 0.05, 0.1), "stuck devices (share)"),
    "column_drift": (column_drift, (0.05, 0.1, 0.2), "gain error of columns (sd)"),
    "mismatch": (mismatch, (0.002, 0.01, 0.05), "G0 mismatch of columns (sd)"),
    "common": (common_mismatch, (0.002, 0.01, 0.05), "G0 mismatch of all columns"),
}
WIRES = (0.3, 1.0, 3.0)  # resistance of a line between neighbouring devices [ohm]
TILE = 256
SIZES = {"none": (0.0,)} | {name: sizes for name, (_, sizes, _) in EFFECTS.items()}
SIZES |= {"wires": WIRES}
NETS = {"states13": (13, "13 states"), "aware13": (13, "13, noise-aware"),
        "states7": (7, "7 states"), "states3": (3, "3 states")}  # fmt: skip

Matrices = list[NDArray[np.float64]]


class Bench:
    """One converted net, its test images and the inputs its arrays are trimmed with."""

    def __init__(self, conversion: Conversion, data: Dataset, images: int) -> None:
        self.conversion, self.images = conversion, images
        self.shown, self.labels = data.test_images[:images], data.test_labels[:images]
        self.examples = example_inputs(conversion, data.train_images[-100:])
        used = np.unique(np.abs(np.concatenate([c.ravel() for c in conversion.codes])))
        self.levels = conversion.levels[np.union1d(used, [0])]

    def accuracy(self, matrices: Matrices) -> list[float]:
        """Return the accuracy with its 95 % interval."""
        value = self.conversion.on(matrices).run(self.shown).accuracy(self.labels)
        return [value, *wilson_interval(round(value * self.images), self.images)]

    def trimmed(self, matrices: Matrices, drives: Matrices | None = None) -> Matrices:
        """Return the matrices behind trimmed columns, in tiles of `TILE` word lines."""
        found = []
        for k, (matrix, wanted) in enumerate(zip(matrices, self.conversion.nominal(), strict=True)):
            rows = Layout(tile=(TILE, TILE)).partial_sums(matrix.shape)
            drive = None if drives is None else drives[k]
            found.append(fit_trim(matrix, wanted, self.examples[k], rows, drive).applied(matrix))
        return found

    def effect(self, name: str, size: float) -> Matrices:
        """Return the matrices under one effect of one size."""
        matrices = []
        for layer, codes in enumerate(self.conversion.codes):
            plus, minus = (self.conversion.levels[state] for state in to_pair(codes))
            rng = generator(1, name, layer, round(size * 1e6))
            matrices.append(EFFECTS[name][0]((plus, minus), self.levels, size, rng))
        return matrices

    def wires(self, ohm: float) -> tuple[Matrices, Matrices]:
        """Return the matrices behind lines of `ohm`, and the word-line drives that help."""
        model, layout = (
            IdealDevice(self.conversion.levels),
            Layout(Wires(ohm, ohm), tile=(TILE,) * 2),
        )
        matrices, drives = [], []
        for codes in self.conversion.codes:
            plus, minus = (model.levels[state] for state in to_pair(codes))
            found = solve_layout(plus, minus, layout)
            matrices.append(found.effective)
            drives.append(word_drive(plus + minus, found.plus + found.minus, found.partial))
        return matrices, drives


def run_all(
    bench: Bench, name: str, effects: list[str], found: dict[str, Any], keep: Callable[[], None]
) -> None:
    """Add the accuracy under every size of `effects`, under names that begin with `name`."""
    for effect, size in [(kind, size) for kind in effects for size in SIZES[kind]]:
        key = f"{name}.{effect}.{size}"
        if f"{key}.trimmed" in found or (effect == "none" and key in found):
            continue
        if effect == "none":
            found[key] = bench.accuracy(bench.conversion.nominal())
        else:
            matrices, drives = (
                bench.wires(size) if effect == "wires" else (bench.effect(effect, size), None)
            )
            found[key] = bench.accuracy(matrices)
            found[f"{key}.trimmed"] = bench.accuracy(bench.trimmed(matrices, drives))
        print(key, found[key], found.get(f"{key}.trimmed"), flush=True)
        keep()


def draw(found: dict[str, Any], path: Path) -> None:
    """Draw one panel an effect; dotted: with trimmed columns."""
    panels = {name: (sizes, text) for name, (_, sizes, text) in EFFECTS.items()}
    panels["wires"] = (WIRES, f"line resistance (ohm), {TILE}² tiles")
    panels = {k: v for k, v in panels.items() if any(f".{k}." in name for name in found)}
    lines = -(-len(panels) // 3)
    figure, axes = plt.subplots(
        lines, 3, figsize=(13, 3.6 * lines), layout="constrained", sharey=True, squeeze=False
    )
    for axis in axes.flat[len(panels) :]:
        axis.set_visible(False)
    for axis, (effect, (sizes, text)) in zip(axes.flat, panels.items(), strict=False):
        for colour, (name, (_, label)) in enumerate(NETS.items()):
            if f"{name}.{effect}.{sizes[-1]}" not in found:
                continue
            start = found[f"{name}.none.0.0"]
            for end, style in (("", "o-"), (".trimmed", "s:")):
                rows = [start, *(found[f"{name}.{effect}.{s}{end}"] for s in sizes)]
                values = 100 * np.array(rows)
                bars = [values[:, 0] - values[:, 1], values[:, 2] - values[:, 0]]
                text_of = label if not end else None
                axis.errorbar(
                    range(len(rows)), values[:, 0], bars, fmt=style, color=f"C{colour}",
                    label=text_of, markersize=4,
                )  # fmt: skip
        axis.set_xticks(range(len(sizes) + 1), ["0", *map(str, sizes)])
        axis.set(xlabel=text)
    for axis in axes[:, 0]:
        axis.set(ylabel="MNIST accuracy (%)", ylim=(80, 100))
    axes[0, 0].legend(title="dotted: trimmed")
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
    parser.add_argument("--only", nargs="+", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--nets", nargs="+", choices=list(NETS), default=list(NETS))
    given = parser.parse_args()
    data, device = load_mnist(), SkyrmionDevice(load_card(given.card))
    given.out.mkdir(parents=True, exist_ok=True)
    part = given.run / f"robustness-{given.images}.json"
    found: dict[str, Any] = json.loads(part.read_text()) if part.exists() else {}
    benches = {}
    for name, (states, _) in NETS.items():
        run = given.aware if name.startswith("aware") else given.run
        if name in given.nets and run is not None and (run / f"adapt-{states}.json").exists():
            benches[name] = Bench(converted(run, data, device, states)[1], data, given.images)
    effects = ["none", *(effect for effect in given.only if effect not in ("none", "wires"))]
    for some in (effects, [effect for effect in given.only if effect == "wires"]):  # slow ones last
        for name, bench in benches.items():
            run_all(bench, name, some, found, lambda: write_json(part, found))
    note = {
        "command": "python benchmarks/deep_snn_robustness.py RUN OUT --aware RUN2 "
        f"--images {given.images} --only {' '.join(given.only)} --nets {' '.join(given.nets)}",
        "versions": versions(),
        "machine": machine(),
        "card": load_card(given.card).digest,
        "images": given.images,
        "seed": 1,
    }
    write_json(given.out / "metrics.json", note | found)
    draw(found, given.out / "robustness.png")


if __name__ == "__main__":
    main()
