"""How many inputs and hidden neurons the classifier needs, and Appendix B as printed.

    python benchmarks/atomistic_sweep.py docs/results/process-sweep

Quantiles and hidden neurons: trained at theta = 50 degrees, tested on all clear points at 40.
The 1/N initialisation and the printed update: 64 quantiles, one process at a time.
Needs runs/process/ from atomistic_diagram.py (40 and 50).
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from atomistic_classifier import grid_set
from matplotlib.figure import Figure

from networks.monitor_training import ProfileSet
from networks.recurrent import RecurrentClassifier
from networks.recurrent_features import rebinned
from networks.recurrent_printed import (
    alignment,
    constant_network,
    follow,
    gradient_update,
    printed_update,
)
from networks.recurrent_training import Training, train_classifier
from neuroskyrm.atomistic import LABELS
from neuroskyrm.atomistic.labels import MIXED
from neuroskyrm.io.atomic import write_json

CLASSES = LABELS[:MIXED]
QUANTILES = (4, 8, 16, 32, 64, 128, 256)
HIDDEN = (1, 2, 4, 8, 16, 32, 64)
SEEDS = 2


def trained(data: ProfileSet, hidden: int, epochs: int, seed: int = 0) -> RecurrentClassifier:
    """Return a network trained on the clear processes of `data`."""
    known = data.only(range(MIXED))
    options = Training(hidden=hidden, epochs=epochs, rate=5e-3, batch=32, patience=30, seed=seed)
    return train_classifier(known.profiles, known.labels, CLASSES, options)[0]


def correct(net: RecurrentClassifier, data: ProfileSet) -> float:
    """Return the accuracy on the clear processes of `data`."""
    known = data.only(range(MIXED))
    return float(np.mean(net.predict(known.profiles) == known.labels))


def coarser(data: ProfileSet, count: int) -> ProfileSet:
    """Return the same processes with fewer quantiles."""
    return ProfileSet(rebinned(data.profiles, count), data.labels, data.interval)


def sizes(learn: ProfileSet, test: ProfileSet) -> dict[str, object]:
    """Return mean accuracy over seeds for each number of quantiles, and of hidden neurons."""
    found: dict[str, object] = {}
    for name, cases in (
        ("quantiles", [(count, 32) for count in QUANTILES]),
        ("hidden", [(64, hidden) for hidden in HIDDEN]),
    ):
        for inputs, hidden in cases:
            few, other = coarser(learn, inputs), coarser(test, inputs)
            scores = [correct(trained(few, hidden, 40, seed), other) for seed in range(SEEDS)]
            value = inputs if name == "quantiles" else hidden
            found[f"{name}.{value}"] = round(float(np.mean(scores)), 4)
            print(name, value, scores, flush=True)
    return found


def appendix_b(learn: ProfileSet, test: ProfileSet) -> dict[str, object]:
    """Return what the printed initialisation and update reach, beside the gradient."""
    few = coarser(learn, 64)
    rng = np.random.default_rng(0)
    some = rng.permutation(len(few.labels))[:240]
    other = coarser(test, 64)
    random = trained(ProfileSet(few.profiles[some], few.labels[some], few.interval), 32, 1)
    constant = constant_network(64, 32, CLASSES)
    found: dict[str, object] = {}
    for start_name, network in (("constant", constant), ("random", random)):
        for rule in ("printed", "gradient"):
            net = follow(
                network, few.profiles[some], few.labels[some], rule, 0.05, 12,
                np.random.default_rng(1),
            )  # fmt: skip
            key = f"appendix_b.{start_name}_start.{rule}_update"
            found[f"{key}.accuracy"] = round(correct(net, other), 4)
            found[f"{key}.spread_of_hidden_weights"] = float(np.ptp(net.inputs, axis=1).max())
    cosines = [
        alignment(
            printed_update(random, few.profiles[k], int(few.labels[k])),
            gradient_update(random, few.profiles[k], int(few.labels[k])),
        )
        for k in some[:60]
    ]
    for name, values in zip(("V", "U", "W"), np.mean(cosines, axis=0), strict=True):
        found[f"appendix_b.cosine_to_gradient.{name}"] = round(float(values), 3)
    return found


def draw(path: Path, found: dict[str, object]) -> None:
    """Draw accuracy against the two sizes."""
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    for axes, name in zip(figure.subplots(1, 2, sharey=True), ("quantiles", "hidden"), strict=True):
        points = {int(key.split(".")[1]): value for key, value in found.items()
                  if key.startswith(f"{name}.")}  # fmt: skip
        axes.semilogx(list(points), [100 * float(v) for v in points.values()], "o-", base=2)
        axes.set(xlabel={"quantiles": "quantiles of $S_z$", "hidden": "hidden neurons"}[name])
    figure.axes[0].set_ylabel("named rightly of the clear\npoints at 40° (%)")
    figure.savefig(path, dpi=120)


def main(folder: Path) -> None:
    """Measure all, draw, write."""
    started = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    grid = grid_set(50, 256)
    # The interior of the training diagram, evenly over the classes.
    inside = np.flatnonzero(grid[1])
    labels = grid[0].labels[inside]
    rng = np.random.default_rng(0)
    chosen = np.concatenate([rng.choice(inside[labels == k], 150) for k in range(MIXED)])
    learn = ProfileSet(grid[0].profiles[chosen], grid[0].labels[chosen], grid[0].interval)
    test = grid_set(40, 256)[0]
    found = sizes(learn, test) | appendix_b(learn, test)
    draw(folder / "sizes.png", found)
    found["wall_time_s"] = round(time.perf_counter() - started, 1)
    found["command"] = "python benchmarks/atomistic_sweep.py docs/results/process-sweep"
    write_json(folder / "metrics.json", found)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
