"""Make a 44 x 40 process diagram of the paper: data, figure and metrics in one folder.

    python benchmarks/atomistic_diagram.py 40 docs/results/process-diagram-40
    python benchmarks/atomistic_diagram.py 50 docs/results/process-diagram-50

The run is resumed from runs/process/diagram-<theta>.nc, which also keeps the quantile profiles
and the scalars of every frame that the classifier's experiments read.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

import numpy as np
from matplotlib.patches import Rectangle

from networks.frame_inputs import euler_number, process_inputs, wall_density
from neuroskyrm.atomistic import (
    LABELS,
    FieldPulse,
    Process,
    ProcessRun,
    draw_diagram,
    process_diagram,
    save_diagram,
    simulate_process,
)
from neuroskyrm.io.atomic import write_json
from neuroskyrm.texture.lattice_islands import islands

QUANTILES = 256
EXAMPLES = {
    40: [(0.36, 8), (0.36, 28), (0.36, 40), (0.12, 21), (0.58, 18), (0.04, 24)],
    50: [(0.36, 8), (0.36, 20), (0.30, 40), (0.12, 17), (0.60, 24), (0.04, 24)],
}


def scalars(run: ProcessRun) -> np.ndarray:
    """Return walls, Euler number, islands and charge of every frame, shape (frames, 4)."""
    columns = [
        [wall_density(frame) for frame in run.frames],
        [euler_number(frame) for frame in run.frames],
        [len(islands(frame)) for frame in run.frames],
        run.charge,
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def duplication(data) -> np.ndarray:
    """Return where the switched state holds two skyrmions or more, and no domain."""
    many = (data["islands"] >= 2) & (data["percolates"] == 0) & (data["background"] > 0)
    return (many & (data["charge"] == -data["islands"])).values


def mark_duplication(axes, data) -> None:
    """Mark the points that end in two skyrmions or more, and where the paper looks for them."""
    rows, columns = np.nonzero(duplication(data))
    widths, dampings = data["width"].values * 1e12, data["damping"].values
    axes.plot(widths[columns], dampings[rows], ".", ms=2.5, color="black", zorder=1.5)
    axes.add_patch(Rectangle((15.5, 0.08), 17, 0.05, fill=False, ls="--", lw=1.2))
    text = "dots: two skyrmions or more; dashed: where the paper sees two"
    axes.set_title(f"{axes.get_title()}; {text}", fontsize=9)


def metrics_of(data) -> dict[str, object]:
    """Return counts by label, and what the duplication region holds."""
    labels, twice = data["label"].values, duplication(data)
    region = data.assign(twice=(data["label"].dims, twice)).sel(
        damping=slice(0.089, 0.121), width=slice(15.9e-12, 32.1e-12)
    )
    counts = {f"count.{name}": int((labels == k).sum()) for k, name in enumerate(LABELS)}
    return {
        "points": int(labels.size),
        **counts,
        "duplication.points": int(twice.sum()),
        "duplication.two_skyrmions": int((twice & (data["islands"].values == 2)).sum()),
        "duplication.share_in_paper_region": round(float(region["twice"].mean()), 3),
        "duplication.share_elsewhere": round(
            float(
                (twice.sum() - region["twice"].values.sum()) / (twice.size - region["twice"].size)
            ),
            3,
        ),
    }


def main() -> None:
    """Simulate, draw, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("theta", type=float)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    base = Process(damping=0.1, pulse=FieldPulse(width=10e-12, polar=given.theta))
    started = time.perf_counter()
    simulated = 0

    def progress(done: int, total: int) -> None:
        nonlocal simulated
        simulated += 1
        if done % 44 == 0:
            print(f"{done} of {total}, {time.perf_counter() - started:.0f} s", flush=True)

    data = process_diagram(
        base,
        threads=given.threads,
        progress=progress,
        checkpoint=Path("runs/process") / f"diagram-{given.theta:g}.nc",
        measures={
            "profile": lambda run: process_inputs(run.frames, QUANTILES),
            "scalars": scalars,
        },
    )
    wall = time.perf_counter() - started
    data = data.drop_vars(["profile", "scalars"])
    given.folder.mkdir(parents=True, exist_ok=True)
    save_diagram(data, given.folder / "diagram.nc")
    examples = [
        simulate_process(Process(damping, FieldPulse(width * 1e-12, polar=given.theta)))
        for damping, width in EXAMPLES.get(round(given.theta), EXAMPLES[40])
    ]
    figure = draw_diagram(data, rf"$\theta$ = {given.theta:g}$^\circ$", examples)
    mark_duplication(figure.axes[0], data)
    figure.savefig(given.folder / "diagram.png", dpi=130)
    metrics = metrics_of(data) | {
        "simulated_in_this_run": simulated,
        "wall_time_s": round(wall, 1),
        "load_average": round(os.getloadavg()[0], 1),
        "threads": given.threads,
        "command": f"python {' '.join(sys.argv)}",
    }
    write_json(given.folder / "metrics.json", metrics)


if __name__ == "__main__":
    main()
