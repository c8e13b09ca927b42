"""Figs 2, 5c and 8 of Chen et al. on the coarse rung: one layer, the gap, the cold start.

    python benchmarks/synapse_figures.py fig2 fig8 fig5 --runs runs

Trajectories go to `--runs` and are resumed pulse by pulse; numbers and figures go to
`docs/results/synapse-fig2`, `-fig5` and `-fig8`. Cells of 5 nm, pauses of 1 ns or less where the
paper has 5 ns, one noise seed unless `--seeds` gives more. What each figure is run on:

* Fig. 2: one full layer, 0 K and 300 K, gaps of 48 nm.
* Fig. 5c: the stack of four as one effective film, 300 K, gaps of 0.7 to 2.0 diameters.
* Fig. 8: the same film, gaps of 48 nm.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import curve_fit

from devicemodels.calibrate_ensemble import run_ensemble
from devicemodels.calibrate_visits import Visits, visits_of
from devicemodels.readout import Readout
from neuroskyrm.io.atomic import replacing, write_json
from neuroskyrm.io.provenance import versions
from neuroskyrm.micromagnetics.track import PAPER, Track
from neuroskyrm.micromagnetics.track_drive import INITIALISATION, Drive, Step, cycles

RESULTS = Path(__file__).resolve().parents[1] / "docs" / "results"
DIAMETER = 32e-9
"""Of a skyrmion in the paper's film at n = 4 and 300 K (docs/results/synapse-layers) [m]."""
INTERSPACES = (0.7, 1.0, 1.3, 1.5, 1.7, 2.0)
FILM = replace(PAPER, cell=5e-9)
READOUT = Readout()


def fig2(runs: Path, seeds: list[int]) -> dict[str, Any]:
    """One layer at 0 K and 300 K: 10 pulses forwards and 10 back."""
    drive = Drive(cycles(10, 1, 2e-9, 1e-9), current=2.5e10, nominal=30e10)
    found = {}
    for temperature in (0.0, 300.0):
        track = replace(
            FILM.with_gap(48e-9), name=f"fig2-{temperature:g}K", layers=1, temperature=temperature
        )
        chosen = seeds if temperature else seeds[:1]
        found[f"{temperature:g} K"] = [record(v) for v in simulated(track, drive, chosen, runs)]
    return {"drive": "10 + 10 pulses of 2 ns, 2.5 MA/cm^2 on the layer", "runs": found}


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
                **record(visits),
            })  # fmt: skip
    x, y = (np.array([row[key] for row in rows]) for key in ("interspace", "range"))
    result: dict[str, Any] = {"rows": rows}
    try:
        fit, _ = curve_fit(gaussian, x, y, (y.max(), 1.5, 0.4), maxfev=5000)
        result["gaussian"] = dict(zip(("height", "centre", "width"), map(float, fit), strict=True))
    except RuntimeError:
        result["gaussian"] = None
    return result


def fig8(runs: Path, seeds: list[int]) -> dict[str, Any]:
    """Five pulses, 20 ns of rest, then three more pulses: cold, and after an initialisation."""
    pulse, rest = Step(1, 2e-9, 1e-9), Step(0, 0, 20e-9)
    found = {}
    for label, wake in (("cold", ()), ("initialised", (INITIALISATION,))):
        track = replace(FILM.with_gap(48e-9).effective(), name=f"fig8-{label}")
        steps = (*(pulse,) * 5, rest, *wake, *(pulse,) * 3)
        drive = Drive(steps, current=4 * 2.5e10, nominal=50e10)
        found[label] = [record(v) for v in simulated(track, drive, seeds, runs)]
    return {"drive": "5 pulses, 20 ns of rest, [25 ns at a tenth], 3 pulses", "runs": found}


def gaussian(x: np.ndarray, height: float, centre: float, width: float) -> np.ndarray:
    """Return a Gaussian."""
    return np.asarray(height * np.exp(-((x - centre) ** 2) / (2 * width**2)))


def simulated(track: Track, drive: Drive, seeds: list[int], runs: Path) -> Iterable[Visits]:
    """Return the visits of each seed, simulated if need be."""
    return [visits_of(t, READOUT, track) for t in run_ensemble(track, drive, seeds, runs)]


def record(visits: Visits) -> dict[str, Any]:
    """Return what a figure shows of one run."""
    return {
        "conductance": (visits.mean / READOUT.G0).round(4).tolist(),
        "spread": (visits.sd / READOUT.G0).round(4).tolist(),
        "post": visits.count.tolist(),
        "total": visits.total.tolist(),
    }


def draw_programmes(name: str, found: dict[str, Any], path: Path) -> None:
    """Draw conductance (red) and skyrmions in the post-synapse (blue) against the pulse."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.4), layout="constrained")
    panels = figure.subplots(1, len(found["runs"]), sharey=True)
    for axes, (label, runs) in zip(panels, found["runs"].items(), strict=True):
        twin = axes.twinx()
        for run in runs:
            pulse = np.arange(len(run["post"]))
            axes.errorbar(pulse, run["conductance"], run["spread"], fmt="o-", ms=3, color="tab:red")
            twin.step(pulse, run["post"], where="mid", color="tab:blue", lw=1)
            twin.step(pulse, run["total"], where="mid", color="0.6", lw=1, ls=":")
        axes.set(xlabel="pulse", ylabel="conductance (G0)", title=f"{name}: {label}")
        twin.set_ylabel("skyrmions: post-synapse (blue), all (grey)")
        twin.set_ylim(bottom=-0.3)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)


def draw_interspace(name: str, found: dict[str, Any], path: Path) -> None:
    """Draw the range against the gap."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.5, 3.4), layout="constrained")
    axes = figure.subplots()
    x, y = (np.array([row[key] for row in found["rows"]]) for key in ("interspace", "range"))
    axes.plot(x, y, "o", label="simulated")
    if found["gaussian"]:
        fine = np.linspace(x.min(), x.max(), 100)
        axes.plot(fine, gaussian(fine, *found["gaussian"].values()), label="Gaussian")
    axes.axvline(1.5, color="0.7", lw=0.8, ls="--", label="paper's optimum")
    axes.set(xlabel="interspace (diameters)", ylabel="range in cycle 2 (G0)", title=name)
    axes.legend(fontsize=7)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)


FIGURES = {
    "fig2": ("Fig. 2", fig2, draw_programmes),
    "fig5": ("Fig. 5c", fig5, draw_interspace),
    "fig8": ("Fig. 8", fig8, draw_programmes),
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
