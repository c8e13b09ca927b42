"""The demagnetising field carried on over steps: its order, and its error on means, fluctuations,
skyrmion radius and a switching trajectory, against the field at every stage."""

import numpy as np
import pytest

from neuroskyrm.micromagnetics import (
    Demag,
    Exchange,
    ExtrapolatedDemag,
    InterfacialDMI,
    Mesh,
    Simulation,
    UniaxialAnisotropy,
    Zeeman,
)
from neuroskyrm.texture import count_skyrmions, seed_skyrmion


def permalloy(demag, dt):
    mesh = Mesh.multilayer(40, 10, 12.5e-9, 12.5e-9, 1, 3e-9)
    terms = [Exchange(13e-12), demag, Zeeman((-24.6e-3, 4.3e-3, 0))]
    return Simulation(
        mesh, terms, 800e3, 0.02, scheme="rk4", dt=dt, dtype=np.float64, m=(1, 0.3, 0.05)
    )


def test_order_on_a_switching_trajectory(evidence):
    duration = 2e-10
    exact = permalloy(Demag(), 5e-14)
    exact.run(duration)
    intervals, errors = [], []
    for steps in (1, 2, 4, 8):
        quick = permalloy(ExtrapolatedDemag(steps), 2e-13)
        quick.run(duration)
        intervals.append(steps * 2e-13)
        errors.append(np.abs(quick.m - exact.m).max())
    order = np.polyfit(np.log(intervals), np.log(errors), 1)[0]
    evidence.number("order of the error in the time between exact fields", order, 2, 0.3)
    evidence.number("largest error of m in 0.2 ns of switching, every 0.4 ps", errors[1], 0, 2e-3)
    with evidence.figure(
        "order", "Largest error of m against the time between exact fields."
    ) as axes:
        if axes:
            axes.loglog(np.array(intervals) * 1e12, errors, "o-")
            axes.set(xlabel="time between exact fields (ps)", ylabel="largest error of m")


def film(demag, seed, temperature=300.0, B=0.3):
    mesh = Mesh.multilayer(32, 32, 4e-9, 4e-9, 2, periodic=(True, True))
    terms = [
        Exchange(1e-11), InterfacialDMI(1.7e-3), UniaxialAnisotropy(717e3), demag,
        Zeeman((0, 0, B)),
    ]  # fmt: skip
    return Simulation(
        mesh, terms, 956e3, 0.1, temperature=temperature, seed=seed, scheme="rk4", dt=2e-13
    )


def fluctuations(demag, seed):
    simulation = film(demag, seed)
    simulation.run(5e-11)
    mz, mx2 = [], []
    for _ in range(40):
        simulation.run(2.5e-12)
        mz.append(simulation.m[2].mean())
        mx2.append(np.mean(simulation.m[0].astype(float) ** 2))
    return np.mean(mz), np.mean(mx2)


@pytest.mark.slow
def test_thermal_means_and_fluctuations(evidence):
    seeds = range(4)
    exact = np.array([fluctuations(Demag(images=2), seed) for seed in seeds])
    quick = np.array([fluctuations(ExtrapolatedDemag(2, images=2), seed) for seed in seeds])
    # The same noise drives both, so that their difference has little scatter.
    error = (quick - exact).std(axis=0, ddof=1) / np.sqrt(len(seeds))
    for number, name in enumerate(("⟨m_z⟩", "⟨m_x²⟩")):
        evidence.number(f"{name} at 300 K, exact every 0.4 ps", quick[:, number].mean(),
                        exact[:, number].mean(), 4 * error[number] + 1e-4,
                        source="field at every stage, same noise, 4 seeds")  # fmt: skip


def test_skyrmion_radius(evidence):
    radii = []
    for demag in (Demag(images=2), ExtrapolatedDemag(4, images=2)):
        simulation = film(demag, 0, 0.0, 0.08)
        m = simulation.m.copy()
        seed_skyrmion(m, (64e-9, 64e-9), 16e-9, (4e-9, 4e-9))
        simulation.m = m
        simulation.run(1e-10)
        radii.append(count_skyrmions(simulation.m[:, 0], (4e-9, 4e-9))[0].radius * 1e9)
    evidence.number("radius of a breathing skyrmion after 0.1 ns, exact every 0.8 ps", radii[1],
                    radii[0], 0.02, "nm", "field at every stage")  # fmt: skip


def test_energies_and_minimum_are_exact():
    simulation = film(ExtrapolatedDemag(4, images=2), 0)
    simulation.run(1e-12)
    other = film(Demag(images=2), 0)
    other.m = simulation.m
    assert simulation.energies() == pytest.approx(
        {("ExtrapolatedDemag" if k == "Demag" else k): v for k, v in other.energies().items()}
    )
    np.testing.assert_allclose(simulation.effective_field(), other.effective_field(), atol=1e-5)
