"""The thermal field: Boltzmann distributions of single cells, equipartition of spin-wave modes,
and convergence in the time step. A wrong cell volume, factor or sign breaks each of them."""

import numpy as np
import pytest
from scipy import integrate, stats

from neuroskyrm.constants import BOLTZMANN
from neuroskyrm.micromagnetics import (
    Demag,
    Exchange,
    InterlayerExchange,
    Mesh,
    Simulation,
    Tolerance,
    UniaxialAnisotropy,
    Zeeman,
)

MS, T, ALPHA = 8e5, 300.0, 0.5


def cells(terms, side=4e-9, thickness=1.5e-9, dt=2e-14, count=64, seed=1, start=(0, 0, 1), **more):
    """Many cells that do not see one another: an ensemble in one simulation."""
    mesh = Mesh.multilayer(count, count, side, side, 1, thickness)
    return Simulation(
        mesh, terms, MS, ALPHA, temperature=T, seed=seed, dt=dt, m=start, **more
    )  # fmt: skip


def cumulative(weight):
    """Cumulative distribution of m_z for a density proportional to weight(m_z)."""
    z = np.linspace(-1, 1, 4001)
    total = integrate.cumulative_simpson(weight(z), x=z, initial=0)
    return lambda value: np.interp(value, z, total / total[-1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_boltzmann_in_a_field(evidence, dtype):
    B, volume = 0.5, 4e-9**2 * 1.5e-9
    xi = MS * volume * B / (BOLTZMANN * T)
    simulation = cells([Zeeman((0, 0, B))], dtype=dtype, dt=5e-14)
    simulation.run(2e-10)
    mz = simulation.m[2].ravel().astype(float)
    test = stats.kstest(mz, cumulative(lambda z: np.exp(xi * z)))
    name = np.dtype(dtype).name
    # Under the right distribution the p-value is uniform in (0, 1).
    evidence.number(f"Kolmogorov-Smirnov p in a field, {name}", test.pvalue, 0.5, 0.499)
    error = np.sqrt((1 / xi**2 - 1 / np.sinh(xi) ** 2) / mz.size)
    evidence.number(f"⟨m_z⟩ in a field, {name}", mz.mean(), 1 / np.tanh(xi) - 1 / xi, 4 * error,
                    source="Langevin")  # fmt: skip
    with evidence.figure(f"field-{name}", "m_z of 4096 cells in a field, and Boltzmann.") as axes:
        if axes:
            z = np.linspace(-1, 1, 200)
            axes.hist(mz, 40, range=(-1, 1), density=True, alpha=0.5)
            axes.plot(z, xi * np.exp(xi * z) / (2 * np.sinh(xi)), "k-")
            axes.set(xlabel="m_z", ylabel="density")


def test_boltzmann_in_an_anisotropy_well(evidence):
    Ku, volume = 3e5, 4e-9**2 * 1.5e-9
    kappa = Ku * volume / (BOLTZMANN * T)
    simulation = cells([UniaxialAnisotropy(Ku)], seed=5)
    # Half of the cells start in each well; inside a well they forget their start.
    m = np.zeros(simulation.m.shape)
    m[2] = np.where(np.arange(64) % 2, 1, -1)
    simulation.m = m
    simulation.run(1.0e-10)
    mz = np.abs(simulation.m[2].ravel().astype(float))
    full = cumulative(lambda z: np.exp(kappa * z**2))
    test = stats.kstest(mz, lambda v: 2 * full(v) - 1)
    evidence.number("Kolmogorov-Smirnov p of |m_z| in a well", test.pvalue, 0.5, 0.499)


def test_boltzmann_of_coupled_layers(evidence):
    # Two cells joined by exchange through a spacer: the angle between them is Langevin's too.
    mesh = Mesh.multilayer(64, 64, 4e-9, 4e-9, 2, 1e-9, 3e-9)
    J = 6e-4
    xi = J * 16e-18 / (BOLTZMANN * T)
    simulation = Simulation(
        mesh, [InterlayerExchange(J)], MS, ALPHA, temperature=T, seed=3, dt=2e-14
    )
    simulation.run(6e-11)
    cosine = np.sum(simulation.m[:, 0] * simulation.m[:, 1], axis=0).ravel().astype(float)
    error = np.sqrt((1 / xi**2 - 1 / np.sinh(xi) ** 2) / cosine.size)
    evidence.number("⟨m₁·m₂⟩ of two coupled cells", cosine.mean(), 1 / np.tanh(xi) - 1 / xi,
                    4 * error, source="Langevin")  # fmt: skip


def test_equipartition_of_spin_waves(evidence):
    # Each mode of each transverse component holds kT/2: <|m_q|^2> Ms V N (B + 2A/Ms q^2) = kT.
    n, d, A, B, low = 32, 4e-9, 1e-11, 1.0, 10.0
    mesh = Mesh.multilayer(n, n, d, d, periodic=(True, True))
    simulation = Simulation(
        mesh, [Exchange(A), Zeeman((0, 0, B))], MS, 0.5, temperature=low, seed=2, dt=4e-14
    )
    simulation.run(3e-11)
    q = 2 * np.sin(np.pi * np.fft.fftfreq(n)) / d
    stiffness = B + 2 * A / MS * (q[None] ** 2 + q[:, None] ** 2)
    energy = np.zeros((n, n))
    frames = 60
    for _ in range(frames):
        simulation.run(1.5e-12)
        for part in simulation.m[:2, 0].astype(float):
            energy += np.abs(np.fft.fft2(part) / n**2) ** 2 / (2 * frames)
    moment = MS * d * d * 1e-9
    # m_z < 1 weakens the stiffness a little: first order in kT, corrected by <m_z>.
    ratio = energy * moment * n**2 * stiffness / (BOLTZMANN * low) * simulation.m[2].mean()
    by_stiffness = [ratio[(stiffness >= a) & (stiffness < b)] for a, b in
                    [(0, 1.5), (1.5, 4), (4, 8), (8, 99)]]  # fmt: skip
    for label, part in zip(["longest", "long", "short", "shortest"], by_stiffness, strict=True):
        # About one independent frame in three for the softest modes.
        error = 4 * np.sqrt(2 / (2 * part.size * frames / 3))
        evidence.number(f"energy per mode in kT/2, {label} waves", part.mean(), 1, error + 0.01)


def test_error_falls_with_the_time_step(evidence):
    # Strong noise: one cell of 2 nm. Heun's bias of <m_z> falls with the step.
    B, volume = 1.0, 2e-9**2 * 1e-9
    xi = MS * volume * B / (BOLTZMANN * T)
    exact = 1 / np.tanh(xi) - 1 / xi
    biases, errors = [], []
    steps = [4e-13, 2e-13, 1e-13]
    for dt in steps:
        simulation = cells([Zeeman((0, 0, B))], 2e-9, 1e-9, dt, 128, seed=7)
        simulation.run(1e-11)
        means = []
        for _ in range(20):
            simulation.run(4e-12)
            means.append(simulation.m[2].mean())
        biases.append(np.mean(means) - exact)
        errors.append(np.std(means) / np.sqrt(len(means)))
    assert abs(biases[0]) > 1.5 * abs(biases[1])
    evidence.number("bias of ⟨m_z⟩ at 0.1 ps, 2 nm cell, α = 0.5", biases[2], 0,
                    4 * errors[2] + 0.004)  # fmt: skip
    with evidence.figure("time-step", "Bias of ⟨m_z⟩ of a 2 nm cell against the step.") as axes:
        if axes:
            axes.errorbar(np.array(steps) * 1e12, biases, errors, fmt="o-")
            axes.axhline(0, color="k", lw=0.6)
            axes.set(xlabel="Δt (ps)", ylabel="⟨m_z⟩ - Langevin")


def test_rk4_and_heun_reach_the_same_distribution(evidence):
    B, volume = 0.5, 4e-9**2 * 1.5e-9
    xi = MS * volume * B / (BOLTZMANN * T)
    simulation = cells([Zeeman((0, 0, B))], seed=9, scheme="rk4", dt=5e-14)
    simulation.run(1.5e-10)
    mz = simulation.m[2].ravel().astype(float)
    error = np.sqrt((1 / xi**2 - 1 / np.sinh(xi) ** 2) / mz.size)
    evidence.number("⟨m_z⟩ with RK4, noise frozen over a step", mz.mean(),
                    1 / np.tanh(xi) - 1 / xi, 4 * error, source="Langevin")  # fmt: skip


@pytest.mark.parametrize("error", [3e-3, 3e-4])
def test_adaptive_steps_keep_the_distribution(evidence, error):
    B, volume = 0.5, 4e-9**2 * 1.5e-9
    xi = MS * volume * B / (BOLTZMANN * T)
    simulation = cells(
        [Zeeman((0, 0, B))], seed=12, scheme="dormand-prince", tolerance=Tolerance(error=error)
    )
    simulation.run(1.5e-10)
    mz = simulation.m[2].ravel().astype(float)
    allowed = 4 * np.sqrt((1 / xi**2 - 1 / np.sinh(xi) ** 2) / mz.size)
    evidence.number(f"⟨m_z⟩ with adaptive steps, error {error:g}", mz.mean(),
                    1 / np.tanh(xi) - 1 / xi, allowed, source="Langevin")  # fmt: skip


def test_demagnetising_field_keeps_the_distribution(evidence):
    # A lone cell's demagnetising field is an anisotropy: with Aharoni's factors the distribution
    # of m_z is exp(-(Nz - Nx) mu0 Ms^2 V mz^2 / 2kT).
    mesh = Mesh.multilayer(1, 1, 5e-9, 5e-9, 1, 1e-9)
    factor = np.zeros((3, 1, 1, 1))
    probe = Simulation(mesh, [Demag()], MS, ALPHA, dtype=np.float64)
    factor = -probe.effective_field()[2, 0, 0, 0]
    kappa = (factor - (4e-7 * np.pi * MS - factor) / 2) * MS * 25e-27 / (2 * BOLTZMANN * T)
    simulation = Simulation(mesh, [Demag()], MS, ALPHA, temperature=T, seed=4, dt=1e-13)
    samples = []
    for _ in range(400):
        simulation.run(5e-12)
        samples.append(float(simulation.m[2, 0, 0, 0]) ** 2)
    z = np.linspace(-1, 1, 4001)
    weight = np.exp(-kappa * z**2)
    expected = np.trapezoid(z**2 * weight, z) / np.trapezoid(weight, z)
    error = 4 * np.std(samples) / np.sqrt(400 / 8)
    evidence.number("⟨m_z²⟩ of a flat cell in its own field", np.mean(samples), expected, error)
