"""Autonomous control over a region of the diagram: how often switching is reached.

    python benchmarks/atomistic_control.py docs/results/process-control

Each point is a first pulse (width) and a damping. Open loop, it breathes, switches, collapses or
ends mixed as in Fig. 3. Closed loop, a controller watches frames of 5 ps through a trained
monitor, stops the drive when it sees switching, and fires again after breathing. The paper's
network knows three classes; the shipped monitor also knows mixed states, after which the
controller fires again too.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from devicemodels.calibrate_check import wilson_interval
from networks.monitor import ProcessMonitor
from networks.monitor_control import Controller, control_process
from neuroskyrm.app.watching import shipped_monitor
from neuroskyrm.atomistic import LABELS, FieldPulse, Process
from neuroskyrm.atomistic.diagram_figure import COLOURS
from neuroskyrm.atomistic.labels import SWITCHING
from neuroskyrm.io.atomic import write_json

MODEL = Path("docs/results/process-classifier/monitor.safetensors")
WIDTHS = np.arange(4e-12, 45e-12, 6e-12)
DAMPINGS = np.array([0.16, 0.22, 0.28, 0.34, 0.40, 0.46])
WAYS = {"open": "open loop", "three_classes": "three classes", "shipped": "shipped monitor"}


def draw(path: Path, ends: dict[str, np.ndarray]) -> None:
    """Draw how every point ends in each way."""
    figure = Figure(figsize=(11, 3.9), layout="constrained")
    norm = BoundaryNorm(np.arange(-0.5, 4), 4)
    for axes, (name, found) in zip(figure.subplots(1, 3, sharey=True), ends.items(), strict=True):
        axes.pcolormesh(WIDTHS * 1e12, DAMPINGS, found, cmap=ListedColormap(COLOURS), norm=norm,
                        shading="nearest", edgecolors="white", linewidth=1)  # fmt: skip
        share = 100 * np.mean(found == SWITCHING)
        axes.set(xlabel="width of the first pulse (ps)", title=f"{WAYS[name]}: {share:.0f} %",
                 xticks=WIDTHS * 1e12, yticks=DAMPINGS)  # fmt: skip
    figure.axes[0].set_ylabel(r"damping $\alpha$")
    handles = [Patch(color=c, label=n) for c, n in zip(COLOURS, LABELS, strict=True)]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(LABELS))
    figure.suptitle("share that ends in switching", fontsize=11)
    figure.savefig(path, dpi=120)


def main(folder: Path) -> None:
    """Run all ways over the region, draw and write."""
    started = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    three, shipped = ProcessMonitor.load(MODEL), shipped_monitor("process")
    loops = {"open": (three, None), "three_classes": (three, Controller()),
             "shipped": (shipped, Controller())}  # fmt: skip
    shape = (len(DAMPINGS), len(WIDTHS))
    ends = {name: np.zeros(shape, dtype=int) for name in loops}
    acts: dict[str, list[str]] = {name: [] for name in loops}
    for i, damping in enumerate(DAMPINGS):
        for j, width in enumerate(WIDTHS):
            process = Process(float(damping), FieldPulse(float(width)))
            for name, (monitor, controller) in loops.items():
                run = control_process(process, monitor, controller)
                ends[name][i, j] = LABELS.index(run.label)
                acts[name] += [action.kind for action in run.actions]
        print(f"alpha = {damping:g}", {n: e[i].tolist() for n, e in ends.items()}, flush=True)
    draw(folder / "control.png", ends)
    metrics: dict[str, object] = {"points": int(np.prod(shape))}
    for name, found in ends.items():
        for k, label in enumerate(LABELS):
            metrics[f"{name}.{label}"] = int((found == k).sum())
        hits = int((found == SWITCHING).sum())
        metrics[f"{name}.success"] = round(hits / found.size, 4)
        metrics[f"{name}.success_wilson_95"] = [
            round(bound, 4) for bound in wilson_interval(hits, found.size)
        ]
        metrics[f"{name}.stops"] = acts[name].count("stop")
        metrics[f"{name}.further_pulses"] = acts[name].count("fire")
    metrics["wall_time_s"] = round(time.perf_counter() - started, 1)
    metrics["command"] = "python benchmarks/atomistic_control.py docs/results/process-control"
    write_json(folder / "metrics.json", metrics)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
