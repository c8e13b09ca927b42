"""Speed of the micromagnetic field evaluation: against its floor, and against magnum.np.

    python benchmarks/micromagnetics.py [--full] [--peer] [--out docs/results/micromagnetics-speed]

The device is the synapse paper's: 400 x 110 cells of 2 nm, 1 or 4 magnetic layers of 1 nm with
2 nm gaps, all terms. The floor is measured in the same run: the bare transforms of every layer
(rows of zeros skipped, columns contiguous), the product of all layer pairs alone, and one read
and write of the arrays by copying them. --peer needs `pip install magnumnp` (in an environment
of its own if you like) and times its compiled terms on the same problem, in the same run.

Times are the least of many repeats, in CPU time of one thread unless threads are compared.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.fft import next_fast_len

from neuroskyrm import __version__
from neuroskyrm.constants import MU0
from neuroskyrm.io.atomic import write_json
from neuroskyrm.micromagnetics import (
    Demag,
    Exchange,
    ExtrapolatedDemag,
    InterfacialDMI,
    Mesh,
    Simulation,
    SpinOrbitTorque,
    UniaxialAnisotropy,
    Zeeman,
)
from neuroskyrm.micromagnetics.demag_columns import multiply

NX, NY, CELL = 400, 110, 2e-9
MS, A, D, KU, B = 956e3, 10e-12, 1.7e-3, 717e3, 80e-3


def best(work: Callable[[], object], repeats: int = 30, clock: str = "process_time") -> float:
    """Return the least time of `work` [s]."""
    read = getattr(time, clock)
    work()
    least = np.inf
    for _ in range(repeats):
        start = read()
        work()
        least = min(least, read() - start)
    return float(least)


def device(
    layers: int,
    dtype: type,
    nx: int = NX,
    ny: int = NY,
    threads: int = 1,
    temperature: float = 0.0,
    scheme: str = "heun",
    demag: Demag | None = None,
) -> Simulation:
    """Return the paper's device with a random magnetisation."""
    mesh = Mesh.multilayer(nx, ny, CELL, CELL, layers)
    Ku = np.full((1, ny, nx), KU)
    Ku[:, ny // 3 : 2 * ny // 3, nx // 2 - 15 : nx // 2 + 15] = 860e3
    terms = [
        Exchange(A), InterfacialDMI(D), UniaxialAnisotropy(Ku), demag or Demag(), Zeeman((0, 0, B)),
    ]  # fmt: skip
    m = np.random.default_rng(0).normal(size=(3, *mesh.shape))
    torque = SpinOrbitTorque.from_spin_hall(0.6, MS, 1e-9)
    return Simulation(
        mesh, terms, MS, 0.1, [torque], temperature=temperature, dtype=dtype, threads=threads,
        dt=1e-13, m=m, scheme=scheme,
    )  # fmt: skip


def floor(simulation: Simulation) -> dict[str, float]:
    """Return the parts of the floor of a field evaluation [s]."""
    demag = simulation.system.demags[0]
    demag.external(simulation.state, simulation.system.workers)
    plan = demag._plan
    assert plan is not None
    layers, ny, nx = simulation.mesh.shape
    px, py = next_fast_len(2 * nx - 1, real=True), next_fast_len(2 * ny - 1)
    m = torch.from_numpy(simulation.m)
    complex_type = torch.complex64 if m.dtype == torch.float32 else torch.complex128
    rows = torch.zeros((3, ny, px // 2 + 1), dtype=complex_type)
    columns = torch.zeros((3, px // 2 + 1, py), dtype=complex_type)
    columns_out = torch.zeros_like(columns)
    out = torch.zeros((3, ny, px), dtype=m.dtype)

    def transforms() -> None:
        for layer in range(layers):
            torch.fft.rfft(m[:, layer], n=px, dim=-1, out=rows)
            torch.fft.fft(columns, dim=-1, out=columns_out)
            torch.fft.ifft(columns, dim=-1, out=columns_out)
            torch.fft.irfft(rows, n=px, dim=-1, out=out)

    own = plan.scratch[0]
    work = np.zeros_like(own.columns)

    def product() -> None:
        for block in range(plan.blocks):
            multiply(work, own.y, plan.halves, plan.pairs, block, own.sums)

    source, target = simulation.m.copy(), np.empty_like(simulation.m)
    return {
        "transforms": best(transforms),
        "product": best(product),
        "memory": best(lambda: np.copyto(target, source)),
    }


def measure(layers: int, dtype: type, peer: bool) -> dict[str, float]:
    """Return all numbers of one device, named with its layers and number type."""
    simulation = device(layers, dtype)
    system = simulation.system
    out = np.zeros_like(simulation.m)
    field = best(lambda: system.field(simulation.m, 0.0, 0.0, out))
    parts = floor(simulation)
    least = sum(parts.values())
    result = {"field_s": field, "floor_s": least, "floor_ratio": field / least}
    result.update({f"floor.{name}_s": value for name, value in parts.items()})
    warm = device(layers, dtype, temperature=300.0)
    warm.integrator.step(0.0, 1e-13, lambda t: 0.0)
    step = best(lambda: warm.integrator.step(0.0, 1e-13, lambda t: 0.0))
    noise = best(lambda: warm.system.draw_noise(1, 1e-13))
    result.update(step_s=step, noise_s=noise, step_over_fields=step / (2 * field))
    result["extrapolated_stage_s"] = extrapolated_stage(layers, dtype)
    if peer:
        result.update(measure_peer(simulation, dtype, out, field))
    name = f"layers{layers}.{np.dtype(dtype).name}"
    return {f"{name}.{key}": value for key, value in result.items()}


def extrapolated_stage(layers: int, dtype: type) -> float:
    """Return the time of a stage of RK4 at 300 K, one exact demagnetising field in four steps."""
    demag = ExtrapolatedDemag(steps=4)
    warm = device(layers, dtype, temperature=300.0, scheme="rk4", demag=demag)

    times = itertools.count()

    def four_steps() -> None:
        for _ in range(4):  # time goes on: from a standing one there is nothing to extrapolate
            warm.integrator.step(next(times) * 1e-13, 1e-13, lambda t: 0.0)

    return best(four_steps, 10) / 16


def measure_peer(simulation: Simulation, dtype: type, own: Any, field: float) -> dict[str, float]:
    """Return the time of magnum.np on the same problem, and how far the fields differ."""
    import magnumnp as mn

    torch.set_default_dtype(torch.float32 if dtype == np.float32 else torch.float64)
    layers = simulation.mesh.layers
    nz = 3 * layers - 2
    state = mn.State(mn.Mesh((NX, NY, nz), (CELL, CELL, 1e-9)))
    magnetic = torch.zeros((NX, NY, nz, 1))
    magnetic[:, :, ::3] = 1.0
    Ku = np.zeros((nz, NY, NX))
    term = simulation.system.terms[2]
    Ku[::3] = term.Ku
    state.material = {
        "Ms": MS * magnetic, "A": A * magnetic + 1e-30, "Di": D * magnetic + 1e-30,
        "Ku": torch.tensor(Ku.transpose(2, 1, 0)[..., None], dtype=torch.get_default_dtype()),
        "Ku_axis": state.Constant([0.0, 0.0, 1.0]),
    }  # fmt: skip
    m = np.zeros((3, nz, NY, NX), dtype=dtype)
    m[:, ::3] = simulation.m
    state.m = torch.tensor(m.transpose(3, 2, 1, 0).copy())
    terms = [
        mn.DemagField(), mn.ExchangeField(), mn.InterfaceDMIField(), mn.UniaxialAnisotropyField(),
        mn.ExternalField([0.0, 0.0, B / MU0]),
    ]  # fmt: skip

    def total() -> torch.Tensor:
        return sum(term.h(state) for term in terms)

    theirs = total().numpy().transpose(3, 2, 1, 0)[:, ::3] * MU0
    difference = np.abs(theirs - own).max() / np.abs(own).max()
    seconds = best(total, 5)
    return {
        "peer_s": seconds, "peer_ratio": seconds / field,
        "peer_largest_relative_difference": float(difference),
    }  # fmt: skip


def scaling(dtype: type) -> dict[str, float]:
    """Return the field time and the fraction of the floor from 64 x 64 x 1 to 1024 x 1024 x 8."""
    result = {}
    for size, layers in [(64, 1), (128, 2), (256, 2), (512, 4), (1024, 4), (1024, 8)]:
        simulation = device(layers, dtype, size, size)
        out = np.zeros_like(simulation.m)
        system = simulation.system
        repeats = 20 if size < 512 else 3
        field = best(lambda s=simulation, o=out: s.system.field(s.m, 0.0, 0.0, o), repeats)  # type: ignore[misc]
        least = sum(floor(simulation).values())
        name = f"scaling.{np.dtype(dtype).name}.{size}x{size}x{layers}"
        result[f"{name}.field_s"] = field
        result[f"{name}.fraction_of_floor"] = least / field
        del simulation, out, system
    return result


def thread_gain(dtype: type) -> dict[str, float]:
    """Return how much faster two threads are, by the clock on the wall."""
    times = []
    for threads in (1, 2):
        warm = device(4, dtype, threads=threads, temperature=300.0)
        step = warm.integrator.step
        times.append(best(lambda s=step: s(0.0, 1e-13, lambda t: 0.0), 40, "perf_counter"))  # type: ignore[misc]
    return {f"threads2.{np.dtype(dtype).name}.gain": times[0] / times[1]}


def main() -> None:
    """Measure, print and keep."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--peer", action="store_true", help="time magnum.np too")
    arguments.add_argument("--full", action="store_true", help="scaling and threads too")
    arguments.add_argument("--out", type=Path, help="folder for metrics.json")
    options = arguments.parse_args()
    torch.set_num_threads(1)
    result: dict[str, Any] = {
        "command": "OMP_NUM_THREADS=1 python benchmarks/micromagnetics.py"
        + " --peer" * options.peer + " --full" * options.full,
        "version": __version__,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}",
    }  # fmt: skip
    for layers in (1, 4):
        for dtype in (np.float32, np.float64):
            result.update(measure(layers, dtype, options.peer))
    if options.full:
        for dtype in (np.float32, np.float64):
            result.update(thread_gain(dtype))
        result.update(scaling(np.float32))
    print(json.dumps(result, indent=2))
    if options.out:
        write_json(options.out / "metrics.json", result)


if __name__ == "__main__":
    main()
