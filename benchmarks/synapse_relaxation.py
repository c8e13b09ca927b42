"""How the register settles after a pulse, and what it keeps: one cycle with rests of 10 ns.

    python benchmarks/synapse_relaxation.py --seeds 1 2 --runs runs

The device and pulses of `register-n4-300K`, with 10 ns without current after each pulse in place
of 2 ns, read in six stretches of the rest, each about twice as long as the one before.
Trajectories go to `--runs` and are resumed stretch by stretch; numbers and figure to
`docs/results/synapse-relaxation/`, and the record of settling into the provenance of the card.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import synapse_cards as cards
from numpy.typing import NDArray

from devicemodels.calibrate_ensemble import run_ensemble
from devicemodels.calibrate_settling import distance_from_end, settling_record
from devicemodels.card import load_card
from neuroskyrm.io.atomic import replacing, write_json
from neuroskyrm.io.provenance import versions
from neuroskyrm.io.trajectory import Trajectory
from neuroskyrm.micromagnetics.track import REGISTER, Track
from neuroskyrm.micromagnetics.track_drive import Drive, Step, default_drive
from neuroskyrm.seeds import generator

CARD = "register-n4-300K"
FOLDER = cards.ROOT / "docs" / "results" / "synapse-relaxation"
STRETCHES = (0.4e-9, 0.4e-9, 0.8e-9, 1.6e-9, 3.2e-9, 3.6e-9)
"""Parts of a rest [s]; each is read ten times in its second half."""


def resting() -> tuple[Track, Drive]:
    """Return the register, and one cycle of its pulses with a rest of 10 ns after each."""
    drive = default_drive(REGISTER)
    steps: list[Step] = []
    for step in cards.one_cycle(drive):
        steps.append(replace(step, pause=STRETCHES[0]))
        steps += [Step(0.0, 0.0, stretch) for stretch in STRETCHES[1:]]
    return replace(REGISTER, name="register-rests"), replace(drive, steps=tuple(steps))


def rests(run: Trajectory, track: Track) -> dict[str, NDArray[Any]]:
    """Return the rests of one run.

    ``polarity`` of the pulse before, shape (rests,); ``time`` since its end [s], ``count`` in the
    post-synapse and on the whole track (``total``), and ``conductance`` [S], shape (rests, reads).
    """
    readout = cards.JUNCTIONS["register"]
    G = readout.conductance(readout.fraction(run["profile"], track))
    after = run["pulse"] > 0  # what comes before is the rest of the freshly seeded register
    shape = (-1, 10 * len(STRETCHES))
    t = run["t"][after].reshape(shape)
    return {
        "polarity": run["polarity"][after].reshape(shape)[:, 0],
        "time": t - t[:, -1:] + sum(STRETCHES),
        "count": run["count_post"][after].reshape(shape),
        "total": run["count_total"][after].reshape(shape),
        "conductance": G[after].reshape(shape),
    }


def summary(found: dict[str, NDArray[Any]], G0: float) -> dict[str, Any]:
    """Return what settles, the levels at the end of rests, and what still moves there."""
    stretch = found["count"].reshape(len(found["count"]), len(STRETCHES), -1)
    state = np.median(stretch, axis=2).astype(int)
    level = (found["conductance"] / G0).reshape(stretch.shape).mean(axis=2)
    last = state[:, -1]
    levels = {
        str(k): {
            "rests": int(np.sum(last == k)),
            "level": float(level[last == k, -1].mean()),
            "sd_at_end": _sd(level[last == k, -1]),
            "sd_after_0.3_ns": _sd(level[last == k, 0]),
        }
        for k in np.unique(last)
    }
    late = level[:, -1] - level[:, -2]
    drift = {
        name: [float(part.mean()), float(part.std(ddof=1) / np.sqrt(len(part)))]
        for name, part in (
            ("potentiation", late[found["polarity"] > 0]),
            ("depression", late[found["polarity"] < 0]),
        )
    }
    rng = generator(0, "settling")
    return {
        "rests": len(state),
        "skyrmions_at_first_and_last": [int(found["total"].max()), int(found["total"].min())],
        "levels": levels,
        "states_apart_2sd": cards.states_apart(
            np.array([row["level"] for row in levels.values()]),
            np.array([row["sd_at_end"] or 0.0 for row in levels.values()]),
        ),
        "state_by_stretch": state.tolist(),
        "rests_that_change_state_after_1.2_ns": int(np.sum(state[:, 2] != last)),
        "drift_from_5.6_to_9.1_ns": {"what": "mean and its standard error [G0]", **drift},
        "settling": settling_record(found["time"][0], found["conductance"], rng),
    }


def _sd(values: NDArray[np.float64]) -> float | None:
    return float(values.std(ddof=1)) if len(values) > 1 else None


def draw(found: dict[str, NDArray[Any]], settling: dict[str, Any], G0: float, path: Path) -> None:
    """Draw every rest, and how far rests still are from their end, with the fit."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for rest, count in zip(found["conductance"] / G0, found["count"], strict=True):
        colour = f"C{round(float(np.median(count[-10:])))}"
        left.plot(found["time"][0] * 1e9, rest, lw=0.7, color=colour)
    left.set(xlabel="time after the pulse (ns)", ylabel="conductance (G0)")
    time, squared = distance_from_end(found["time"][0], found["conductance"] / G0)
    part = squared.reshape(len(squared), len(STRETCHES) - 1, -1).mean(axis=2)
    middle = time.reshape(len(STRETCHES) - 1, -1).mean(axis=1) * 1e9
    error = part.std(axis=0, ddof=1) / np.sqrt(len(part))
    right.errorbar(middle, part.mean(axis=0), error, fmt="o", ms=3, capsize=2)
    constant, spread = settling["time"][0], settling["spread"][0] / G0
    noise = settling["noise"] / G0
    t = np.linspace(0.2e-9, time[-1], 300)
    label = f"fit, {constant * 1e9:.1f} ns"
    right.plot(t * 1e9, noise**2 + spread**2 * np.exp(-2 * t / constant), lw=1, label=label)
    right.axhline(noise**2, color="0.6", lw=0.7, label="noise of a read, fitted")
    right.set(xlabel="time after the pulse (ns)", ylabel="squared distance from the end (G0²)")
    right.set_ylim(bottom=0)
    right.legend(frameon=False)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)


def main() -> None:
    """Simulate what is missing, write numbers, figure and the card's record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    options = parser.parse_args()
    track, drive = resting()
    runs = [rests(run, track) for run in run_ensemble(track, drive, options.seeds, options.runs)]
    found = {name: np.concatenate([run[name] for run in runs]) for name in runs[0]}
    G0 = cards.JUNCTIONS["register"].G0
    rows = summary(found, G0)
    command = "python benchmarks/synapse_relaxation.py --seeds " + " ".join(map(str, options.seeds))
    about = {"command": command, "seeds": options.seeds, "code": versions()}
    write_json(FOLDER / "metrics.json", {**rows, **about})
    draw(found, rows["settling"], G0, FOLDER / "relaxation.png")
    record_in_card({**rows["settling"], "command": command})


def record_in_card(settling: dict[str, Any]) -> None:
    """Write the record of settling into the provenance of the shipped card."""
    card = load_card(CARD)
    relaxation = {**card.provenance["relaxation"], "settling": settling}
    provenance = {**card.provenance, "relaxation": relaxation}
    intervals = {**card.intervals, "relaxation.settling_time": tuple(settling["time"][1:])}
    card.model_copy(update={"provenance": provenance, "intervals": intervals}).save(
        cards.ROOT / "devicemodels" / "cards" / f"{CARD}.yaml"
    )


if __name__ == "__main__":
    main()
