"""The monitor at work: time of an update, lost frames, and the exported step graph.

    python benchmarks/atomistic_monitor.py docs/results/process-monitor

Needs the monitors of atomistic_classifier.py and runs/process/ from atomistic_data.py.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from atomistic_data import training

from networks.export.recurrent import OnnxMonitor, differing_verdicts, export_monitor
from networks.monitor import ProcessMonitor
from networks.recurrent_study import FrameStore
from neuroskyrm.atomistic import LABELS
from neuroskyrm.io.atomic import write_json

MODELS = Path("docs/results/process-classifier")
PROCESSES = 120


def least_time(update, frame: np.ndarray, repeats: int = 400) -> float:
    """Return the least time of one update [us]."""
    best = float("inf")
    for k in range(repeats):
        start = time.perf_counter()
        update(frame, k)
        best = min(best, time.perf_counter() - start)
    return round(best * 1e6, 1)


def accuracy_with_losses(
    monitor: ProcessMonitor, store: FrameStore, chosen: np.ndarray, lost: int
) -> float:
    """Return the accuracy when `lost` frames of each process (never the last) do not arrive."""
    rng = np.random.default_rng(lost)
    hits = 0
    for k in chosen:
        monitor.reset()
        gone = set(rng.choice(6, size=lost, replace=False).tolist())
        for n, frame in enumerate(store.frames[k]):
            if n not in gone:
                verdict = monitor.update(frame.astype(np.float32), n * monitor.interval)
        best = int(np.argmax(verdict.probabilities[:3]))
        hits += best == store.labels[k]
    return round(hits / len(chosen), 4)


def main(folder: Path) -> None:
    """Measure and write."""
    store = training()
    chosen = np.random.default_rng(4).choice(len(store.labels), PROCESSES, replace=False)
    found: dict[str, object] = {}
    for name in ("monitor", "monitor-four"):
        monitor = ProcessMonitor.load(MODELS / f"{name}.safetensors")
        frame = store.frames[chosen[0]][3].astype(np.float32)
        found[f"{name}.update_us"] = least_time(lambda f, k: monitor.update(f, k * 15e-12), frame)  # noqa: B023
        with tempfile.TemporaryDirectory() as place:
            path = export_monitor(monitor, Path(place) / "monitor.onnx")
            exported = OnnxMonitor(path)
            found[f"{name}.onnx_update_us"] = least_time(lambda f, _: exported.update(f), frame)  # noqa: B023
            processes = [store.frames[k].astype(np.float32) for k in chosen]
            count, error = differing_verdicts(path, monitor, processes)
        found[f"{name}.verdicts_compared"] = 7 * len(processes)
        found[f"{name}.differing_verdicts"] = count
        found[f"{name}.largest_probability_error"] = float(f"{error:.2e}")
    monitor = ProcessMonitor.load(MODELS / "monitor.safetensors")
    for lost in (0, 1, 2, 3):
        found[f"accuracy.{lost}_frames_lost"] = accuracy_with_losses(monitor, store, chosen, lost)
    found["classes"] = list(LABELS[:3])
    found["command"] = "python benchmarks/atomistic_monitor.py docs/results/process-monitor"
    write_json(folder / "metrics.json", found)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
