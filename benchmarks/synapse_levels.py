"""What the junction reads after the paper's pause: levels after 5 ns and more.

    python benchmarks/synapse_levels.py compact-n4-300K --runs runs --each 3
    python benchmarks/synapse_levels.py register-n4-300K-fine --seeds 1 --each 9 --pause 3

The ensemble of `synapse_cards.py` reads within 1 ns after a pulse, while skyrmions that are
half-way through a gap still move. Here snapshots of that ensemble, a few for every number of
skyrmions in the post-synapse, rest for 5 ns without current (Chen et al.'s interval), and are read
20 times in the second half of it. The register on fine cells has rested for 2 ns before: 3 ns more
make it 5. Writes `docs/results/synapse-levels/` (`-register-fine`).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import synapse_cards as cards

from devicemodels.readout import Readout
from neuroskyrm.io.atomic import replacing, write_json
from neuroskyrm.io.provenance import versions
from neuroskyrm.micromagnetics.track import Track
from neuroskyrm.micromagnetics.track_drive import Drive
from neuroskyrm.micromagnetics.track_reads import read_track
from neuroskyrm.micromagnetics.track_run import build_simulation

RESULTS = cards.ROOT / "docs" / "results"
FOLDERS = {
    "compact-n4-300K": "synapse-levels",
    "register-n4-300K-fine": "synapse-levels-register-fine",
}
READS = 40


def snapshots(
    track: Track, runs: Path, seeds: list[int], each: int
) -> list[tuple[int, int, np.ndarray]]:
    """Return seed, pulse and magnetisation: `each` for every count, as many seeds as there are."""
    found: dict[int, list[tuple[int, int, np.ndarray]]] = {}
    for seed, run in zip(seeds, cards.trajectories(track, seeds, runs), strict=False):
        last = np.flatnonzero(np.diff(run["pulse"], append=np.inf))
        for pulse, (row, m) in enumerate(zip(last, run.snapshots, strict=True)):
            if pulse:
                found.setdefault(round(run["count_post"][row]), []).append((seed, pulse, m))
    chosen = []
    for group in found.values():
        group.sort(key=lambda item: item[1])
        by_seed = sorted(
            range(len(group)), key=lambda i: [g[0] for g in group[:i]].count(group[i][0])
        )
        chosen += [group[i] for i in by_seed[:each]]
    return chosen


def rest(
    track: Track,
    drive: Drive,
    readout: Readout,
    pause: float,
    seed: int,
    pulse: int,
    m: np.ndarray,
) -> dict[str, Any]:
    """Return reads of one snapshot during a pause [s]."""
    simulation = build_simulation(track, drive, 1000 * seed + pulse)
    simulation.m = m
    count, conductance = [], []
    for _ in range(READS):
        simulation.run(pause / READS)
        read = read_track(simulation.m, track)
        G = readout.conductance(readout.fraction(read.profile[None], track))[0] / readout.G0
        count.append(read.count_post)
        conductance.append(round(float(G), 4))
    return {"seed": seed, "pulse": pulse, "count": count, "conductance": conductance}


def levels(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return mean, spread between visits and over reads, and how many levels stand apart.

    The state is the median count of the second half; a read is one of it, and a visit their mean.
    """
    half = READS // 2
    state = np.array([round(float(np.median(row["count"][half:]))) for row in rows])
    late = np.array([row["conductance"][half:] for row in rows])
    early = np.array([row["conductance"][:4] for row in rows]).mean(axis=1)
    mean, sd = late.mean(axis=1), late.std(axis=1, ddof=1)
    counts = sorted(set(state.tolist()))
    level = np.array([mean[state == s].mean() for s in counts])
    between = np.array([mean[state == s].std(ddof=1) if np.sum(state == s) > 1 else np.nan
                        for s in counts])  # fmt: skip
    between = np.where(np.isnan(between), np.nanmean(between), between)
    within = np.array([np.sqrt(np.mean(sd[state == s] ** 2)) for s in counts])
    return {
        "counts": counts,
        "rests": [int(np.sum(state == s)) for s in counts],
        "level": level.tolist(),
        "sd_between": between.tolist(),
        "sd_reads": within.tolist(),
        "range": float(level[-1] - level[0]),
        "apart_2sd_single_read": cards.states_apart(level, np.hypot(between, within)),
        "apart_2sd_mean_of_pause": cards.states_apart(level, between),
        "drift_in_pause": float(np.mean(mean - early)),
        "drift_sd": float(np.std(mean - early, ddof=1)),
    }


def draw(rows: list[dict[str, Any]], found: dict[str, Any], pause: float, path: Path) -> None:
    """Draw the rests (left) and the levels with two standard deviations (right)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    t = (np.arange(READS) + 1) * pause / READS * 1e9
    for row in rows:
        left.plot(t, row["conductance"], lw=0.7, color=f"C{round(np.median(row['count']))}")
    left.set(xlabel="time after the last read of the ensemble (ns)", ylabel="conductance (G0)")
    spread = np.array(found["sd_between"])
    both = np.hypot(spread, found["sd_reads"])
    right.errorbar(found["counts"], found["level"], 2 * both, fmt="none", capsize=3, color="0.7")
    right.errorbar(found["counts"], found["level"], 2 * spread, fmt="o", ms=3, capsize=3)
    right.set(
        xlabel="skyrmions in the post-synapse", title="2 s.d.: single read (grey), mean (blue)"
    )
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)


def main() -> None:
    """Rest what is missing, write numbers and figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=FOLDERS)
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(1, 9)))
    parser.add_argument("--each", type=int, default=3, help="snapshots of each count")
    parser.add_argument("--pause", type=float, default=5.0, help="ns")
    options = parser.parse_args()
    (track, drive, _, _), pause = cards.studies()[options.name], options.pause * 1e-9
    readout = cards.READOUTS[options.name.removesuffix("-fine")]
    folder = RESULTS / FOLDERS[options.name]
    file = folder / "metrics.json"
    rows = json.loads(file.read_text())["rows"] if file.exists() else []
    done = {(row["seed"], row["pulse"]) for row in rows}
    command = (
        f"python benchmarks/synapse_levels.py {options.name} --each {options.each} "
        f"--pause {options.pause:g} --seeds {' '.join(map(str, options.seeds))}"
    )
    for seed, pulse, m in snapshots(track, options.runs, options.seeds, options.each):
        if (seed, pulse) in done:
            continue
        rows.append(rest(track, drive, readout, pause, seed, pulse, m))
        found = levels(rows) if len(rows) > 2 else {}
        write_json(file, {**found, "rows": rows, "command": command, "code": versions()})
    draw(rows, levels(rows), pause, folder / "levels.png")


if __name__ == "__main__":
    main()
