"""Sorted against unsorted frames, with one input for each of the 10,000 sites as in the paper.

    python benchmarks/atomistic_sorting.py docs/results/process-sorting

Trained on 240 processes of the interior at theta = 50 degrees, tested on 240 clear ones at 40,
those at the borders included; and the same processes as few quantiles.
Needs runs/process/ from atomistic_data.py (clear).
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
from atomistic_data import clear_sample
from atomistic_sweep import CLASSES, correct

from networks.monitor_training import ProfileSet
from networks.recurrent_study import FrameStore
from networks.recurrent_training import Training, train_classifier
from neuroskyrm.atomistic.labels import MIXED
from neuroskyrm.io.atomic import write_json

RATE = 5e-3
"""Learning rate with 64 inputs; with more it is divided by the square root of how many times."""


KINDS = (
    (True, 64, 32, 60, 3),
    (True, 10_000, 64, 60, 2),
    (False, 10_000, 64, 60, 2),
    (True, 10_000, 512, 30, 1),
    (False, 10_000, 512, 30, 1),
)
"""Sorted or not, inputs, hidden neurons, epochs, seeds."""


def inputs_of(store: FrameStore, count: int, ordered: bool) -> ProfileSet:
    """Return the clear processes: quantiles, or all sites in order of S_z or as they lie."""
    if count < store.frames[0, 0].size:
        return store.profiles(count).only(range(MIXED))
    data = store.unsorted().only(range(MIXED))
    if ordered:
        data.profiles.sort(axis=-1)
    return data


def main(folder: Path) -> None:
    """Measure and write, one net after another; what is there is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "metrics.json"
    found: dict[str, object] = json.loads(path.read_text()) if path.exists() else {}
    learn, test = clear_sample(50), clear_sample(40)
    for ordered, inputs, hidden, epochs, seeds in KINDS:
        for seed in range(seeds):
            key = f"{'sorted' if ordered else 'unsorted'}.{inputs}-{hidden}-3.seed_{seed}"
            if key in found:
                continue
            started = time.perf_counter()
            known, other = (inputs_of(store, inputs, ordered) for store in (learn, test))
            options = Training(
                hidden=hidden, epochs=epochs, rate=RATE * (64 / inputs) ** 0.5, batch=32,
                patience=epochs, seed=seed,
            )  # fmt: skip
            net, _ = train_classifier(known.profiles, known.labels, CLASSES, options)
            found[key] = round(correct(net, other), 4)
            print(key, found[key], f"{time.perf_counter() - started:.0f} s", flush=True)
            write_json(path, found)
    found |= {
        "tested_on": np.bincount(test.labels, minlength=4).tolist(),
        "learned_from": np.bincount(learn.labels, minlength=4).tolist(),
        "command": "python benchmarks/atomistic_sorting.py docs/results/process-sorting",
    }
    write_json(path, found)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
