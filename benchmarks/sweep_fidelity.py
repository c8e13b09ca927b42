"""The fidelity ladder, rung 3 against rung 1: rigid skyrmions beside full simulations.

    python benchmarks/sweep_fidelity.py [--learn] [DEVICE ...]

For each device (default: rim and compact) the model is learned from about a dozen
nanoseconds of small boxes (`--learn`, about a minute of one core; else the committed one is used),
and compared with the committed full runs of the same device, `docs/results/synapse-DEVICE-n4-300K`,
of which it has seen nothing. Writes `docs/results/sweep-fidelity/`.
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
from devicemodels.card import load_card
from devicemodels.readout import Readout
from neuroskyrm.app.figures import DOWN, UP, drawing
from neuroskyrm.io.atomic import write_json
from neuroskyrm.io.provenance import code_digest, machine
from neuroskyrm.micromagnetics.track import PRESETS, Track
from neuroskyrm.micromagnetics.track_drive import Drive, cycles, default_drive
from neuroskyrm.micromagnetics.track_run import build_simulation
from neuroskyrm.thiele import ThieleModel, learn, simulate_rigid

RESULTS = Path(__file__).parents[1] / "docs" / "results"
FOLDER = RESULTS / "sweep-fidelity"
DEVICES = ("rim", "compact")
READOUTS = {
    "rim": Readout(),
    "compact": Readout(start=0.0, end=215e-9, across=150e-9),
    "register": Readout(start=0.0, end=332.5e-9, across=50e-9),
}
"""The junctions of the committed cards (`synapse_cards.py`)."""

SEEDS = range(32)


def drive_of(device: str, pulses: int) -> Drive:
    """Return the drive of the committed full runs of a device, as long as they are."""
    drive = default_drive(PRESETS[device])
    if device == "rim":
        return replace(drive, steps=cycles(10, 2, width=2e-9, pause=1e-9))
    return replace(drive, steps=drive.steps[:pulses])


def conductance(trajectory, readout: Readout, track: Track):
    """Return the conductance after each pulse, median of the reads of its pause [G0]."""
    pulse, f = trajectory["pulse"], readout.fraction(trajectory["profile"], track)
    return np.array([1 + readout.TMR * np.median(f[pulse == n]) for n in np.unique(pulse)])


def by_visit(trajectory, name):
    """Return the median of a column after each pulse."""
    pulse = trajectory["pulse"]
    return np.array([np.median(trajectory[name][pulse == n]) for n in np.unique(pulse)])


def moved(counts, drive: Drive, polarity: int):
    """Return, run by run, whether the count moved with each pulse of one polarity."""
    chosen = [np.array([s.polarity for s in drive.steps[: len(c) - 1]]) == polarity for c in counts]
    return [np.diff(c)[one] * polarity > 0 for c, one in zip(counts, chosen, strict=True)]


def share(flags) -> tuple[float, float]:
    """Return the share of pulses that move the state, and its standard error over the runs.

    Two runs do not tell their own scatter: for them it is that of independent pulses.
    """
    every = np.concatenate(flags)
    p = float(every.mean())
    if len(flags) < 5:
        return p, float(np.sqrt(p * (1 - p) / len(every)))
    return p, float(np.std([f.mean() for f in flags], ddof=1) / np.sqrt(len(flags)))


def mean_curve(runs):
    """Return the mean after each pulse of runs that may have been stopped early."""
    return np.array([
        np.mean([r[i] for r in runs if len(r) > i]) for i in range(max(map(len, runs)))
    ])  # fmt: skip


def compare(device: str, model: ThieleModel) -> tuple[dict, dict]:
    """Return the figures of one device, and the curves to draw."""
    track = PRESETS[device]
    full = json.loads((RESULTS / f"synapse-{device}-n4-300K" / "metrics.json").read_text())
    truth = [np.array(one, float) for one in full["device.counts"]]
    full_G = [np.array(one, float) for one in full["device.conductance"]]
    drive = drive_of(device, max(map(len, truth)) - 1)
    runs = [simulate_rigid(track, drive, seed, model) for seed in SEEDS]
    counts = np.array([by_visit(run, "count_post") for run in runs])
    total = np.array([by_visit(run, "count_total") for run in runs])
    readout = READOUTS[device]
    own = calibrate(
        runs, readout, track=track, drive=drive, name="rigid", description="", seeds=SEEDS
    )
    card = load_card(f"{device}-n4-300K")
    shared = min(card.states, own.states)
    G = np.array([conductance(run, readout, track) for run in runs])
    curve, curve_G = mean_curve(truth), mean_curve(full_G)
    n = len(curve)
    found = {
        "count_error": float(np.sqrt(np.mean((counts.mean(0)[:n] - curve) ** 2))),
        "conductance_error": float(np.sqrt(np.mean((G.mean(0)[:n] - curve_G) ** 2))),
        "count_most_full": float(np.mean([t.max() for t in truth])),
        "count_most_rigid": float(counts.max(1).mean()),
        "level_error": float(
            np.sqrt(np.mean((own.conductance[:shared] / card.conductance[:shared] - 1) ** 2))
        ),
        "range_full": float(np.ptp(card.conductance) / card.conductance[0]),
        "range_rigid": float(np.ptp(own.conductance) / own.conductance[0]),
        "read_noise_ratio": float(
            np.mean(own.levels.read_sd[1:shared]) / np.mean(card.levels.read_sd[1:shared])
        ),
        "lost_full": float(
            np.mean(np.array(full["device.skyrmions_at_start"]) - full["device.skyrmions_at_end"])
        ),
        "lost_rigid": float((total[:, 0] - total[:, n - 1]).mean()),
        "seeds_full": len(truth),
        "pulses_full": [len(t) - 1 for t in truth],
        "seeds_rigid": len(runs),
        "friction": model.dissipation,
        "softness": model.softness,
        "radius": model.radius,
        "hall_angle": model.hall_angle,
        "collapse_barrier": model.collapse[0],
    }
    for name, polarity in (("up", 1), ("down", -1)):
        for rung, seen in (("full", truth), ("rigid", counts)):
            p, error = share(moved(seen, drive, polarity))
            found |= {f"{name}_{rung}": p, f"{name}_{rung}_se": error}
    return found, {"counts": counts, "truth": truth, "G": G, "full_G": full_G}


def speed(device: str, model: ThieleModel) -> dict[str, float]:
    """Return processor seconds per simulated nanosecond of the full and of the rigid run."""
    track, drive = PRESETS[device], drive_of(device, 12)
    full = build_simulation(track, drive, 0)
    full.run(0.02e-9)
    start = time.process_time()
    full.run(0.2e-9)
    first = (time.process_time() - start) / 0.2
    simulate_rigid(track, drive, 0, model)
    start = time.process_time()
    simulate_rigid(track, drive, 1, model)
    second = (time.process_time() - start) / (drive.duration * 1e9)
    return {
        "seconds_per_ns_full": first, "seconds_per_ns_rigid": second, "speedup": first / second
    }  # fmt: skip


def learned(device: str, file: Path, again: bool) -> ThieleModel:
    """Return the model of a device, from its file or learned now."""
    if again or not file.exists():
        start = time.process_time()
        tell = lambda part, text: print(f"{device} {part:.0%} {text}", file=sys.stderr)  # noqa: E731
        learn(PRESETS[device], progress=tell).save(file)
        print(f"{device}: {time.process_time() - start:.0f} s of one core", file=sys.stderr)
    return ThieleModel.load(file)


def draw(curves: dict[str, dict]) -> None:
    """Draw both rungs over each other, one row a device."""
    with drawing(FOLDER / "figure.png", 8.4, 2.4 * len(curves)) as figure:
        axes = figure.subplots(len(curves), 2, squeeze=False)
        for row, (device, found) in zip(axes, curves.items(), strict=True):
            draw_device(row, device, found)


def draw_device(axes, device: str, found: dict) -> None:
    """Draw counts and conductances of one device."""
    for axis, one, many, name in (
        (axes[0], found["truth"], found["counts"], "skyrmions across"),
        (axes[1], found["full_G"], found["G"], "conductance [$G_0$]"),
    ):
        pulse = np.arange(many.shape[1])
        mean, sd = many.mean(0), many.std(0, ddof=1)
        axis.fill_between(pulse, mean - sd, mean + sd, color=UP, alpha=0.25, lw=0)
        axis.plot(pulse, mean, color=UP, label=f"rigid, {len(many)} seeds")
        for number, seed in enumerate(one):
            label = f"full, {len(one)} seeds" if number == 0 else None
            axis.plot(pulse[: len(seed)], seed, ".", color=DOWN, alpha=0.5, label=label)
        axis.set(xlabel="pulse", ylabel=name, title=device)
    axes[0].legend(fontsize=7)


def main() -> None:
    """Learn or load the models, compare, write metrics and figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--learn", action="store_true", help="learn the models again")
    parser.add_argument("devices", nargs="*", default=DEVICES, metavar="DEVICE")
    options = parser.parse_args()
    metrics, curves = {}, {}
    for device in options.devices:
        model = learned(device, FOLDER / f"model-{device}.json", options.learn)
        found, curves[device] = compare(device, model)
        metrics |= {f"{device}.{name}": value for name, value in found.items()}
        print(json.dumps(found, indent=2))
    model = ThieleModel.load(FOLDER / f"model-{options.devices[0]}.json")
    metrics |= speed(options.devices[0], model)
    write_json(
        FOLDER / "metrics.json",
        {
            **metrics,
            "command": " ".join(["python", "benchmarks/sweep_fidelity.py", *sys.argv[1:]]),
            "code": code_digest(("neuroskyrm.thiele",)),
            "machine": machine(),
        },
    )
    draw(curves)


if __name__ == "__main__":
    main()
