"""What was tried of the register on 2.5 nm cells: gates, currents, seeds, and what they led to.

    python benchmarks/synapse_cards.py register-n4-300K-fine-70-3.8 --seeds 1 --runs runs
    python benchmarks/synapse_fine.py --runs runs

Reads what `synapse_cards.py` left of the names in its `FINE` in `--runs`, finished or not, and
writes `docs/results/synapse-register-fine-tries/`. Runs that are not there keep their rows.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import synapse_cards as cards

from devicemodels.calibrate_visits import Visits, visits_of
from neuroskyrm.io.atomic import replacing, write_json
from neuroskyrm.io.provenance import versions

FOLDER = cards.ROOT / "docs" / "results" / "synapse-register-fine-tries"


def row(run: Visits, G0: float) -> dict[str, Any]:
    """Return counts, totals and conductances [G0] of one run, pulse by pulse."""
    return {
        "pulses": len(run.polarity) - 1,
        "kept": int(run.total[-1]),
        "post": run.count.tolist(),
        "total": run.total.tolist(),
        "conductance": (run.mean / G0).round(4).tolist(),
    }


def draw(rows: dict[str, dict[str, Any]], path: Path) -> None:
    """Draw conductance against the pulse, a panel for each gate and current."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 2.6), layout="constrained")
    panels = np.atleast_1d(figure.subplots(1, len(rows), sharey=True))
    for axes, (name, tries) in zip(panels, rows.items(), strict=True):
        gates, current, pulses = cards.FINE[name]
        for seed, found in tries.items():
            (line,) = axes.plot(found["conductance"], "o-", ms=3, lw=0.8, label=f"seed {seed}")
            lost = np.flatnonzero(np.diff(found["total"]) < 0) + 1
            level = np.array(found["conductance"])[lost]
            axes.plot(lost, level, "x", ms=8, color=line.get_color())
        axes.set(xlabel="pulse", xlim=(-0.5, 2 * pulses + 0.5))
        axes.set_title(f"+{gates / 1e3:g} kJ/m³, {current / 1e10:g} MA/cm²", fontsize=9)
        axes.legend(frameon=False, fontsize=7)
    panels[0].set_ylabel("conductance (G0)\n× is a loss")
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)


def main() -> None:
    """Read, merge, write, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    options = parser.parse_args()
    readout = cards.JUNCTIONS["register"]
    file = FOLDER / "metrics.json"
    rows = json.loads(file.read_text())["rows"] if file.exists() else {}
    for name in cards.FINE:
        track = cards.studies()[name][0]
        for seed in options.seeds:
            # One seed at a time: a seed that is not there must not shift the others.
            for run in cards.trajectories(track, [seed], options.runs):
                tries = rows.setdefault(name, {})
                tries[str(seed)] = row(visits_of(run, readout, track), readout.G0)
    ordered = {name: rows[name] for name in cards.FINE if name in rows}
    command = "python benchmarks/synapse_fine.py"
    write_json(file, {"rows": ordered, "command": command, "code": versions()})
    draw(ordered, FOLDER / "tries.png")


if __name__ == "__main__":
    main()
