"""Simulate the processes that the classifier's experiments share, into runs/process/.

    python benchmarks/atomistic_data.py            # everything; what is there is kept

training.npz   400 processes of each clear class from the interior regions at theta = 50 degrees
               (Fig. 11), whole frames
clear-*.npz    80 of each clear class at theta = 50 (interior) and 40 degrees (up to the borders)
thermal-*.npz  theta = 40 degrees at finite temperature
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from networks.recurrent_study import FrameStore, sampled_processes, simulate_store
from neuroskyrm.atomistic import (
    PAPER_WIDTHS,
    FieldPulse,
    Process,
    load_diagram,
)
from neuroskyrm.atomistic.labels import COLLAPSE, MIXED
from neuroskyrm.seeds import generator

RUNS = Path("runs/process")
EACH, CLEAR_EACH = 400, 80
WARM = 1.5
"""Temperature of Figs. 8 and 9 [K]."""
SEEDS = 8
THERMAL_EACH = 130
SLICE_WIDTHS = PAPER_WIDTHS.values[1::3]
"""Widths of the slice through the diagram at alpha = 0.22 (Fig. 9) [s]."""


def base(theta: float) -> Process:
    """Return the paper's process at an angle."""
    return Process(damping=0.22, pulse=FieldPulse(width=10e-12, polar=theta))


def training() -> FrameStore:
    """Return the training set, classes one after another (seed 0)."""
    return _store("training", _training_processes())


def _training_processes() -> list[Process]:
    return _sampled(50, EACH, 1, "training")


def _sampled(theta: int, each: int, margin: int, name: str) -> list[Process]:
    diagram = load_diagram(RUNS / f"diagram-{theta}.nc")
    return [
        process
        for label in range(MIXED)
        for process in sampled_processes(
            diagram, base(theta), label, each, generator(0, name, label), margin
        )
    ]


def clear_sample(theta: int) -> FrameStore:
    """Return some processes of each clear class: for experiments with whole frames."""
    margin = 0 if theta == 40 else 1
    return _store(f"clear-{theta}", _sampled(theta, CLEAR_EACH, margin, f"clear-{theta}"))


def thermal_slice(temperature: float) -> FrameStore:
    """Return the slice at alpha = 0.22, `SEEDS` noise seeds for each width."""
    processes = [
        replace(
            base(40.0),
            temperature=temperature,
            seed=seed,
            pulse=FieldPulse(width=width, polar=40.0),
        )
        for width in SLICE_WIDTHS
        for seed in range(SEEDS)
    ]
    return _store(f"thermal-slice-{temperature:g}K", processes)


def thermal_clear() -> FrameStore:
    """Return processes at 1.5 K at points that are clear at zero temperature."""
    diagram = load_diagram(RUNS / "diagram-40.nc")
    chosen = [
        process
        for label in range(COLLAPSE + 1)
        for process in sampled_processes(
            diagram, base(40.0), label, THERMAL_EACH, generator(2, "thermal", label), margin=0
        )
    ]
    processes = [replace(p, temperature=WARM, seed=100 + k) for k, p in enumerate(chosen)]
    return _store(f"thermal-clear-{WARM:g}K", processes)


def _store(name: str, processes: list[Process]) -> FrameStore:
    started = time.perf_counter()

    def progress(done: int, total: int) -> None:
        if done % 50 == 0:
            print(f"{name}: {done} of {total}, {time.perf_counter() - started:.0f} s", flush=True)

    return simulate_store(processes, RUNS / f"{name}.npz", progress=progress)


def main() -> None:
    """Make all stores, or those named."""
    makers = {
        "training": training,
        "clear": lambda: [clear_sample(theta) for theta in (50, 40)],
        "thermal-clear": thermal_clear,
        "thermal-slice": lambda: thermal_slice(WARM),
    }
    for name in sys.argv[1:] or makers:
        found = makers[name]()
        stores = found if isinstance(found, list) else [found]
        for store in stores:
            print(name, store.frames.shape, np.bincount(store.labels, minlength=4).tolist())


if __name__ == "__main__":
    main()
