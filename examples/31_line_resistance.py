"""How much line resistance can a network stand, and do smaller tiles help? About a minute.

A ReLU net reads the embedded digits. Its weights go to ideal six-level synapses (20 to 32 uS), so
that everything lost is lost in the wires: the exact circuit of each array is solved for every
resistance and every tile size. Give a folder to keep the numbers: metrics.json and the figure.
"""

# %% Train a small net on the 28 x 28 digits.
import os
import sys
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.neural_network import MLPClassifier

from crossbar import Crossbar, Wires, dale
from devicemodels import IdealDevice
from neuroskyrm.io.atomic import write_json
from neuroskyrm.io.datasets import load_digits28

quick = bool(os.environ.get("NEUROSKYRM_QUICK"))  # the tests shorten the examples
digits = load_digits28()
train, test = digits.train_images / 255.0, digits.test_images / 255.0
seeds = (0,) if quick else (0, 1, 2)
rounds = {"max_iter": 5 if quick else 60, "tol": 0.0, "n_iter_no_change": 99}
nets = [MLPClassifier((100,), random_state=seed, **rounds) for seed in seeds]
device = IdealDevice(6)


# %% Each layer is programmed into tiles; its effective matrix replaces the weights.
def effective_weights(weights: np.ndarray, wires: Wires, tile: int | None) -> np.ndarray:
    """Return the weights as the array computes with them, cut to the best rounding range."""
    scale = dale.signed_levels(device.levels)[-1] / (3 * weights.std())
    codes = dale.quantise(weights, device.levels, scale, saturate=True)
    limit = None if tile is None else (tile, tile)
    rng = np.random.default_rng(0)  # ideal devices: nothing is drawn
    return Crossbar.program(device, codes, rng, wires=wires, tile=limit).conductances() / scale


def accuracy(net: MLPClassifier, wires: Wires, tile: int | None) -> float:
    """Return the share of test digits that the net on its arrays recognises."""
    first, second = (effective_weights(w, wires, tile) for w in net.coefs_)
    hidden = np.maximum(test @ first + net.intercepts_[0], 0)
    return float(((hidden @ second + net.intercepts_[1]).argmax(1) == digits.test_labels).mean())


# %% Every resistance, every tile size, every net.
resistances = [0.0, 1.0, 10.0] if quick else [0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0]
tiles = {"undivided (784 rows)": None, "tiles of 128": 128, "tiles of 32": 32}
result: dict[str, np.ndarray] = {}
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the number of rounds is chosen, not a failure
    for net in nets:
        net.fit(train, digits.train_labels)
for name, tile in tiles.items():
    table = [[accuracy(n, Wires(word=r, bit=r), tile) for r in resistances] for n in nets]
    result[name] = np.array(table)
    print(f"{name:>22}: " + "  ".join(f"{a:.3f}" for a in result[name].mean(axis=0)))

# %% The picture: accuracy against resistance, one curve a tile size.
figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
for name, table in result.items():
    axes.errorbar(resistances, table.mean(0), table.std(0), marker="o", capsize=3, label=name)
axes.set_xscale("symlog", linthresh=0.1)
axes.set(xlabel="resistance of a line segment (Ω)", ylabel="test accuracy", ylim=(0, 1))
axes.set_title("six-level synapses, 20 to 32 µS")
axes.legend()
folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path()
figure.savefig(folder / "line_resistance.png", dpi=120)
if len(sys.argv) > 1:
    metrics = {
        f"lines.{name}.{r:g}_ohm": {"mean": float(t.mean(0)[i]), "sd": float(t.std(0)[i])}
        for name, t in result.items()
        for i, r in enumerate(resistances)
    }
    command = "python examples/31_line_resistance.py docs/results/crossbar-lines"
    write_json(folder / "metrics.json", {"command": command, "seeds": list(seeds), **metrics})
