"""Fig. 4 of Chen et al.: radius, spread and conductance against the number of layers.

    python benchmarks/synapse_layers.py

Half a synapse (the post-synapse, 400 x 220 nm) holds a given number of skyrmions in columns, at
300 K, with all layers; after it has settled it is read many times.
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


def draw(rows: list[dict[str, float]], path: Path) -> None:
    """Write the figure."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    six = [row for row in rows if row["seeded"] == 6]
    layers = [row["layers"] for row in six]
    left.plot(layers, [row["radius"] * 1e9 for row in six], "o-", color="tab:blue")
    left.set(xlabel="layers n", ylabel="radius (nm)", xticks=LAYERS)
    twin = left.twinx()
    spread = [row["conductance_sd_per_range"] * 100 for row in six]
    twin.plot(layers, spread, "s--", color="tab:red")
    twin.set_ylabel("s.d. of G over G - G0 (%)", color="tab:red")
    for n in LAYERS:
        mine = [row for row in rows if row["layers"] == n]
        right.errorbar(
            [row["found"] for row in mine],
            [row["conductance"] for row in mine],
            [2 * row["conductance_sd"] for row in mine],
            fmt="o-",
            ms=3,
            capsize=2,
            label=f"n = {n}",
        )
    right.set(xlabel="skyrmions", ylabel="conductance (G0), 2 s.d.")
    right.legend()
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)


def main() -> None:
    """Simulate what is missing, and write metrics and figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    seed = parser.parse_args().seed
    file = FOLDER / "metrics.json"
    rows = json.loads(file.read_text())["rows"] if file.exists() else []
    done = {(row["layers"], row["seeded"]) for row in rows}
    for number in NUMBERS:
        for layers in LAYERS:
            if (layers, number) not in done:
                rows.append(measure(layers, number, seed))
                record = {"rows": rows, "seed": seed, "code": versions()}
                write_json(file, {**record, "command": "python benchmarks/synapse_layers.py"})
    draw(rows, FOLDER / "layers.png")


if __name__ == "__main__":
    main()
