"""How a track's step is made cheap, and what that does to its fluctuations.

    python benchmarks/synapse_numerics.py

Part one: a warm film (24 x 24 cells of 4 nm, two layers, 300 K, steps of 0.5 ps, two noise seeds)
with the demagnetising field at every stage, and every 2 to 12 steps. Part two: the least time of
one stage of the compact synapse in the general kernel and in that of uniform films, and of what
else a step does. Writes `docs/results/synapse-numerics/metrics.json`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from neuroskyrm.io.atomic import write_json
from neuroskyrm.io.provenance import versions
from neuroskyrm.micromagnetics import (
    Demag,
    Exchange,
    ExtrapolatedDemag,
    Mesh,
    Simulation,
    UniaxialAnisotropy,
    Zeeman,
)
from neuroskyrm.micromagnetics.track import COMPACT
from neuroskyrm.micromagnetics.track_drive import default_drive
from neuroskyrm.micromagnetics.track_run import build_simulation

FILE = Path(__file__).resolve().parents[1] / "docs/results/synapse-numerics/metrics.json"
SEEDS = (3, 4)
CADENCES = (2, 4, 6, 8, 12)


def fluctuations(demag: Demag, seed: int) -> tuple[float, float]:
    """Return <m_x^2> and <m_z> of a warm film."""
    simulation = Simulation(
        Mesh.multilayer(24, 24, 4e-9, 4e-9, repeats=2),
        [Exchange(1e-11), UniaxialAnisotropy(7.17e5), Zeeman((0, 0, 0.08)), demag],
        Ms=956e3, alpha=0.1, temperature=300.0, seed=seed, scheme="rk4", dt=5e-13,
    )  # fmt: skip
    simulation.run(0.1e-9)
    mx2, mz = [], []
    for _ in range(20):
        simulation.run(8e-12)
        mx2.append(np.mean(simulation.m[0].astype(np.float64) ** 2))
        mz.append(np.mean(simulation.m[2], dtype=np.float64))
    return float(np.mean(mx2)), float(np.mean(mz))


def least(work: Callable[[], object], repeats: int = 300) -> float:
    """Return the least wall time of `work` [s]."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def parts_of_a_step() -> dict[str, float]:
    """Return least times of the parts of one step of the compact synapse [s]."""
    simulation = build_simulation(COMPACT, default_drive(COMPACT), 1)
    system, slopes = simulation.system, simulation.integrator.slopes
    m, following = simulation.m, np.zeros_like(simulation.m)
    weights = np.array([0.5 * simulation.integrator.dt])
    demag, state = Demag(), simulation.state

    def stage() -> None:
        system.stage(m, m, slopes, 0, weights, following, 0.0, 3e10)

    field = demag.external(state, system.workers)
    found = {
        "demagnetising field": least(lambda: demag.external(state, system.workers)),
        "thermal field": least(lambda: system.draw_noise(1, 5e-13)),
    }
    system._external = lambda *_: field  # the stage alone
    found["stage, uniform film"] = least(stage)
    system.film = None
    found["stage, general"] = least(stage)
    return found


def main() -> None:
    """Measure and write."""
    schemes = {"every stage": Demag} | {
        f"every {steps} steps": lambda steps=steps: ExtrapolatedDemag(steps) for steps in CADENCES
    }
    rows = {
        name: dict(
            zip(
                ("mx2", "mz"),
                np.mean([fluctuations(make(), seed) for seed in SEEDS], axis=0).round(5).tolist(),
                strict=True,
            )
        )
        for name, make in schemes.items()
    }
    record = {
        "fluctuations": rows,
        "seeds": SEEDS,
        "cells": int(np.prod((COMPACT.layers, *COMPACT.shape))),
        "least_seconds": parts_of_a_step(),
        "command": "python benchmarks/synapse_numerics.py",
        "code": versions(),
    }
    write_json(FILE, record)


if __name__ == "__main__":
    main()
