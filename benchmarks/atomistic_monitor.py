"""The monitor at work: time of an update, lost frames, and the exported step graph.

    python benchmarks/atomistic_monitor.py docs/results/process-monitor

Looks at clear processes at theta = 40 degrees, which no monitor has learned. Needs the monitors
of atomistic_classifier.py and runs/process/ from atomistic_data.py (clear).
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from atomistic_data import clear_sample

from networks.export.recurrent import OnnxMonitor, differing_verdicts, export_monitor
from networks.monitor import ProcessMonitor
from networks.recurrent_study import FrameStore
from neuroskyrm.app.watching import shipped_monitor
from neuroskyrm.atomistic import Hamiltonian, relaxed_skyrmion
from neuroskyrm.atomistic.labels import MIXED
from neuroskyrm.io.atomic import write_json
from neuroskyrm.texture.lattice_charge import lattice_charge

MODELS = Path("docs/results/process-classifier")
MONITORS = {
    "three_classes": lambda: ProcessMonitor.load(MODELS / "monitor.safetensors"),
    "shipped": lambda: shipped_monitor("process"),
}


def least_time(update, frame: np.ndarray, repeats: int = 400) -> float:
    """Return the least time of one update [us]."""
    best = float("inf")
    for k in range(repeats):
        start = time.perf_counter()
        update(frame, k)
        best = min(best, time.perf_counter() - start)
    return round(best * 1e6, 1)


def accuracy_with_losses(monitor: ProcessMonitor, store: FrameStore, lost: int) -> float:
    """Return the accuracy when `lost` frames of each process (never the last) do not arrive."""
    rng = np.random.default_rng(lost)
    hits = []
    for frames, label in zip(store.frames, store.labels, strict=True):
        if label == MIXED:
            continue
        monitor.reset()
        gone = set(rng.choice(6, size=lost, replace=False).tolist())
        for n, frame in enumerate(frames):
            if n not in gone:
                verdict = monitor.update(frame.astype(np.float32), n * monitor.interval)
        hits.append(int(np.argmax(verdict.probabilities[:MIXED])) == label)
    return round(float(np.mean(hits)), 4)


def main(folder: Path) -> None:
    """Measure and write."""
    folder.mkdir(parents=True, exist_ok=True)
    store = clear_sample(40)
    frame = store.frames[0][3].astype(np.float32)
    found: dict[str, object] = {"processes": int(np.sum(store.labels < MIXED))}
    spins = relaxed_skyrmion(Hamiltonian())
    found["topological_charge_us"] = least_time(lambda f, _: lattice_charge(f), spins)
    for name, load in MONITORS.items():
        monitor = load()
        found[f"{name}.update_us"] = least_time(lambda f, k: monitor.update(f, k * 15e-12), frame)  # noqa: B023
        with tempfile.TemporaryDirectory() as place:
            path = export_monitor(monitor, Path(place) / "monitor.onnx")
            exported = OnnxMonitor(path)
            found[f"{name}.onnx_update_us"] = least_time(lambda f, _: exported.update(f), frame)  # noqa: B023
            processes = [frames.astype(np.float32) for frames in store.frames]
            count, error = differing_verdicts(path, monitor, processes)
        found[f"{name}.verdicts_compared"] = 7 * len(processes)
        found[f"{name}.differing_verdicts"] = count
        found[f"{name}.largest_probability_error"] = float(f"{error:.2e}")
        for lost in (0, 1, 2, 3):
            found[f"{name}.accuracy.{lost}_frames_lost"] = accuracy_with_losses(
                monitor, store, lost
            )
    found["load_average"] = round(os.getloadavg()[0], 1)
    found["command"] = "python benchmarks/atomistic_monitor.py docs/results/process-monitor"
    write_json(folder / "metrics.json", found)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
