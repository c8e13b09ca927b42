"""The fidelity ladder, rung 3 against rung 1: rigid skyrmions beside the full simulation.

    python benchmarks/sweep_fidelity.py [--learn]

The model is learned from about seven nanoseconds of small boxes (`--learn`, about a minute of one
core; else the committed one is used), and compared with the committed full run of the same track,
`docs/results/synapse-rim-n4-300K`, of which it has seen nothing. Writes
`docs/results/sweep-fidelity/`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from devicemodels.calibrate import calibrate
from devicemodels.card import DeviceCard, load_card
from devicemodels.readout import Readout
from neuroskyrm.app.figures import DOWN, UP, drawing
from neuroskyrm.io.atomic import write_json
from neuroskyrm.io.provenance import code_digest, machine
from neuroskyrm.micromagnetics.track import RIM
from neuroskyrm.micromagnetics.track_drive import cycles, default_drive
from neuroskyrm.micromagnetics.track_run import build_simulation
from neuroskyrm.thiele import ThieleModel, learn, simulate_rigid

RESULTS = Path(__file__).parents[1] / "docs" / "results"
FOLDER = RESULTS / "sweep-fidelity"
SEEDS = range(32)
DRIVE = replace(default_drive(RIM), steps=cycles(10, 2, width=2e-9, pause=1e-9))


def by_visit(trajectory, name):
    """Return the median of a column after each pulse."""
    pulse = trajectory["pulse"]
    return np.array([np.median(trajectory[name][pulse == n]) for n in np.unique(pulse)])


def success(card: DeviceCard, up: bool) -> float:
    """Return the share of pulses that move the state in their direction, weighted by visits."""
    branch = card.potentiation if up else card.depression
    matrix = np.array(branch.later)
    moved = np.triu(matrix, 1).sum(1) if up else np.tril(matrix, -1).sum(1)
    seen = np.array(branch.observed, float)
    return float(np.sum(moved * seen) / max(seen.sum(), 1))


def steps(counts, polarity):
    """Return the share of pulses of one polarity after which the count has moved that way."""
    moved = []
    for one in counts:
        chosen = np.array([s.polarity for s in DRIVE.steps[: len(one) - 1]]) == polarity
        moved += (np.diff(one)[chosen] * polarity > 0).tolist()
    return float(np.mean(moved))


def error(mean, truth):
    """Return the rms distance of finished or unfinished full runs from the rigid mean."""
    return float(np.sqrt(np.mean(np.concatenate([(mean[: len(t)] - t) ** 2 for t in truth]))))


def speed(model: ThieleModel) -> tuple[float, float]:
    """Return processor seconds per simulated nanosecond of the full and of the rigid run."""
    full = build_simulation(RIM, DRIVE, 0)
    full.run(0.02e-9)
    start = time.process_time()
    full.run(0.2e-9)
    first = (time.process_time() - start) / 0.2
    simulate_rigid(RIM, DRIVE, 0, model)
    start = time.process_time()
    simulate_rigid(RIM, DRIVE, 1, model)
    return first, (time.process_time() - start) / (DRIVE.duration * 1e9)


def main() -> None:
    """Learn or load the model, compare, write metrics and figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--learn", action="store_true", help="learn the model again")
    file = FOLDER / "model.json"
    if parser.parse_args().learn or not file.exists():
        start = time.process_time()
        learn(RIM, progress=lambda part, text: print(f"{part:.0%} {text}", file=sys.stderr)).save(
            file
        )
        print(f"learned in {time.process_time() - start:.0f} s of one core", file=sys.stderr)
    model = ThieleModel.load(file)
    full = json.loads((RESULTS / "synapse-rim-n4-300K" / "metrics.json").read_text())
    card = load_card("rim-n4-300K")
    truth = [np.array(one, float) for one in full["device.counts"]]
    conductance = [np.array(one, float) for one in full["device.conductance"]]
    runs = [simulate_rigid(RIM, DRIVE, seed, model) for seed in SEEDS]
    counts = np.array([by_visit(run, "count_post") for run in runs])
    lost = 10 - np.array([by_visit(run, "count_total") for run in runs])
    readout = Readout()
    G = np.array([
        1 + readout.TMR * by_visit(run, "reversed_fraction") for run in runs
    ])  # fmt: skip
    own = calibrate(
        runs, readout, track=RIM, drive=DRIVE, name="rigid", description="", seeds=SEEDS
    )
    shared = min(card.states, own.states)
    full_speed, rigid_speed = speed(model)
    metrics = {
        "fidelity.counts_rms_error": error(counts.mean(0), truth),
        "fidelity.counts_rms_error_of_one_rigid_run": float(
            np.sqrt(np.mean((counts - counts.mean(0)) ** 2))
        ),
        "fidelity.most_in_post_full": [float(t.max()) for t in truth],
        "fidelity.most_in_post_rigid": float(counts.max(1).mean()),
        "fidelity.conductance_rms_error": error(G.mean(0), conductance),
        "fidelity.conductance_range_full": [float(np.ptp(c)) for c in conductance],
        "fidelity.conductance_range_rigid": float(np.mean(np.ptp(G, axis=1))),
        "fidelity.level_rms_error": float(
            np.sqrt(np.mean((own.conductance[:shared] / card.conductance[:shared] - 1) ** 2))
        ),
        "fidelity.read_sd_ratio": float(
            np.mean(own.levels.read_sd[1:shared]) / np.mean(card.levels.read_sd[1:shared])
        ),
        "fidelity.up_moves_full": steps(truth, 1),
        "fidelity.up_moves_rigid": float(np.mean([steps([c], 1) for c in counts])),
        "fidelity.up_moves_rigid_sd": float(np.std([steps([c], 1) for c in counts], ddof=1)),
        "fidelity.down_moves_full": steps(truth, -1),
        "fidelity.down_moves_rigid": float(np.mean([steps([c], -1) for c in counts])),
        "fidelity.down_moves_rigid_sd": float(np.std([steps([c], -1) for c in counts], ddof=1)),
        "fidelity.lost_full": (
            np.array(full["device.skyrmions_at_start"]) - full["device.skyrmions_at_end"]
        ).tolist(),
        "fidelity.lost_rigid": [float(lost[:, len(t) - 1].mean()) for t in truth],
        "fidelity.lost_rigid_sd": [float(lost[:, len(t) - 1].std(ddof=1)) for t in truth],
        "fidelity.collapse_barrier": model.collapse[0],
        "fidelity.area_sd": model.area_sd,
        "fidelity.area_memory": model.area_memory,
        "fidelity.radius_rigid": model.radius,
        "fidelity.hall_angle": model.hall_angle,
        "fidelity.seconds_per_ns_full": full_speed,
        "fidelity.seconds_per_ns_rigid": rigid_speed,
        "fidelity.speedup": full_speed / rigid_speed,
        "seeds_rigid": len(runs),
        "seeds_full": len(truth),
        "pulses_full": [len(t) - 1 for t in truth],
        "code": code_digest(("neuroskyrm.thiele",)),
        "machine": machine(),
    }
    write_json(FOLDER / "metrics.json", metrics)
    draw(truth, conductance, counts, G)
    print(json.dumps(metrics, indent=2))


def draw(truth, conductance, counts, G) -> None:
    """Draw both rungs over each other."""
    pulse = np.arange(counts.shape[1])
    with drawing(FOLDER / "figure.png", 8.4, 3.0) as figure:
        left, right = figure.subplots(1, 2)
        for axis, one, many, name in (
            (left, truth, counts, "skyrmions in the post-synapse"),
            (right, conductance, G, "conductance [$G_0$]"),
        ):
            mean, sd = many.mean(0), many.std(0, ddof=1)
            axis.fill_between(pulse, mean - sd, mean + sd, color=UP, alpha=0.25, lw=0)
            axis.plot(pulse, mean, color=UP, label=f"rigid, mean ± sd of {len(many)} seeds")
            for number, seed in enumerate(one):
                label = f"full micromagnetics, {len(one)} seeds" if number == 0 else None
                axis.plot(pulse[: len(seed)], seed, "os"[number % 2], color=DOWN, label=label)
            axis.set(xlabel="pulse (10 up, 10 down, twice)", ylabel=name)
        left.legend(fontsize=7)


if __name__ == "__main__":
    main()
