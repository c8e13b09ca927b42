"""The torch code beside the compiled loops: same path, and time per step.

    python benchmarks/micromagnetics_device.py --device cuda
    python benchmarks/micromagnetics_device.py --device torch-cpu --fuse --small

The problem is that of `micromagnetics.py`: the synapse paper's device at 300 K (--small: 64 x 32
cells). --fuse lets `torch.compile` fuse the kernels where that is not done anyway, so that a
processor shows that they fuse without a break (fullgraph); that takes minutes.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np
from micromagnetics import NX, NY, device

from neuroskyrm.micromagnetics import Mesh, Simulation
from neuroskyrm.micromagnetics.torch_system import TorchSystem

STEPS = 20


def measure(simulation: Simulation) -> tuple[float, np.ndarray]:
    """Return the time per Heun step [s], and m after some of them."""
    for number in range(3):  # compile, fill the caches
        simulation.integrator.step(number * 1e-13, 1e-13, lambda t: 0.0)
    begin = time.perf_counter()
    for number in range(3, STEPS):
        simulation.integrator.step(number * 1e-13, 1e-13, lambda t: 0.0)
    m = simulation.m.copy()  # waits for the device
    return (time.perf_counter() - begin) / (STEPS - 3), m


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--device", default="cuda")
    arguments.add_argument("--fuse", action="store_true")
    arguments.add_argument("--small", action="store_true")
    arguments.add_argument("--layers", type=int, default=4)
    options = arguments.parse_args()
    nx, ny = (64, 32) if options.small else (NX, NY)
    for dtype in (np.float32, np.float64):
        plain = device(options.layers, dtype, nx, ny, temperature=300.0)
        mesh: Mesh = plain.mesh
        other = Simulation(
            mesh, plain.system.terms, plain.sample.Ms, plain.system.alpha, plain.system.torques,
            temperature=300.0, dtype=dtype, dt=1e-13, m=plain.m, device=options.device,
        )  # fmt: skip
        if options.fuse and isinstance(other.system, TorchSystem):
            other.system.fuse()
        (ours, m), (theirs, n) = measure(plain), measure(other)
        result = {
            "dtype": np.dtype(dtype).name, "cells": mesh.shape, "cpu_step_s": ours,
            f"{options.device}_step_s": theirs, "gain": ours / theirs,
            "largest_difference_of_m": float(np.abs(m - n).max()),
        }  # fmt: skip
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
