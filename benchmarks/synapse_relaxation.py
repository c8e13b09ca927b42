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
from devicemodels.calibrate_settling import settling_record
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
    """Return what settles, and what states do in 10 ns."""
    stretch = found["count"].reshape(len(found["count"]), len(STRETCHES), -1)
    state = np.median(stretch, axis=2).astype(int)
    stays = state[:, 1] == state[:, -1]
    rows: dict[str, Any] = {
        "rests": len(state),
        "states_at_first_and_last": np.stack([state[:, 1], state[:, -1]], axis=1).tolist(),
        "rests_that_change_state_after_0.4_ns": int(np.sum(~stays)),
        "skyrmions_lost": int(found["total"][0, 0] - found["total"][-1, -1]),
        "conductance_by_stretch": (
            (found["conductance"].reshape(stretch.shape).mean(axis=2) / G0).round(4).tolist()
        ),
    }
    for name, sign in (("potentiation", 1), ("depression", -1)):
        mine = stays & (found["polarity"] == sign)
        rng = generator(0, "settling", sign)
        rows[name] = settling_record(found["time"][0], found["conductance"][mine], rng)
    return rows


def draw(found: dict[str, NDArray[Any]], G0: float, path: Path) -> None:
    """Draw every rest, and the mean change from its end by polarity."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    t = found["time"][0] * 1e9
    G = found["conductance"] / G0
    for rest, count in zip(G, found["count"], strict=True):
        left.plot(t, rest, lw=0.7, color=f"C{round(float(np.median(count[-10:])))}")
    left.set(xlabel="time after the pulse (ns)", ylabel="conductance (G0)")
    change = (G - G[:, -10:].mean(axis=1, keepdims=True)).reshape(len(G), len(STRETCHES), -1)
    means, middle = change.mean(axis=2), t.reshape(len(STRETCHES), -1).mean(axis=1)
    for label, sign in (("potentiation", 1), ("depression", -1)):
        mine = means[found["polarity"] == sign]
        error = mine.std(axis=0, ddof=1) / np.sqrt(len(mine))
        right.errorbar(middle, mine.mean(axis=0), error, marker="o", ms=3, capsize=2, label=label)
    right.axhline(0, color="0.6", lw=0.7)
    right.set(xlabel="time after the pulse (ns)", ylabel="less the end of the rest (G0)")
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
    draw(found, G0, FOLDER / "relaxation.png")
    card = load_card(CARD)
    settling = {name: rows[name] for name in ("potentiation", "depression")}
    relaxation = {**card.provenance["relaxation"], "settling": {**settling, "command": command}}
    card.model_copy(update={"provenance": {**card.provenance, "relaxation": relaxation}}).save(
        cards.ROOT / "devicemodels" / "cards" / f"{CARD}.yaml"
    )


if __name__ == "__main__":
    main()
