"""Cost of one spin in one time step, beside Spirit, in one run.

    python benchmarks/atomistic_speed.py docs/results/process-speed --spirit PYTHON

PYTHON is an interpreter that can import the PyPI package `spirit` (a separate environment);
without one, Spirit is left out and the reason is written down. Same lattice (100 x 100,
periodic), couplings, damping and scheme; one thread each; the least of many short bursts, taken
in turns, so that both see the same machine and neither pays for what else runs on it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from neuroskyrm.atomistic import FieldPulse, Hamiltonian, Process, SpinDynamics, relaxed_skyrmion
from neuroskyrm.atomistic.process import simulate_process
from neuroskyrm.constants import BOHR_MAGNETON, ELEMENTARY_CHARGE
from neuroskyrm.io.atomic import write_json

SITES = 100
REPEATS = 7
SCHEMES = ("rk4", "heun")

SPIRIT = """
import json, sys, time
from spirit import state, configuration, simulation
solver = {"rk4": simulation.SOLVER_RK4, "heun": simulation.SOLVER_HEUN,
          "depondt": simulation.SOLVER_DEPONDT}[sys.argv[2]]
steps = int(sys.argv[3])
with state.State(sys.argv[1], quiet=True) as system:
    configuration.minus_z(system)
    configuration.skyrmion(system, 8.0, phase=-90.0)
    simulation.start(system, simulation.METHOD_LLG, solver, n_iterations=10**9, single_shot=True)
    simulation.n_shot(system, 2)
    bursts = []
    for _ in range(steps):
        start = time.perf_counter()
        simulation.n_shot(system, 1)
        bursts.append(time.perf_counter() - start)
    print(json.dumps(min(bursts)))
"""


def own_cost(scheme: str, temperature: float = 0.0, bursts: int = 60) -> float:
    """Return seconds of one step: the least of many bursts of twenty."""
    dynamics = SpinDynamics(
        Hamiltonian(),
        relaxed_skyrmion(Hamiltonian()),
        0.1,
        scheme=scheme,
        temperature=temperature,
        pulses=[FieldPulse(width=28e-12)],
    )
    dynamics.advance(2 * dynamics.time_step)
    least = float("inf")
    for _ in range(bursts):
        start = time.perf_counter()
        dynamics.advance(dynamics.time + 20 * dynamics.time_step)
        least = min(least, (time.perf_counter() - start) / 20)
    return least


def spirit_input(folder: Path) -> Path:
    """Write Spirit's input file for the paper's couplings [meV, mu_B, ps]."""
    h = Hamiltonian()
    mev = 1e-3 * ELEMENTARY_CHARGE
    lines = [
        "output_file_tag none", "log_to_file 0", "log_to_console 0",
        "log_input_save_initial 0", "log_input_save_final 0",
        "lattice_constant 1.0",
        f"n_basis_cells {SITES} {SITES} 1", "boundary_conditions 1 1 0",
        f"mu_s {h.moment / BOHR_MAGNETON}", "external_field_magnitude 0",
        f"anisotropy_magnitude {h.anisotropy / mev}", "anisotropy_normal 0 0 1",
        "n_shells_exchange 1", f"jij {2 * h.exchange / mev}",
        "n_shells_dmi 1", "dm_chirality 1", f"dij {2 * h.dmi / mev}",
        "llg_damping 0.1", "llg_dt 0.005", "llg_n_iterations 1000000000",
        "llg_n_iterations_log 1000000000", "llg_output_any 0", "llg_force_convergence 1e-30",
    ]  # fmt: skip
    path = folder / "input.cfg"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def spirit_cost(python: str, config: Path, scheme: str, steps: int = 30) -> float:
    """Return seconds of one step of Spirit: the least of many."""
    done = subprocess.run(
        [python, "-c", SPIRIT, str(config), scheme, str(steps)],
        capture_output=True, text=True, check=True, cwd=config.parent,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    return float(json.loads(done.stdout.strip().splitlines()[-1]))


def main() -> None:
    """Measure both in turns and write the metrics."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--spirit", default=sys.executable)
    given = parser.parse_args()
    spins = SITES * SITES
    own = {scheme: [] for scheme in (*SCHEMES, "heun_thermal")}
    peer: dict[str, list[float]] = {scheme: [] for scheme in SCHEMES}
    missing = ""
    with tempfile.TemporaryDirectory() as folder:
        config = spirit_input(Path(folder))
        for _ in range(REPEATS):
            for scheme in SCHEMES:
                own[scheme].append(own_cost(scheme))
                if not missing:
                    try:
                        peer[scheme].append(spirit_cost(given.spirit, config, scheme))
                    except subprocess.CalledProcessError as problem:
                        missing = problem.stderr.strip().splitlines()[-1]
            own["heun_thermal"].append(own_cost("heun", temperature=1.5))
    metrics: dict[str, object] = {
        f"neuroskyrm.{name}.ns_per_spin_step": round(min(times) / spins * 1e9, 3)
        for name, times in own.items()
    }
    for scheme, times in peer.items():
        if times:
            metrics[f"spirit.{scheme}.ns_per_spin_step"] = round(min(times) / spins * 1e9, 2)
            metrics[f"ratio.{scheme}"] = round(min(times) / min(own[scheme]), 1)
    if missing:
        metrics["spirit.missing"] = missing
    starts = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        simulate_process(Process(0.36, FieldPulse(width=28e-12)))
        starts.append(time.perf_counter() - start)
    metrics["process.seconds"] = round(min(starts), 4)
    metrics["diagram_44x40.seconds_on_2_free_cores"] = round(min(starts) * 1760 / 2, 1)
    metrics["load_average"] = round(os.getloadavg()[0], 2)
    metrics["processor"] = platform.processor() or platform.machine()
    metrics["numpy"] = np.__version__
    metrics["command"] = (
        "python benchmarks/atomistic_speed.py docs/results/process-speed --spirit PYTHON"
    )
    write_json(given.folder / "metrics.json", metrics)
    print(json.dumps(metrics, indent=2))


if __name__ == "__main__":
    main()
