"""Radii of one skyrmion of the synapse paper's material, in films of several sizes.

    python benchmarks/skyrmion_radii.py [--out docs/results/skyrmion-radii]

A seeded skyrmion is relaxed (largest torque below 1 mT) in n = 1, 2, 4, 8 layers at 80 mT: in a
disc of 160 nm (the validation's), in one of 320 nm, and in a film that is periodic in plane. Cells
are 4 or 2 nm. What is finished is kept, so that the command goes on after an interruption.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from neuroskyrm import __version__
from neuroskyrm.io.atomic import write_json
from neuroskyrm.micromagnetics import (
    Demag,
    Exchange,
    InterfacialDMI,
    Mesh,
    Simulation,
    UniaxialAnisotropy,
    Zeeman,
    disc,
)
from neuroskyrm.texture import count_skyrmions, seed_skyrmion

MS, A, D, KU, B = 956e3, 10e-12, 1.7e-3, 717e3, 80e-3
SEED_RADIUS = {8: 22e-9, 4: 16e-9, 2: 13e-9, 1: 12e-9}
CASES = (
    ("disc", 320e-9, 2e-9), ("disc", 160e-9, 2e-9), ("film", 320e-9, 4e-9), ("film", 256e-9, 2e-9),
)  # fmt: skip


def radii(layers: int, kind: str, side: float, cell: float) -> list[float]:
    """Return the radius in every layer [m]; NaN where there is not exactly one skyrmion."""
    cells = round(side / cell)
    periodic = (kind == "film", kind == "film")
    mesh = Mesh.multilayer(cells, cells, cell, cell, layers, periodic=periodic)
    inside = np.ones((cells, cells), bool)
    if kind == "disc":
        inside = disc((side / 2, side / 2), side / 2).mask(mesh)
    terms = [
        Exchange(A), InterfacialDMI(D), UniaxialAnisotropy(KU), Demag(), Zeeman((0, 0, B)),
    ]  # fmt: skip
    m = np.zeros((3, *mesh.shape))
    m[2] = 1
    seed_skyrmion(m, (side / 2, side / 2), SEED_RADIUS[layers], (cell, cell))
    sample = Simulation(mesh, terms, np.where(inside, MS, 0.0)[None], 0.1, m=m)
    sample.minimize(1e-3)
    found = [count_skyrmions(sample.m[:, i], (cell, cell), periodic) for i in range(layers)]
    return [layer[0].radius if len(layer) == 1 else float("nan") for layer in found]


def main() -> None:
    """Compute what is missing, print and keep."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--out", type=Path, default=Path("docs/results/skyrmion-radii"))
    path = arguments.parse_args().out / "metrics.json"
    result: dict[str, Any] = {
        "command": "python benchmarks/skyrmion_radii.py", "version": __version__,
    }  # fmt: skip
    if path.exists():
        result = json.loads(path.read_text(encoding="utf-8"))
    for layers in SEED_RADIUS:
        for kind, side, cell in CASES:
            name = f"{kind}.{side * 1e9:.0f}nm.cell{cell * 1e9:.0f}nm.layers{layers}"
            if f"{name}.mean_nm" in result:
                continue
            begin = time.process_time()
            each = radii(layers, kind, side, cell)
            result[f"{name}.layers_nm"] = [round(r * 1e9, 3) for r in each]
            result[f"{name}.mean_nm"] = round(float(np.mean(each)) * 1e9, 3)
            result[f"{name}.cpu_s"] = round(time.process_time() - begin, 1)
            print(name, result[f"{name}.layers_nm"], flush=True)
            write_json(path, result)


if __name__ == "__main__":
    main()
