"""Speed of the crossbar: exact wires against badcrossbar, large arrays, ten million devices.

badcrossbar is optional: `pip install --no-deps badcrossbar pathvalidate sigfig`. Without it that
part is skipped and the result says so. Times are processor times of one thread, the best of a few
runs; both sides of a comparison run in one process. Writes metrics.json to the folder given.

    OMP_NUM_THREADS=1 python benchmarks/crossbar_speed.py docs/results/crossbar-speed
"""

from __future__ import annotations

import logging
import os
import platform
import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

import neuroskyrm
from crossbar import Crossbar, Layout, MeanAttenuation, Wires, WireUpdate, solve, solve_layout
from devicemodels import IdealDevice, SkyrmionDevice, linear_step
from neuroskyrm.io.atomic import write_json

WIRES = Wires(word=1.0, bit=1.0)
SIZES = [(128, 128), (256, 256), (512, 512), (784, 400), (1024, 1024)]


def devices(rows: int, columns: int) -> np.ndarray:
    """Return random conductances in the range of the paper's device [S]."""
    return np.random.default_rng(0).uniform(20e-6, 32e-6, (rows, columns))


def best(function: Callable[[], Any], runs: int) -> float:
    """Return the shortest of a few processor times [s]: other work on the machine hardly counts."""
    times = []
    for _ in range(runs):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times)


def peak_memory() -> float:
    """Return the largest memory that this process has held [MB] (Linux)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(float(line.split()[1]) / 1e3 for line in lines if line.startswith("VmHWM"))


def against_badcrossbar() -> dict[str, float | str]:
    """Return times for 128 x 128 devices and 1000 inputs, and the largest difference.

    badcrossbar is timed without and with the inner currents and voltages that it computes by
    default; ours includes the effective matrix.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import badcrossbar
    except ImportError:
        return {"peer.skipped": "badcrossbar is not installed"}
    logging.disable(logging.INFO)
    g = devices(128, 128)
    inputs = np.random.default_rng(1).uniform(0, 0.2, (1000, 128))

    def ours() -> np.ndarray:
        return solve(g, WIRES).currents(inputs)

    def theirs() -> np.ndarray:
        options = {"node_voltages": False, "all_currents": False}
        return badcrossbar.compute(inputs.T, 1 / g, 1.0, **options).currents.output

    difference = np.abs(ours() / theirs() - 1).max()
    own, peer = best(ours, 20), best(theirs, 2)
    everything = best(lambda: badcrossbar.compute(inputs.T, 1 / g, 1.0), 1)
    return {
        "peer.own_s": own,
        "peer.badcrossbar_outputs_only_s": peer,
        "peer.badcrossbar_default_s": everything,
        "peer.ratio": peer / own,
        "peer.ratio_default": everything / own,
        "peer.largest_relative_difference": float(difference),
    }


def effective_matrix(shape: tuple[int, int]) -> tuple[float, float]:
    """Return time [s] of one effective matrix, and peak memory of its process [MB]."""
    solve(devices(20, 20), WIRES)  # compile
    g = devices(*shape)
    seconds = best(lambda: solve(g, WIRES), 3 if max(shape) <= 512 else 1)
    return seconds, peak_memory()


def large_arrays() -> dict[str, float]:
    """Return time and memory of effective matrices, each in a fresh process."""
    result = {}
    for shape in SIZES:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            seconds, memory = pool.submit(effective_matrix, shape).result()
        name = f"effective.{shape[0]}x{shape[1]}"
        result[f"{name}_s"], result[f"{name}_MB"] = seconds, memory
    return result


def mean_attenuation() -> dict[str, float]:
    """Return the error of the rank-1 approximation at 256 x 256, and of ignoring the wires."""
    before = devices(256, 256)
    after = np.random.default_rng(2).uniform(20e-6, 32e-6, before.shape)
    exact = solve(after, WIRES)
    inputs = np.random.default_rng(1).uniform(0, 0.2, (100, 256))
    right = exact.currents(inputs)
    fresh = MeanAttenuation.fit(after, exact.effective)
    old = MeanAttenuation.fit(before, solve(before, WIRES).effective)

    def error(matrix: np.ndarray) -> float:
        return float(np.sqrt(np.mean((inputs @ matrix / right - 1) ** 2)))

    return {
        "rank1.error": error(fresh(after)),
        "rank1.error_all_devices_changed": error(old(after)),
        "rank1.error_ignoring_wires": error(after),
    }


def online_learning() -> dict[str, float]:
    """Return the error of signed currents while devices are pulsed and the solution is kept.

    256 x 256 pairs of 16 levels; in each round a hundredth of all devices moves by one level.
    """
    result = {}
    inputs = np.random.default_rng(1).uniform(0, 0.2, (100, 256))
    for between in ("held", "rank-1"):
        rng = np.random.default_rng(0)
        codes = rng.integers(-15, 16, (256, 256)).astype(np.int8)
        update = WireUpdate(every=1000, between=between)
        crossbar = Crossbar.program(IdealDevice(16), codes, rng, wires=WIRES, update=update)
        crossbar.conductances()
        for round_ in range(1, 101):
            for_plus, for_minus = (rng.integers(-1, 2, codes.shape) for _ in range(2))
            touched = rng.random(codes.shape) < 0.01
            crossbar.pulse(for_plus * touched, for_minus * touched, rng)
            if round_ in (1, 10, 100):
                own = crossbar.device_conductances()
                right = inputs @ solve_layout(*own, Layout(WIRES)).effective
                error = inputs @ crossbar.conductances() - right
                share = np.sqrt((error**2).mean() / (right**2).mean())
                result[f"online.{between}.after_{round_}_rounds"] = float(share)
    return result


def ten_million() -> dict[str, float]:
    """Return times to program, read and pulse 10^7 devices with every effect on."""
    base = linear_step(6, up=0.17, down=0.13, noise=0.07)
    levels = base.levels.model_copy(update={"read_sd": [2e-7] * 6, "visit_sd": [1e-7] * 6})
    model = SkyrmionDevice(base.model_copy(update={"levels": levels, "device_spread": 0.05}))
    rng = np.random.default_rng(0)
    codes = rng.integers(-5, 6, (2500, 2000)).astype(np.int8)
    Crossbar.program(model, codes[:4, :4], rng)  # compile
    crossbar = Crossbar.program(model, codes, rng)
    return {
        "devices1e7.program_s": best(lambda: Crossbar.program(model, codes, rng), 2),
        "devices1e7.read_s": best(lambda: crossbar.read(rng), 2),
        "devices1e7.pulse_s": best(lambda: crossbar.pulse(1, 0, rng), 2),
        "devices1e7.state_bytes_per_device": float(crossbar.plus.itemsize),
    }


def main(folder: Path) -> None:
    """Measure everything and write metrics.json."""
    metrics: dict[str, Any] = {
        "command": "OMP_NUM_THREADS=1 python benchmarks/crossbar_speed.py",
        "version": neuroskyrm.__version__,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, one thread",
    }
    for part in (against_badcrossbar, large_arrays, mean_attenuation, online_learning, ten_million):
        found = part()
        metrics |= found
        for name, value in found.items():
            print(f"{name:45} {value if isinstance(value, str) else f'{value:.4g}'}")
    write_json(folder / "metrics.json", metrics)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "crossbar-speed"))
