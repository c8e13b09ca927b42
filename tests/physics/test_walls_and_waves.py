"""Domain walls, critical DMI, spin waves and ferromagnetic resonance against their formulas."""

from itertools import pairwise

import numpy as np
import pytest

from neuroskyrm.constants import GAMMA, MU0
from neuroskyrm.micromagnetics import (
    BulkDMI,
    Demag,
    Exchange,
    InterfacialDMI,
    Mesh,
    Sample,
    Simulation,
    State,
    UniaxialAnisotropy,
    Zeeman,
)

A, K, MS = 1e-11, 1.43e5, 9.56e5
"""The paper's film with its anisotropy less the demagnetising energy of a thin film."""

ROOT = np.sqrt(A * K)


def wire(D=0.0, wall=True, kind=InterfacialDMI, cells=400, d=1e-9):
    mesh = Mesh.multilayer(cells, 1, d, d)
    x = mesh.x - cells * d / 2
    m = np.zeros((3, *mesh.shape))
    width = np.sqrt(A / K)
    # From down to up: the sense of rotation that D > 0 prefers.
    m[2] = np.tanh(x / width) if wall else 1
    m[0 if kind is InterfacialDMI else 1] = 1 / np.cosh(x / width) if wall else 0
    terms = [Exchange(A), UniaxialAnisotropy(K)]
    if D:
        terms.append(kind(D))
    simulation = Simulation(mesh, terms, MS, 0.5, dtype=np.float64, m=m)
    simulation.minimize(stop=1e-7)
    return simulation, x


def wall_energy(D, kind=InterfacialDMI):
    """Energy per area of a wall: with it less without it, so that edges drop out [J/m^2]."""
    area = 1e-9 * 1e-9
    with_wall = wire(D, True, kind)[0].energies()["total"]
    return (with_wall - wire(D, False, kind)[0].energies()["total"]) / area


def test_wall_width(evidence):
    simulation, x = wire()
    mz = simulation.m[2, 0, 0]
    near = np.abs(mz) < 0.9
    width = 1 / np.polyfit(x[near], np.arctanh(mz[near]), 1)[0]
    evidence.number("wall width", width * 1e9, np.sqrt(A / K) * 1e9, 0.02, "nm", "√(A/K)")
    with evidence.figure("wall", "Wall profile: cells and tanh(x/Δ).") as axes:
        if axes:
            axes.plot(x * 1e9, mz, ".", label="simulated")
            axes.plot(x * 1e9, np.tanh(x / np.sqrt(A / K)), "-", label="tanh(x/Δ)")
            axes.set(xlim=(-50, 50), xlabel="x (nm)", ylabel="m_z")
            axes.legend()


def test_wall_energy(evidence):
    evidence.number("wall energy", wall_energy(0) * 1e3, 4 * ROOT * 1e3, 5e-3, "mJ/m²", "4√(AK)")


@pytest.mark.parametrize("kind", [InterfacialDMI, BulkDMI])
def test_critical_dmi(evidence, kind):
    # sigma = 4 sqrt(AK) - pi D: the slope is -pi, and D_c is where a wall costs nothing.
    low, high = wall_energy(0.4e-3, kind), wall_energy(1.2e-3, kind)
    slope = (high - low) / 0.8e-3
    critical = 0.4e-3 - low / slope
    name = kind.__name__
    evidence.number(f"dσ/dD, {name}", slope, -np.pi, 0.02, source="-π, Rohart 2013")
    evidence.number(
        f"critical DMI, {name}", critical * 1e3, 4 * ROOT / np.pi * 1e3, 0.01, "mJ/m²", "4√(AK)/π"
    )


def frequency(simulation, duration, samples=64):
    """Angular frequency of the transverse mean or mode, by the phase of m_x + i m_y [rad/s]."""
    phases = []
    times = np.linspace(0, duration, samples)
    mode = simulation.mode
    for begin, end in pairwise(times):
        phases.append(mode(simulation.m))
        simulation.run(end - begin)
    phases.append(mode(simulation.m))
    return np.polyfit(times, np.unwrap(np.angle(phases)), 1)[0]


def test_spin_wave_dispersion(evidence):
    d, cells, B = 2e-9, 64, 0.2
    mesh = Mesh.multilayer(cells, 1, d, d, periodic=(True, False))
    wanted, got = [], []
    numbers = [0, 1, 2, 4, 8, 16]
    for number in numbers:
        q = 2 * np.pi * number / (cells * d)
        wave = np.exp(1j * q * mesh.x)
        m = np.stack([1e-3 * wave.real, 1e-3 * wave.imag, np.ones(cells)]).reshape(3, 1, 1, cells)
        terms = [Exchange(A), UniaxialAnisotropy(K), Zeeman((0, 0, B))]
        simulation = Simulation(mesh, terms, MS, 0.0, scheme="rk4", dt=2e-14, dtype=np.float64, m=m)
        simulation.mode = lambda m, wave=wave: np.vdot(wave, m[0, 0, 0] + 1j * m[1, 0, 0])
        on_grid = (2 * np.sin(q * d / 2) / d) ** 2
        wanted.append(GAMMA * (B + 2 * K / MS + 2 * A / MS * on_grid))
        got.append(frequency(simulation, 2e-11, 40))
    worst = np.max(np.abs(np.array(got) / np.array(wanted) - 1))
    evidence.number(
        "spin waves, largest relative error", worst, 0, 1e-5,
        source="γ(B + 2K/Ms + 2A/Ms (2 sin(qd/2)/d)²)",
    )  # fmt: skip
    with evidence.figure("dispersion", "Exchange spin waves on the grid.") as axes:
        if axes:
            q = 2 * np.pi * np.array(numbers) / (cells * d) * 1e-9
            axes.plot(q, np.array(got) / (2e9 * np.pi), "o", label="simulated")
            axes.plot(q, np.array(wanted) / (2e9 * np.pi), "-", label="formula")
            axes.set(xlabel="q (rad/nm)", ylabel="frequency (GHz)")
            axes.legend()


def test_dmi_shifts_spin_waves_across_the_film(evidence):
    # m along y, q along x: interfacial DMI adds the non-reciprocal shift 2 D q / Ms.
    d, cells, B, D = 2e-9, 64, 0.5, 1e-3
    mesh = Mesh.multilayer(cells, 1, d, d, periodic=(True, False))
    shifts = []
    for sign in (1, -1):
        q = sign * 2 * np.pi * 4 / (cells * d)
        wave = np.exp(1j * q * mesh.x)
        m = np.stack([1e-3 * wave.imag, np.ones(cells), 1e-3 * wave.real]).reshape(3, 1, 1, cells)
        simulation = Simulation(
            mesh, [Exchange(A), InterfacialDMI(D), Zeeman((0, B, 0))], MS, 0.0, scheme="rk4",
            dt=2e-14, dtype=np.float64, m=m,
        )  # fmt: skip
        simulation.mode = lambda m, wave=wave: np.vdot(wave, m[2, 0, 0] + 1j * m[0, 0, 0])
        shifts.append(frequency(simulation, 2e-11, 40))
    q = 2 * np.pi * 4 / (cells * d)
    expected = 4 * D / MS * GAMMA * np.sin(q * d) / d
    got = abs(shifts[0] - shifts[1])
    evidence.number(
        "non-reciprocity f(q) - f(-q) with DMI", got / (2e9 * np.pi), expected / (2e9 * np.pi),
        1e-3, "GHz", "Moon 2013: 4γ D q / Ms",
    )  # fmt: skip


def test_ferromagnetic_resonance_of_a_prism(evidence):
    mesh = Mesh.multilayer(1, 1, 40e-9, 20e-9, 1, 5e-9)
    field = np.zeros((3, *mesh.shape))
    sample = Sample(mesh, MS)
    N = []
    for axis in range(3):
        m = np.zeros((3, *mesh.shape))
        m[axis] = 1
        field[:] = 0
        Demag().field(State(sample, m), field)
        N.append(-field[axis, 0, 0, 0] / (MU0 * MS))
    B = 0.1
    simulation = Simulation(
        mesh, [Demag(), Zeeman((B, 0, 0))], MS, 0.0, scheme="rk4", dt=2e-13, dtype=np.float64,
        m=(1, 1e-3, 0),
    )  # fmt: skip
    one, other = B + (N[1] - N[0]) * MU0 * MS, B + (N[2] - N[0]) * MU0 * MS
    expected = GAMMA * np.sqrt(one * other)
    trace = simulation.run(5e-10, every=1e-12)
    y = trace["my"]
    crossings = np.flatnonzero((y[:-1] > 0) & (y[1:] <= 0))
    times = trace["t"][crossings] + 1e-12 * y[crossings] / (y[crossings] - y[crossings + 1])
    got = 2 * np.pi * (len(times) - 1) / (times[-1] - times[0])
    evidence.number(
        "resonance of a 40 × 20 × 5 nm prism", got / (2e9 * np.pi), expected / (2e9 * np.pi),
        5e-3, "GHz", "Kittel 1948 with Aharoni's factors",
    )  # fmt: skip


def test_damping_decays_the_resonance(evidence):
    mesh = Mesh.multilayer(1, 1, 2e-9, 2e-9)
    alpha, B = 0.02, 1.0
    simulation = Simulation(
        mesh, [Zeeman((0, 0, B))], MS, alpha, scheme="rk4", dt=5e-14, dtype=np.float64,
        m=(1e-3, 0, 1),
    )  # fmt: skip
    trace = simulation.run(2e-10, every=1e-11)
    size = np.hypot(trace["mx"], trace["my"])
    rate = -np.polyfit(trace["t"], np.log(size), 1)[0]
    expected = alpha * GAMMA * B / (1 + alpha**2)
    evidence.number(
        "decay rate of precession", rate * 1e-9, expected * 1e-9, 1e-3, "1/ns", "αγB/(1+α²)"
    )
