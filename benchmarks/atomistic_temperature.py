"""Figs. 8 and 9 of the process-recognition paper: the zero-temperature network at 1.5 K.

    python benchmarks/atomistic_temperature.py docs/results/process-temperature

Every point of the slice is simulated with several seeds of the thermal field; error bars are
the standard error over them. Needs atomistic_data.py (thermal-clear, thermal-slice), the monitor
of atomistic_classifier.py, and the shipped one of atomistic_abstention.py.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from atomistic_data import RUNS, SEEDS, SLICE_WIDTHS, WARM, thermal_clear, thermal_slice
from matplotlib.figure import Figure
from scipy.stats import beta

from devicemodels.calibrate_check import wilson_interval
from networks.monitor import ProcessMonitor
from networks.recurrent_features import rebinned
from neuroskyrm.app.watching import shipped_monitor
from neuroskyrm.atomistic import LABELS, FieldPulse, Process, load_diagram, simulate_process
from neuroskyrm.atomistic.diagram_figure import COLOURS
from neuroskyrm.atomistic.labels import MIXED
from neuroskyrm.io.atomic import write_json

MODELS = Path("docs/results/process-classifier")
MARKS = ("s", "o", "^")


def figure8(folder: Path) -> dict[str, object]:
    """Draw the collapse at alpha = 0.22, tw = 38 ps without and with temperature."""
    figure = Figure(figsize=(10, 3.2), layout="constrained")
    grid = figure.subplots(2, 7)
    found = {}
    for row, temperature in zip(grid, (0.0, WARM), strict=True):
        run = simulate_process(Process(0.22, FieldPulse(38e-12), temperature=temperature, seed=1))
        for axes, frame, time in zip(row, run.frames, run.times, strict=True):
            axes.imshow(frame, cmap="RdBu_r", vmin=-1, vmax=1, origin="lower")
            axes.set(xticks=[], yticks=[])
            axes.set_title(f"{time * 1e12:.0f} ps", fontsize=8)
        row[0].set_ylabel(f"{temperature:g} K")
        found[f"fig8.{temperature:g}K"] = run.label_name
    figure.savefig(folder / "fig8-collapse.png", dpi=110)
    return found


def figure9(folder: Path, monitor: ProcessMonitor) -> dict[str, object]:
    """Draw the outputs against pulse width without and with temperature, and final states."""
    net = monitor.classifier
    cold = load_diagram(RUNS / "diagram-40.nc").sel(damping=0.22)
    store = thermal_slice(WARM)
    widths = np.array(SLICE_WIDTHS)
    figure = Figure(figsize=(10, 5), layout="constrained")
    grid = figure.add_gridspec(2, 6, height_ratios=(2, 1))
    left = figure.add_subplot(grid[0, :3])
    right = figure.add_subplot(grid[0, 3:], sharey=left)
    outputs = net.probabilities(rebinned(cold["profile"].values, net.input_count))[:, -1]
    p = net.probabilities(store.profiles(net.input_count).profiles)[:, -1]
    by_seed = p.reshape(len(widths), SEEDS, -1)
    mean, error = by_seed.mean(axis=1), by_seed.std(axis=1, ddof=1) / np.sqrt(SEEDS)
    for k, name in enumerate(LABELS[:MIXED]):
        style = {"color": COLOURS[k], "ms": 4, "label": name}
        left.plot(cold["width"] * 1e12, outputs[:, k], MARKS[k], **style)
        right.errorbar(widths * 1e12, mean[:, k], error[:, k], fmt=MARKS[k], capsize=2, **style)
    left.set(title="0 K", xlabel="pulse width (ps)", ylabel="output")
    right.set(title=f"{WARM:g} K, {SEEDS} noise seeds a point", xlabel="pulse width (ps)")
    left.legend(fontsize=8)
    finals = store.frames.reshape(len(widths), SEEDS, *store.frames.shape[1:])[:, 0, -1]
    for column, k in enumerate((1, len(widths) // 2, -2)):
        frozen = simulate_process(Process(0.22, FieldPulse(widths[k]))).frames[-1]
        for place, sz in ((column, frozen), (3 + column, finals[k].astype(np.float32))):
            axes = figure.add_subplot(grid[1, place])
            axes.imshow(sz, cmap="RdBu_r", vmin=-1, vmax=1, origin="lower")
            axes.set(xticks=[], yticks=[])
            axes.set_title(f"{widths[k] * 1e12:g} ps", fontsize=8)
    figure.savefig(folder / "fig9-temperature.png", dpi=110)
    clear = store.labels < MIXED
    return {
        "fig9.seeds": SEEDS,
        f"fig9.{WARM:g}K.named": {
            f"{w * 1e12:g}": LABELS[k] for w, k in zip(widths, mean.argmax(axis=1), strict=True)
        },
        f"fig9.{WARM:g}K.accuracy_clear": round(
            float(np.mean(p[clear].argmax(axis=1) == store.labels[clear])), 4
        ),
        f"fig9.{WARM:g}K.clear": int(clear.sum()),
    }


def lower_bound(hits: int, tries: int) -> float:
    """Return the accuracy that is exceeded with 95 % confidence (Clopper and Pearson, 1934)."""
    return float(beta.ppf(0.05, hits, tries - hits + 1)) if hits else 0.0


def accuracy_at_temperature(monitor: ProcessMonitor) -> dict[str, object]:
    """Measure the network on processes at 1.5 K that end clearly."""
    net = monitor.classifier
    store = thermal_clear()
    clear = store.labels < MIXED
    p = net.probabilities(store.profiles(net.input_count).profiles)[:, -1, :MIXED]
    hits = p[clear].argmax(axis=1) == store.labels[clear]
    error = float(hits.std(ddof=1) / np.sqrt(len(hits)))
    return {
        "accuracy_1.5K": round(float(hits.mean()), 4),
        "accuracy_1.5K.standard_error": round(error, 4),
        "accuracy_1.5K.processes": int(clear.sum()),
        "accuracy_1.5K.lower_95_percent": round(lower_bound(int(hits.sum()), len(hits)), 4),
        "accuracy_1.5K.named_rightly": int(hits.sum()),
        "mixed_1.5K.processes": int((~clear).sum()),
    }


def shipped_at_temperature() -> dict[str, object]:
    """Measure how often the shipped monitor names no process, where it ends clearly and mixed."""
    monitor, store = shipped_monitor("process"), thermal_clear()
    net = monitor.classifier
    data = store.profiles(net.input_count, monitor.spacing, monitor.scalars)
    p = net.probabilities(data.profiles)[:, -1]
    silent = (p.argmax(axis=1) == MIXED) | (p.max(axis=1) < monitor.threshold)
    found: dict[str, object] = {}
    for name, chosen in (("clear", store.labels < MIXED), ("mixed", store.labels == MIXED)):
        count = int(silent[chosen].sum())
        found[f"shipped_1.5K.{name}_not_named"] = round(count / int(chosen.sum()), 4)
        bounds = wilson_interval(count, int(chosen.sum()))
        found[f"shipped_1.5K.{name}_not_named_wilson_95"] = [round(b, 4) for b in bounds]
    return found


def main(folder: Path, parts: list[str]) -> None:
    """Draw and measure all, or the parts named; the metrics of the others stay."""
    folder.mkdir(parents=True, exist_ok=True)
    monitor = ProcessMonitor.load(MODELS / "monitor.safetensors")
    path = folder / "metrics.json"
    metrics = json.loads(path.read_text()) if parts and path.exists() else {}
    makers = {
        "fig8": lambda: figure8(folder),
        "fig9": lambda: figure9(folder, monitor),
        "accuracy": lambda: accuracy_at_temperature(monitor),
        "shipped": shipped_at_temperature,
    }
    for name in parts or makers:
        metrics |= makers[name]()
    metrics["command"] = (
        "python benchmarks/atomistic_temperature.py docs/results/process-temperature"
    )
    write_json(path, metrics)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
