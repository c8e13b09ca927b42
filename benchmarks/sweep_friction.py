"""Friction of skyrmions that are driven along a wall: full layers beside the rigid model.

    python benchmarks/sweep_friction.py [SEEDS]

A current presses a skyrmion against a wall of anisotropy, along which it slides with the speed
F / Gamma: in a device that is how skyrmions move. One run without noise, SEEDS (3) at 300 K; about
half a minute of a busy core each. Writes `docs/results/sweep-fidelity/friction.json`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from neuroskyrm.io.atomic import write_json
from neuroskyrm.micromagnetics.track import RIM
from neuroskyrm.thiele import ThieleModel
from neuroskyrm.thiele.boxes import Box

FOLDER = Path(__file__).parents[1] / "docs" / "results" / "sweep-fidelity"
CURRENT = -1.75e10
"""Effective current density [A/m^2]; negative: to -x, and into the wall at y = 0."""

WALL = 20e-9, 1.5e6
"""Width [m] and anisotropy [J/m^3] of the wall."""

FRAME = 50e-12


def speed_along_wall(temperature: float, seed: int) -> float:
    """Return the speed along the wall [m/s], from 1.2 ns after 0.6 ns under current."""
    rows, shape = round(WALL[0] / RIM.cell), (round(140e-9 / RIM.cell), round(280e-9 / RIM.cell))
    anisotropy = np.full(shape, RIM.film.Ku)
    anisotropy[:rows] = WALL[1]
    start = (190e-9, rows * RIM.cell + 20e-9)
    box = Box(RIM, shape, [start], 0.6, temperature, anisotropy=anisotropy, seed=seed)
    box.run(0.15e-9)
    box.run(0.6e-9, CURRENT)
    x = np.array(list(box.watch(1.2e-9, FRAME, CURRENT)))[:, 0, 0]
    return abs(float(np.polyfit(np.arange(len(x)) * FRAME, x, 1)[0]))


def main() -> None:
    """Measure, print and write."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    model = ThieleModel.load(FOLDER / "model.json")
    found = {
        "friction.speed_0K": speed_along_wall(0.0, 0),
        "friction.speed_300K": [speed_along_wall(300.0, seed) for seed in range(seeds)],
        "friction.speed_rigid_300K": abs(model.push * CURRENT / model.dissipation),
    }
    write_json(FOLDER / "friction.json", found)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
