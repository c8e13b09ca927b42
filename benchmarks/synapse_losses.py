"""How many skyrmions a synapse keeps, and what its junction sees: from the trajectories there are.

    python benchmarks/synapse_losses.py --runs runs

Reads the trajectories that `synapse_cards.py` left (finished or not) and writes
`docs/results/synapse-losses/` and `docs/results/synapse-read-area/`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import synapse_cards as make

from devicemodels.calibrate_fit import fit_states
from devicemodels.calibrate_visits import Visits, visits_of
from devicemodels.readout import Readout
from neuroskyrm.io.atomic import replacing, write_json
from neuroskyrm.io.provenance import versions

HERE = Path(__file__).resolve().parents[1] / "docs" / "results"
AREAS = ((0, 400), (0, 300), (0, 210), (30, 400), (30, 240), (100, 310), (190, 400))
"""Extents of the junction along the track, from its middle [nm]."""


def losses(runs: Path, seeds: list[int]) -> dict[str, dict[str, Any]]:
    """Return total, post-synapse count and torn layers per pulse, by study and seed."""
    found: dict[str, dict[str, Any]] = {}
    for name, (track, drive, _, fidelity) in make.studies().items():
        for seed in seeds:
            for trajectory in make.trajectories(track, [seed], runs):
                last = np.flatnonzero(np.diff(trajectory["pulse"], append=np.inf))
                found[f"{name} seed {seed}"] = {
                    "current_per_layer": drive.current / (4 if "effective film" in fidelity else 1),
                    "driven": track.driven,
                    "fidelity": fidelity.split(",")[0],
                    "skyrmions": trajectory["count_total"][last].tolist(),
                    "post": trajectory["count_post"][last].tolist(),
                    "torn": trajectory["torn"][last].tolist(),
                }
    return found


def draw_losses(found: dict[str, dict[str, Any]], path: Path) -> None:
    """Draw the skyrmions left against the pulse."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    for name, record in found.items():
        left = np.array(record["skyrmions"]) / record["skyrmions"][0]
        label = f"{name}, {record['current_per_layer'] / 1e10:.3g} MA/cm² ({record['driven']})"
        axes.plot(left, label=label, lw=1.2)
    axes.set(xlabel="pulse", ylabel="skyrmions left (share)", ylim=(0, 1.05))
    axes.legend(fontsize=7)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)


def read_areas(visits: Any, track: Any) -> list[dict[str, Any]]:
    """Return range and separable states for each junction."""
    rows = []
    for start, end in AREAS:
        readout = Readout(start=start * 1e-9, end=end * 1e-9)
        runs: list[Visits] = visits(readout)
        states = fit_states(runs)
        level = states.mean / readout.G0
        spread = np.hypot(states.read_sd, states.visit_sd) / readout.G0
        means = np.concatenate([run.mean for run in runs]) / readout.G0
        rows.append({
            "from_nm": start,
            "to_nm": end,
            "area_nm2": readout.area(track) * 1e18,
            "range_of_levels": float(level[-1] - level[0]),
            "range_of_visits": float(np.ptp(means)),
            "states": len(level),
            "states_apart_2sd": make.states_apart(level, spread),
        })  # fmt: skip
    return rows


def main() -> None:
    """Read, write, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4])
    options = parser.parse_args()
    found = losses(options.runs, options.seeds)
    about = {"command": "python benchmarks/synapse_losses.py", "code": versions()}
    write_json(HERE / "synapse-losses" / "metrics.json", {"runs": found, **about})
    draw_losses(found, HERE / "synapse-losses" / "losses.png")
    areas = {}
    for name in sorted(make.CARDS):
        track = make.studies()[name][0]
        trajectories = make.trajectories(track, options.seeds, options.runs)
        if trajectories:
            areas[name] = read_areas(
                lambda r, t=trajectories, k=track: [visits_of(x, r, k) for x in t], track
            )
    write_json(HERE / "synapse-read-area" / "metrics.json", {"areas": areas, **about})


if __name__ == "__main__":
    main()
