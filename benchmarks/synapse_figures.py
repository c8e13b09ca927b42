"""Figs 2, 3, 5c and 8 of Chen et al. on the paper's own film.

    python benchmarks/synapse_figures.py fig2 fig3 fig8 fig5 --seeds 1 2 3 --runs runs

Trajectories go to `--runs` and are resumed pulse by pulse; numbers and figures go to
`docs/results/synapse-fig2`, `-fig3`, `-fig5` and `-fig8`. Pauses of 1 ns or less where the paper
has 5 ns. What each figure is run on:

* Fig. 2: one full layer, 0 K (2.5 nm cells) and 300 K, gaps of 48 nm.
* Fig. 3: two and four full layers, 300 K, gaps of 48 nm, each layer driven.
* Fig. 5c: the stack of four as one effective film, 300 K, gaps of 0.7 to 2.0 diameters.
* Fig. 8: the same film, gaps of 48 nm.

Figs 2 and 3 are of the trajectories that `synapse_cards.py` makes its cards of.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import synapse_cards as cards
import synapse_figures_draw as pictures
from scipy.optimize import curve_fit

from devicemodels.calibrate_ensemble import run_ensemble
from devicemodels.calibrate_fit import fit_states
from devicemodels.calibrate_visits import Visits, visits_of
from devicemodels.readout import Readout
from neuroskyrm.errors import DeviceError
from neuroskyrm.io.atomic import write_json
from neuroskyrm.io.provenance import versions
from neuroskyrm.micromagnetics.track import PAPER, Track
from neuroskyrm.micromagnetics.track_drive import INITIALISATION, Drive, Step, cycles

RESULTS = Path(__file__).resolve().parents[1] / "docs" / "results"
DIAMETER = 32e-9
"""Of a skyrmion in the paper's film at n = 4 and 300 K (docs/results/synapse-layers) [m]."""
INTERSPACES = (0.7, 1.0, 1.3, 1.5, 1.7, 2.0)
FILM = replace(PAPER, cell=5e-9)
READOUT = Readout()
LAST = 3
"""Pulses after the rest of Fig. 8."""


def fig2(runs: Path, seeds: list[int]) -> dict[str, Any]:
    """One layer at 0 K, where all seeds are the same, and at 300 K."""
    return of_cards({"0 K": "paper-n1-0K", "300 K": "paper-n1-300K"}, runs, seeds)


def fig3(runs: Path, seeds: list[int]) -> dict[str, Any]:
    """Two and four layers at 300 K."""
    return of_cards(
        {"n = 2": "paper-n2-layers-300K", "n = 4": "paper-n4-layers-300K"},
        runs,
        seeds,
    )


def of_cards(names: dict[str, str], runs: Path, seeds: list[int]) -> dict[str, Any]:
    """Return the figure of some studies of `synapse_cards.py`, by label."""
    found: dict[str, Any] = {"studies": names, "about": {}, "runs": {}, "summary": {}}
    for label, name in names.items():
        track, drive, text, fidelity = cards.studies()[name]
        visits = list(simulated(track, drive, seeds if track.temperature else seeds[:1], runs))
        found["about"][label] = f"{text} {fidelity}"
        found["runs"][label] = [record(v, drive) for v in visits]
        found["summary"][label] = summary(visits)
    return found


def fig5(runs: Path, seeds: list[int]) -> dict[str, Any]:
    """Range of conductance in the second cycle against the gap, and a Gaussian through it."""
    drive = Drive(cycles(6, 2, 2e-9, 0.5e-9), current=4 * 2.5e10, nominal=50e10)
    rows = []
    for interspace in INTERSPACES:
        track = replace(
            FILM.with_gap(interspace * DIAMETER).effective(), name=f"fig5-{interspace:g}D"
        )
        for seed, visits in zip(seeds, simulated(track, drive, seeds, runs), strict=True):
            second = visits.mean[visits.cycle == 1] / READOUT.G0
            rows.append({
                "interspace": interspace, "seed": seed, "range": float(np.ptp(second)),
                **record(visits, drive),
            })  # fmt: skip
    x, y = (np.array([row[key] for row in rows]) for key in ("interspace", "range"))
    result: dict[str, Any] = {"rows": rows}
    try:
        fit, _ = curve_fit(pictures.gaussian, x, y, (y.max(), 1.5, 0.4), maxfev=5000)
        result["gaussian"] = dict(zip(("height", "centre", "width"), map(float, fit), strict=True))
    except RuntimeError:
        result["gaussian"] = None
    return result


def fig8(runs: Path, seeds: list[int]) -> dict[str, Any]:
    """Five pulses, then three more: at once, after 20 ns of rest, after rest and initialisation."""
    pulse, rest = Step(1, 2e-9, 1e-9), Step(0, 0, 20e-9)
    between = {"no rest": (), "rest": (rest,), "rest, initialised": (rest, INITIALISATION)}
    film = PAPER.with_gap(48e-9).effective()
    found: dict[str, Any] = {"runs": {}, "response": {}}
    for label, middle in between.items():
        track = replace(film, name=f"fig8-{label.replace(', ', '-').replace(' ', '-')}")
        steps = (*(pulse,) * 5, *middle, *(pulse,) * LAST)
        drive = Drive(steps, current=4 * 1.5e10, nominal=50e10)
        visits = list(simulated(track, drive, seeds, runs))
        found["runs"][label] = [record(v, drive) for v in visits]
        found["response"][label] = response(visits)
    return {"drive": "5 pulses, [20 ns of rest, [25 ns at a tenth]], 3 pulses", **found}


def response(visits: Sequence[Visits]) -> dict[str, Any]:
    """Return what the last pulses of Fig. 8 do to conductance [G0] and post-synapse."""
    conductance = [(v.mean[-1] - v.mean[-1 - LAST]) / READOUT.G0 for v in visits]
    skyrmions = [int(v.count[-1] - v.count[-1 - LAST]) for v in visits]
    moved = [int(np.sum(np.diff(v.count[-1 - LAST :]) > 0)) for v in visits]
    return {
        "conductance": mean_and_error(conductance),
        "skyrmions": mean_and_error(skyrmions),
        f"pulses_that_moved_one_of_{LAST}": mean_and_error(moved),
    }


def mean_and_error(values: Sequence[float]) -> dict[str, Any]:
    """Return the mean over noise seeds, its standard error, and the values."""
    x = np.array(values, dtype=float)
    error = float(x.std(ddof=1) / np.sqrt(len(x))) if len(x) > 1 else None
    return {"mean": float(x.mean()), "error": error, "seeds": x.round(4).tolist()}


def simulated(track: Track, drive: Drive, seeds: list[int], runs: Path) -> Iterable[Visits]:
    """Return the visits of each seed, simulated if need be."""
    return [visits_of(t, READOUT, track) for t in run_ensemble(track, drive, seeds, runs)]


def record(visits: Visits, drive: Drive) -> dict[str, Any]:
    """Return what a figure shows of one run."""
    ends = np.cumsum([0.0, *(step.width + step.pause for step in drive.steps)])
    return {
        "time": (ends * 1e9).round(3).tolist(),
        "polarity": visits.polarity.tolist(),
        "conductance": (visits.mean / READOUT.G0).round(4).tolist(),
        "spread": (visits.sd / READOUT.G0).round(4).tolist(),
        "post": visits.count.tolist(),
        "total": visits.total.tolist(),
    }


def summary(visits: list[Visits]) -> dict[str, Any]:
    """Return range, states and losses of an ensemble."""
    found: dict[str, Any] = {
        "range": mean_and_error([float(np.ptp(v.mean)) / READOUT.G0 for v in visits]),
        "kept": mean_and_error([v.total[-1] / max(v.total[0], 1) for v in visits]),
        "most_in_post_synapse": mean_and_error([int(v.count.max()) for v in visits]),
        "read_spread": float(np.mean([v.sd.mean() for v in visits]) / READOUT.G0),
    }
    try:
        states = fit_states(visits)
    except DeviceError:
        return {**found, "states": 1, "states_apart_2sd": 1}
    spread = np.hypot(states.read_sd, states.visit_sd)
    return {
        **found,
        "states": len(states.mean),
        "states_apart_2sd": cards.states_apart(states.mean, spread),
        "levels": (states.mean / READOUT.G0).round(4).tolist(),
        "level_spread": (spread / READOUT.G0).round(4).tolist(),
        "visits": states.visits.tolist(),
    }


FIGURES = {
    "fig2": ("Fig. 2: one layer", fig2, pictures.draw_programmes),
    "fig3": ("Fig. 3: multilayers, 300 K", fig3, pictures.draw_programmes),
    "fig5": ("Fig. 5c", fig5, pictures.draw_interspace),
    "fig8": ("Fig. 8: rest and initialisation", fig8, pictures.draw_programmes),
}


def main() -> None:
    """Simulate what is missing, write numbers and figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("figures", nargs="+", choices=FIGURES)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    options = parser.parse_args()
    seeds = " ".join(map(str, options.seeds))
    for figure in options.figures:
        name, work, draw = FIGURES[figure]
        found = work(options.runs, options.seeds)
        folder = RESULTS / f"synapse-{figure}"
        folder.mkdir(exist_ok=True)
        draw(name, found, folder / f"{figure}.png")
        about = {
            "command": f"python benchmarks/synapse_figures.py {figure} --seeds {seeds}",
            "seeds": options.seeds,
            "code": versions(),
        }
        write_json(folder / "metrics.json", {**found, **about})


if __name__ == "__main__":
    main()
