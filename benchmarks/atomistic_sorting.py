"""Sorted against unsorted frames, with one input for each of the 10,000 sites as in the paper.

    python benchmarks/atomistic_sorting.py docs/results/process-sorting

Trained on 240 processes of the interior at theta = 50 degrees, tested on 240 clear ones at 40,
those at the borders included; and the same processes as few quantiles.
Needs runs/process/ from atomistic_data.py (clear).
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from atomistic_data import clear_sample
from atomistic_sweep import correct, trained

from networks.monitor_training import ProfileSet
from networks.recurrent_study import FrameStore
from neuroskyrm.atomistic.labels import MIXED
from neuroskyrm.io.atomic import write_json

SEEDS = 2
SIZES = ((64, 40), (512, 10))
"""Hidden neurons, and epochs: as many as the larger nets get in the same time."""


def of_sites(store: FrameStore, ordered: bool) -> ProfileSet:
    """Return the frames site by site, in order of S_z or as they lie."""
    data = store.unsorted()
    if ordered:
        data.profiles.sort(axis=-1)
    return data.only(range(MIXED))


def compare(name: str, learn: ProfileSet, test: ProfileSet, sizes) -> dict[str, object]:
    """Return the test accuracy of nets of some sizes over seeds."""
    found: dict[str, object] = {}
    for hidden, epochs in sizes:
        started = time.perf_counter()
        scores = [correct(trained(learn, hidden, epochs, seed), test) for seed in range(SEEDS)]
        key = f"{name}.{learn.profiles.shape[-1]}-{hidden}-3"
        found[key] = round(float(np.mean(scores)), 4)
        found[f"{key}.sd_over_seeds"] = round(float(np.std(scores, ddof=1)), 4)
        print(key, scores, f"{time.perf_counter() - started:.0f} s", flush=True)
    return found


def main(folder: Path) -> None:
    """Measure and write."""
    folder.mkdir(parents=True, exist_ok=True)
    learn, test = clear_sample(50), clear_sample(40)
    few = [store.profiles(64).only(range(MIXED)) for store in (learn, test)]
    found = compare("sorted", *few, [(32, 60)])
    for name, ordered in (("sorted", True), ("unsorted", False)):
        found |= compare(name, of_sites(learn, ordered), of_sites(test, ordered), SIZES)
    found |= {
        "tested_on": np.bincount(test.labels, minlength=4).tolist(),
        "learned_from": np.bincount(learn.labels, minlength=4).tolist(),
        "seeds": SEEDS,
        "command": "python benchmarks/atomistic_sorting.py docs/results/process-sorting",
    }
    write_json(folder / "metrics.json", found)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
