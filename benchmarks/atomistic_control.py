"""Autonomous control over a region of the diagram: how often switching is reached.

    python benchmarks/atomistic_control.py docs/results/process-control

Each point is a first pulse (width) and a damping. Open loop, it breathes, switches, collapses or
ends mixed as in Fig. 3. Closed loop, a controller watches frames of 5 ps through the trained
monitor, stops the drive when it sees switching, and fires again after breathing.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from networks.monitor import ProcessMonitor
from networks.monitor_control import Controller, control_process
from neuroskyrm.atomistic import LABELS, FieldPulse, Process
from neuroskyrm.atomistic.diagram_figure import COLOURS
from neuroskyrm.io.atomic import write_json

MODELS = Path("docs/results/process-classifier")
WIDTHS = np.arange(4e-12, 45e-12, 6e-12)
DAMPINGS = np.array([0.16, 0.22, 0.28, 0.34, 0.40, 0.46])


def main(folder: Path) -> None:
    """Run both loops over the region, draw and write."""
    started = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    monitor = ProcessMonitor.load(MODELS / "monitor.safetensors")
    ends = np.zeros((2, len(DAMPINGS), len(WIDTHS)), dtype=int)
    actions = []
    for i, damping in enumerate(DAMPINGS):
        for j, width in enumerate(WIDTHS):
            process = Process(float(damping), FieldPulse(float(width)))
            for k, controller in enumerate((None, Controller())):
                run = control_process(process, monitor, controller)
                ends[k, i, j] = LABELS.index(run.label)
            actions.append([action.kind for action in run.actions])
        print(f"alpha = {damping:g}: {ends[:, i].tolist()}", flush=True)
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    norm = BoundaryNorm(np.arange(-0.5, 4), 4)
    titles = ("open loop", "under control")
    for axes, found, title in zip(figure.subplots(1, 2), ends, titles, strict=True):
        axes.pcolormesh(WIDTHS * 1e12, DAMPINGS, found, cmap=ListedColormap(COLOURS), norm=norm,
                        shading="nearest")  # fmt: skip
        share = np.mean(found == LABELS.index("switching"))
        axes.set(xlabel="width of the first pulse (ps)", ylabel=r"damping $\alpha$",
                 title=f"{title}: {100 * share:.0f} % switched")  # fmt: skip
    handles = [
        Patch(color=colour, label=name) for colour, name in zip(COLOURS, LABELS, strict=True)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(LABELS))
    figure.savefig(folder / "control.png", dpi=120)
    metrics: dict[str, object] = {"points": int(ends[0].size)}
    for name, found in zip(("open", "controlled"), ends, strict=True):
        for k, label in enumerate(LABELS):
            metrics[f"{name}.{label}"] = int((found == k).sum())
        success = float(np.mean(found == 1))
        metrics[f"{name}.success"] = round(success, 4)
        metrics[f"{name}.standard_error"] = round(
            float(np.sqrt(success * (1 - success) / found.size)), 4
        )
    metrics["stops"] = sum(kinds.count("stop") for kinds in actions)
    metrics["further_pulses"] = sum(kinds.count("fire") for kinds in actions)
    metrics["wall_time_s"] = round(time.perf_counter() - started, 1)
    metrics["command"] = "python benchmarks/atomistic_control.py docs/results/process-control"
    write_json(folder / "metrics.json", metrics)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
