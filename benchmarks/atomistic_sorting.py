"""Sorted against unsorted frames, with one input for each of the 10,000 sites as in the paper.

    python benchmarks/atomistic_sorting.py docs/results/process-sorting

Trained on 240 and tested on other 240 processes of the training set (theta = 50 degrees).
Needs runs/process/ from atomistic_data.py.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from atomistic_data import training
from atomistic_sweep import correct, trained

from networks.monitor_training import ProfileSet
from neuroskyrm.io.atomic import write_json


def sorting(seed: int = 0) -> dict[str, object]:
    """Return held-out accuracy with one input per site, sorted and unsorted."""
    store = training()
    order = np.random.default_rng(seed).permutation(len(store.labels))
    learn, test = order[:240], order[240:480]
    found: dict[str, object] = {}
    flat = store.frames[order[:480]].reshape(480, 7, -1).astype(np.float32)
    for name, values in (("sorted", np.sort(flat, axis=-1)), ("unsorted", flat)):
        data = [
            ProfileSet(values[half], store.labels[chosen], store.interval)
            for half, chosen in ((slice(0, 240), learn), (slice(240, 480), test))
        ]
        for hidden, epochs in ((64, 12), (512, 4)):
            started = time.perf_counter()
            score = correct(trained(data[0], hidden, epochs), data[1])
            found[f"{name}.10000-{hidden}-3"] = round(score, 4)
            print(name, hidden, score, f"{time.perf_counter() - started:.0f} s", flush=True)
    return found


def main(folder: Path) -> None:
    """Measure and write."""
    found = sorting()
    found["command"] = "python benchmarks/atomistic_sorting.py docs/results/process-sorting"
    write_json(folder / "metrics.json", found)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
