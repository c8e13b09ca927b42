"""How long a synapse keeps its skyrmions: totals, losses and states against the pulse.

    python benchmarks/synapse_endurance.py register-n4-300K --runs runs

Reads what `synapse_cards.py` left of that name in `--runs`, finished or not, and writes
`docs/results/synapse-endurance-register/` (`synapse-endurance/` for the compact design, whose
shipped card is made of the first two cycles).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import synapse_cards as cards

from devicemodels.calibrate_check import wilson_interval
from devicemodels.calibrate_visits import Visits, visits_of
from neuroskyrm.io.atomic import replacing, write_json
from neuroskyrm.io.provenance import versions
from neuroskyrm.io.trajectory import Trajectory
from neuroskyrm.micromagnetics.track import Track

RESULTS = cards.ROOT / "docs" / "results"
FOLDERS = {
    "compact-n4-300K": "synapse-endurance",
    "register-n4-300K": "synapse-endurance-register",
}


def summary(runs: list[Visits], G0: float) -> dict[str, Any]:
    """Return losses, and range and states cycle by cycle."""
    lost = sum(int(np.sum(np.diff(run.total) < 0)) for run in runs)
    pulses = sum(len(run.polarity) - 1 for run in runs)
    by_cycle = {}
    for cycle in range(1 + max(int(run.cycle.max()) for run in runs)):
        mine = [run.cycle == cycle for run in runs]
        mean = np.concatenate([run.mean[m] for run, m in zip(runs, mine, strict=True)]) / G0
        count = np.concatenate([run.count[m] for run, m in zip(runs, mine, strict=True)])
        by_cycle[str(cycle + 1)] = {
            "visits": len(mean),
            "lowest_and_highest_conductance": [float(mean.min()), float(mean.max())],
            "counts": sorted(set(count.tolist())),
        }
    return {
        "seeds": len(runs),
        "pulses": pulses,
        "pulses_with_a_loss": lost,
        "loss_per_pulse": [lost / pulses, *wilson_interval(lost, pulses)],
        "pulses_of_each": [len(run.polarity) - 1 for run in runs],
        "cycles": by_cycle,
        "total": [run.total.tolist() for run in runs],
        "post": [run.count.tolist() for run in runs],
        "conductance": [(run.mean / G0).round(4).tolist() for run in runs],
    }


def draw(runs: list[Visits], path: Path) -> None:
    """Draw each seed's count in the post-synapse, and all its skyrmions."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.4), layout="constrained")
    axes = figure.subplots()
    for number, run in enumerate(runs):
        axes.plot(run.count + 0.06 * number, lw=0.8, color=f"C{number}")
        axes.plot(run.total + 0.06 * number, lw=0.8, ls=":", color=f"C{number}")
    axes.set(xlabel="pulse", ylabel="skyrmions", ylim=(-0.3, runs[0].total[0] + 1))
    axes.set_title("post-synapse (lines) and whole track (dotted), a colour a seed")
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)


def draw_states(trajectory: Trajectory, track: Track, path: Path) -> None:
    """Draw m_z of the top layer at the first rest in each state."""
    from matplotlib.figure import Figure

    last = np.flatnonzero(np.diff(trajectory["pulse"], append=np.inf))
    count = trajectory["count_post"][last].round().astype(int)
    states = sorted(set(count.tolist()))
    height = 8 * track.width / track.length
    figure = Figure(figsize=(8, len(states) * (height + 0.1)), layout="constrained")
    for axes, state in zip(figure.subplots(len(states), 1), states, strict=True):
        m = trajectory.snapshots[np.flatnonzero(count == state)[0]]
        axes.imshow(m[2, -1], origin="lower", cmap="RdBu_r", vmin=-1, vmax=1)
        axes.contour(track.outlines(), [0.5], colors="0.4", linewidths=0.5)
        axes.set(xticks=[], yticks=[], ylabel=state)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)


def main() -> None:
    """Read, write, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=FOLDERS)
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(1, 9)))
    options = parser.parse_args()
    track, readout = cards.studies()[options.name][0], cards.READOUTS[options.name]
    found = cards.trajectories(track, options.seeds, options.runs)
    runs = [visits_of(trajectory, readout, track) for trajectory in found]
    command = f"python benchmarks/synapse_endurance.py {options.name}"
    folder = RESULTS / FOLDERS[options.name]
    write_json(
        folder / "metrics.json",
        {**summary(runs, readout.G0), "command": command, "code": versions()},
    )
    draw(runs, folder / "endurance.png")
    draw_states(found[0], track, folder / "states.png")


if __name__ == "__main__":
    main()
