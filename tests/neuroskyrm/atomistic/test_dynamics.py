"""Spin dynamics: kernels against numpy, analytic motions, and thermal equilibrium."""

from __future__ import annotations

import numpy as np
import pytest

from neuroskyrm.atomistic import FieldPulse, Hamiltonian, SpinDynamics, relaxed_skyrmion, uniform
from neuroskyrm.atomistic import _kernels as kernels
from neuroskyrm.atomistic._simd import LANES
from neuroskyrm.atomistic.dynamics import pad
from neuroskyrm.constants import BOHR_MAGNETON, BOLTZMANN, GAMMA
from neuroskyrm.errors import ConfigError, PhysicsError

FREE_SPIN = Hamiltonian(exchange=0.0, dmi=0.0, anisotropy=0.0, static_field=(0.0, 0.0, 5.0))


def random_spins(shape, seed=0):
    spins = np.random.default_rng(seed).normal(size=(3, *shape))
    return spins / np.linalg.norm(spins, axis=0)


def reference_slope(hamiltonian, spins, damping, applied):
    field = hamiltonian.field(spins) + np.array(applied)[:, None, None]
    precession = np.cross(spins, field, axis=0)
    relaxation = np.cross(spins, precession, axis=0)
    return -GAMMA / (1 + damping**2) * (precession + damping * relaxation)


def reference_rk4(hamiltonian, spins, damping, pulse, duration, count):
    """The same equation in plain double-precision numpy."""
    step = duration / count
    for n in range(count):
        fields = [pulse.field(n * step + part * step) for part in (0, 0.5, 0.5, 1)]
        slopes = []
        for part, field in zip((0, 0.5, 0.5, 1), fields, strict=True):
            stage = spins + part * step * slopes[-1] if slopes else spins
            slopes.append(reference_slope(hamiltonian, stage, damping, field))
        k1, k2, k3, k4 = slopes
        spins = spins + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        spins /= np.linalg.norm(spins, axis=0)
    return spins


@pytest.mark.parametrize("shape", [(1, 1), (9, 16), (100, 100)])
def test_states_begin_at_a_cache_line(shape):
    flat = pad(random_spins(shape))
    assert flat.ctypes.data % 64 == 0
    assert flat.flags.c_contiguous


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (8, 8), (9, 16), (12, 17)])
@pytest.mark.parametrize("periodic", [(True, True), (False, False), (False, True)])
def test_kernel_computes_the_field_of_the_hamiltonian(shape, periodic):
    hamiltonian = Hamiltonian(periodic=periodic)
    spins, damping, applied = random_spins(shape), 0.3, (0.5, -1.0, 2.0)
    ny, nx = shape
    flat = pad(spins)
    layout = (ny, nx, kernels.row_stride(nx), *periodic)
    kernels.fill_halo(flat, *layout)
    couplings = np.array(
        [hamiltonian.exchange_field, hamiltonian.dmi_field, hamiltonian.anisotropy_field, damping],
        dtype=np.float32,
    )
    out, zero = np.zeros_like(flat), np.zeros_like(flat)
    field = tuple(np.float32(b) for b in applied)
    kernels.stage(flat, zero, out, layout, couplings, field, None, np.float32(1.0))
    torque = out.reshape(3, ny + 2, -1)[:, 1:-1, LANES : LANES + nx]
    expected = reference_slope(hamiltonian, spins, damping, applied) * (1 + damping**2) / GAMMA
    np.testing.assert_allclose(torque, expected, atol=3e-5 * np.abs(expected).max())


@pytest.mark.parametrize("damping", [0.04, 0.4])
def test_trajectory_agrees_with_a_double_precision_reference(damping):
    hamiltonian, pulse = Hamiltonian(), FieldPulse(width=0.3e-12, centre=0.5e-12, azimuth=30.0)
    spins = random_spins((10, 13), 1)
    dynamics = SpinDynamics(hamiltonian, spins, damping, pulses=[pulse])
    dynamics.advance(1e-12)
    expected = reference_rk4(hamiltonian, spins, damping, pulse, 1e-12, dynamics.steps)
    assert np.abs(dynamics.spins - expected).max() < 1e-5


def test_default_step_is_converged_on_a_paper_process():
    """Fig. 4 (b), switching: the final state does not change with a step four times smaller."""
    spins, pulse = relaxed_skyrmion(Hamiltonian()), FieldPulse(width=28e-12)
    coarse = SpinDynamics(Hamiltonian(), spins, 0.36, pulses=[pulse])
    fine = SpinDynamics(Hamiltonian(), spins, 0.36, pulses=[pulse], time_step=coarse.time_step / 4)
    coarse.advance(60e-12)
    fine.advance(60e-12)
    assert np.abs(coarse.spins - fine.spins).max() < 1e-3


def test_single_spin_precesses_at_the_larmor_frequency():
    spins = np.array([0.6, 0.0, 0.8]).reshape(3, 1, 1)
    dynamics = SpinDynamics(FREE_SPIN, spins, damping=0.0, time_step=1e-14)
    period = 2 * np.pi / (GAMMA * 5.0)
    dynamics.advance(period / 4)
    # dS/dt = -gamma S x B turns x towards +y about +z.
    np.testing.assert_allclose(dynamics.spins.ravel(), [0.0, 0.6, 0.8], atol=1e-5)
    dynamics.advance(3 * period)
    np.testing.assert_allclose(dynamics.spins.ravel(), [0.6, 0.0, 0.8], atol=1e-4)


@pytest.mark.parametrize("form", ["gilbert", "landau-lifshitz"])
def test_single_spin_relaxes_at_the_analytic_rate(form):
    """tan(theta / 2) decays as exp(-alpha gamma' B t)."""
    damping, time = 0.2, 2e-12
    spins = np.array([0.6, 0.0, 0.8]).reshape(3, 1, 1)
    dynamics = SpinDynamics(FREE_SPIN, spins, damping, time_step=1e-14, damping_form=form)
    dynamics.advance(time)
    rate = GAMMA / (1 + damping**2) if form == "gilbert" else GAMMA
    half = np.arctan2(0.6, 0.8) / 2
    expected = np.cos(2 * np.arctan(np.tan(half) * np.exp(-damping * rate * 5.0 * time)))
    assert float(dynamics.spins[2, 0, 0]) == pytest.approx(expected, abs=1e-5)


def test_energy_falls_without_pulse_and_temperature():
    hamiltonian = Hamiltonian()
    dynamics = SpinDynamics(hamiltonian, random_spins((20, 20)), damping=0.1)
    energies = [hamiltonian.energy(dynamics.spins)]
    for _ in range(20):
        dynamics.advance(dynamics.time + 0.2e-12)
        energies.append(hamiltonian.energy(dynamics.spins))
    assert np.all(np.diff(energies) < 0)


def test_energy_is_conserved_without_damping():
    hamiltonian = Hamiltonian()
    spins = np.asarray(relaxed_skyrmion(hamiltonian)) + 0.05 * random_spins((100, 100))
    spins /= np.linalg.norm(spins, axis=0)
    dynamics = SpinDynamics(hamiltonian, spins, damping=0.0, time_step=0.01e-12)
    before = hamiltonian.energy(spins)
    dynamics.advance(1e-12)
    ground = hamiltonian.energy(uniform((100, 100)))
    assert abs(hamiltonian.energy(dynamics.spins) - before) < 1e-3 * (before - ground)


@pytest.mark.parametrize("scheme", ["heun", "rk4"])
def test_free_spins_reach_the_boltzmann_distribution(scheme):
    """Mean S_z of independent spins in a field is the Langevin function coth(x) - 1/x."""
    hamiltonian = Hamiltonian(
        exchange=0.0, dmi=0.0, anisotropy=0.0, moment=2 * BOHR_MAGNETON,
        static_field=(0.0, 0.0, 5.0),
    )  # fmt: skip
    temperature = 4.0
    x = hamiltonian.moment * 5.0 / (BOLTZMANN * temperature)
    dynamics = SpinDynamics(
        hamiltonian, uniform((64, 64)), 0.5, temperature=temperature, seed=3, scheme=scheme,
        time_step=0.02e-12,
    )  # fmt: skip
    dynamics.advance(15e-12)
    means, squares = [], []
    for _ in range(40):
        dynamics.advance(dynamics.time + 1e-12)
        means.append(dynamics.spins[2].mean(dtype=float))
        squares.append((dynamics.spins[2].astype(float) ** 2).mean())
    mean = 1 / np.tanh(x) - 1 / x
    assert np.mean(means) == pytest.approx(mean, abs=0.006)
    assert np.mean(squares) == pytest.approx(1 - 2 * mean / x, abs=0.006)


def test_thermal_noise_depends_only_on_the_seed():
    def final(seed, stop):
        dynamics = SpinDynamics(Hamiltonian(), uniform((12, 12)), 0.1, temperature=2.0, seed=seed)
        for time in stop:
            dynamics.advance(time)
        return dynamics.spins

    step = SpinDynamics(Hamiltonian(), uniform((2, 2)), 0.1, temperature=2.0).time_step
    assert np.array_equal(final(1, [64 * step]), final(1, [64 * step]))
    assert not np.array_equal(final(1, [64 * step]), final(2, [64 * step]))
    # Where a run was interrupted does not matter either (up to rounding of the step).
    np.testing.assert_allclose(final(1, [24 * step, 64 * step]), final(1, [64 * step]), atol=1e-5)


def test_second_pulse_can_be_fired_during_a_run():
    quiet = SpinDynamics(FREE_SPIN, uniform((1, 1), 1), 0.1)
    fired = SpinDynamics(FREE_SPIN, uniform((1, 1), 1), 0.1)
    fired.advance(1e-12)
    fired.fire(FieldPulse(width=1e-12, polar=90.0, centre=2e-12))
    quiet.advance(4e-12)
    fired.advance(4e-12)
    assert quiet.spins[2, 0, 0] == 1.0
    assert fired.spins[2, 0, 0] < 0.99


def test_too_long_a_step_is_reported():
    dynamics = SpinDynamics(Hamiltonian(), random_spins((8, 8)), 0.1, time_step=1e-9)
    dynamics._couplings[0] = np.float32(1e38)
    with pytest.raises(PhysicsError, match="time step"):
        dynamics.advance(2e-9)


@pytest.mark.parametrize(
    ("change", "word"),
    [({"damping": -0.1}, "damping"), ({"temperature": -1.0}, "temperature"),
     ({"spins": np.zeros((2, 4, 4))}, "shape")],
)  # fmt: skip
def test_impossible_arguments_are_refused(change, word):
    arguments = {"spins": uniform((4, 4)), "damping": 0.1, **change}
    with pytest.raises(ConfigError, match=word):
        SpinDynamics(Hamiltonian(), **arguments)
