"""Fig. 4 of Chen et al.: radius, spread and conductance against the number of layers.

    python benchmarks/synapse_layers.py --seeds 1 2 3

Half a synapse (the post-synapse, 400 x 220 nm) holds a given number of skyrmions in columns, at
300 K, with all layers; after it has settled it is read many times, for each noise seed.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from devicemodels.readout import Readout
from neuroskyrm.io.atomic import replacing, write_json
from neuroskyrm.io.provenance import versions
from neuroskyrm.micromagnetics.track import PAPER, Barrier, Track
from neuroskyrm.micromagnetics.track_drive import Drive, Step
from neuroskyrm.micromagnetics.track_reads import read_track
from neuroskyrm.micromagnetics.track_run import build_simulation, seeded

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "results" / "synapse-layers"
LAYERS = (2, 4, 6, 8)
NUMBERS = (1, 6, 10)
SETTLE, EVERY, READS = 0.5e-9, 50e-12, 20
QUANTITIES = ("found", "radius", "conductance", "conductance_sd", "conductance_sd_per_range")
# Okabe and Ito's colours, told apart with any colour vision.
STYLES = (
    {"color": "#0072B2", "fmt": "o-"},
    {"color": "#D55E00", "fmt": "s--"},
    {"color": "#009E73", "fmt": "^:"},
    {"color": "#CC79A7", "fmt": "D-."},
)


def half(layers: int, number: int) -> Track:
    """Return the post-synapse alone."""
    return replace(
        PAPER,
        name=f"half-n{layers}",
        length=400e-9,
        layers=layers,
        barrier=Barrier(across=0),
        skyrmions=number,
    )


def places(number: int, track: Track) -> list[tuple[float, float]]:
    """Return `number` places on the half, in two rows if there is more than one."""
    rows = 1 if number == 1 else 2
    columns = -(-number // rows)
    grid = [
        ((i + 0.5) * track.length / columns, (j + 0.5) * track.width / rows)
        for j in range(rows)
        for i in range(columns)
    ]
    return grid[:number]


def measure(layers: int, number: int, seed: int) -> dict[str, float]:
    """Return radius [m], conductance and its spread over reads [G0], and what was lost."""
    track = half(layers, number)
    drive = Drive((Step(0, 0, EVERY),), current=1.0, nominal=1.0)
    simulation = build_simulation(track, drive, seed)
    simulation.m = np.repeat(seeded(track, places(number, track)), layers, axis=1)
    simulation.run(SETTLE)
    reads = []
    for _ in range(READS):
        simulation.run(EVERY)
        reads.append(read_track(simulation.m, track))
    readout = Readout(start=-200e-9, end=200e-9)
    f = readout.fraction(np.array([read.profile for read in reads]), track)
    G = readout.conductance(f) / readout.G0
    return {
        "layers": layers,
        "seeded": number,
        "found": reads[-1].count_total,
        "radius": float(np.mean([read.radius for read in reads])),
        "conductance": float(G.mean()),
        "conductance_sd": float(G.std(ddof=1)),
        "conductance_sd_per_range": float(G.std(ddof=1) / max(G.mean() - 1, 1e-9)),
    }


def over_seeds(rows: list[dict[str, float]], layers: int, number: int) -> dict[str, list[float]]:
    """Return mean and standard deviation over seeds of each quantity of one case."""
    mine = [row for row in rows if (row["layers"], row["seeded"]) == (layers, number)]
    found = {}
    for key in QUANTITIES:
        values = np.array([row[key] for row in mine])
        spread = values.std(ddof=1) if len(values) > 1 else 0.0
        found[key] = [float(values.mean()), float(spread)]
    return found


def draw(means: dict[str, dict[str, list[float]]], path: Path) -> None:
    """Write the figure: radius, spread of the reads, and conductance; bars are over seeds."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 3.4), layout="constrained")
    panels = figure.subplots(1, 3)
    series = {
        "radius": (1e9, "radius (nm)"),
        "conductance_sd_per_range": (100, "s.d. of the reads over $G - G_0$ (%)"),
    }
    for axes, (key, (unit, label)) in zip(panels, series.items(), strict=False):
        for number, style in zip(NUMBERS, STYLES, strict=False):
            mean, bar = np.array([means[case(n, number)][key] for n in LAYERS]).T * unit
            skyrmions = f"{number} skyrmion{'s' if number > 1 else ''}"
            axes.errorbar(LAYERS, mean, bar, capsize=2, ms=4, label=skyrmions, **style)
        axes.set(xlabel="layers $n$", ylabel=label, xticks=LAYERS, ylim=(0, None))
        axes.legend(fontsize=7)
    for n, style in zip(LAYERS, STYLES, strict=True):
        chosen = [means[case(n, number)] for number in NUMBERS]
        x = [found["found"][0] for found in chosen]
        mean = [found["conductance"][0] for found in chosen]
        bar = [2 * np.hypot(f["conductance"][1], f["conductance_sd"][0]) for f in chosen]
        panels[2].errorbar(x, mean, bar, capsize=2, ms=4, label=f"$n$ = {n}", **style)
    panels[2].set(xlabel="skyrmions", ylabel="conductance ($G_0$), 2 s.d.")
    panels[2].legend(fontsize=7)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=130)


def case(layers: int, number: int) -> str:
    """Return the name of a case in the metrics."""
    return f"n = {layers}, {number} seeded"


def main() -> None:
    """Simulate what is missing, and write metrics and figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    seeds = parser.parse_args().seeds
    file = FOLDER / "metrics.json"
    rows = json.loads(file.read_text())["rows"] if file.exists() else []
    done = {(row["seed"], row["layers"], row["seeded"]) for row in rows}
    cases = [(n, number) for number in NUMBERS for n in LAYERS]
    for seed in seeds:
        for layers, number in cases:
            if (seed, layers, number) not in done:
                rows.append(measure(layers, number, seed))
        means = {case(*chosen): over_seeds(rows, *chosen) for chosen in cases}
        record = {"rows": rows, "mean_and_sd_over_seeds": means, "seeds": seeds, "code": versions()}
        command = f"python benchmarks/synapse_layers.py --seeds {' '.join(map(str, seeds))}"
        write_json(file, {**record, "command": command})
    draw(means, FOLDER / "layers.png")


if __name__ == "__main__":
    main()
