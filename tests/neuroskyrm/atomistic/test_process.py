"""Processes: initial states, labels, determinism, threads."""

from __future__ import annotations

import numpy as np
import pytest

from neuroskyrm.atomistic import (
    LABELS,
    FieldPulse,
    Hamiltonian,
    Process,
    TextureState,
    label_process,
    relaxed_skyrmion,
    simulate_process,
    simulate_processes,
    skyrmion_seed,
    texture_state,
    uniform,
    watch,
    with_pulse,
)
from neuroskyrm.constants import RYDBERG
from neuroskyrm.errors import ConfigError, ConvergenceError
from neuroskyrm.texture.lattice_charge import lattice_charge
from neuroskyrm.texture.lattice_islands import islands

SMALL = Process(damping=0.3, pulse=FieldPulse(width=4e-12), shape=(40, 40))


@pytest.mark.parametrize("core", [1, -1])
def test_relaxed_skyrmion_is_an_equilibrium_of_unit_charge(core):
    hamiltonian = Hamiltonian()
    spins = relaxed_skyrmion(hamiltonian, (40, 40), core)
    torque = np.abs(np.cross(spins, hamiltonian.field(spins), axis=0)).max()
    assert torque < 2e-4 * hamiltonian.exchange_field
    assert lattice_charge(spins) == pytest.approx(core, abs=1e-5)
    assert hamiltonian.energy(spins) < hamiltonian.energy(skyrmion_seed((40, 40), core=core))
    assert np.sign(spins[2].mean()) == -core


def test_singly_counted_pairs_lose_the_skyrmion():
    """Read the other way, Eq. (1) does not hold the skyrmion that the paper starts from."""
    with pytest.raises(ConvergenceError):
        relaxed_skyrmion(Hamiltonian(pair_count=1), (40, 40))


def test_no_skyrmion_without_dmi():
    with pytest.raises(ConvergenceError, match="not stable"):
        relaxed_skyrmion(Hamiltonian(dmi=1e-3 * 0.001 * RYDBERG), (30, 30))


def shifted(spins, rows, columns):
    return np.roll(spins, (rows, columns), axis=(1, 2))


@pytest.mark.parametrize("shift", [(0, 0), (20, 0), (0, 20), (20, 20), (3, 17)])
def test_counting_does_not_depend_on_where_the_skyrmion_is(shift):
    spins = shifted(skyrmion_seed((40, 40)), *shift)
    assert texture_state(spins) == TextureState(-1, 1, percolates=False, charge=1)


def test_two_skyrmions_and_a_stripe_are_told_apart():
    pair = np.concatenate([skyrmion_seed((40, 40)), skyrmion_seed((40, 40))], axis=2)
    assert texture_state(pair) == TextureState(-1, 2, percolates=False, charge=2)
    stripe = uniform((40, 40))
    stripe[2, :, 10:15] = -1
    found = islands(stripe[2])
    assert len(found) == 1
    assert found[0].percolates


START = TextureState(-1, 1, percolates=False, charge=1)


@pytest.mark.parametrize(
    ("final", "label"),
    [
        (TextureState(-1, 1, percolates=False, charge=1), "breathing"),
        (TextureState(1, 1, percolates=False, charge=-1), "switching"),
        (TextureState(1, 0, percolates=False, charge=0), "collapse"),
        (TextureState(1, 2, percolates=False, charge=-2), "mixed"),
        (TextureState(1, 1, percolates=True, charge=-1), "mixed"),
        (TextureState(1, 1, percolates=False, charge=0), "mixed"),
        (TextureState(-1, 1, percolates=False, charge=-1), "mixed"),
    ],
)
def test_label_rule(final, label):
    assert LABELS[label_process(START, final)] == label


def test_pulse_is_the_gaussian_of_the_paper():
    pulse = FieldPulse(width=10e-12, polar=40.0, azimuth=90.0)
    peak = np.array(pulse.field(40e-12))
    np.testing.assert_allclose(
        peak, 2 * np.array([0, np.sin(np.radians(40)), 0.7660444431]), atol=1e-9
    )
    np.testing.assert_allclose(pulse.field(50e-12), np.exp(-0.5) * peak)
    assert pulse.field(25e-12) == pytest.approx(pulse.field(55e-12))
    with pytest.raises(ConfigError, match="width"):
        FieldPulse(width=0.0)


def test_runs_do_not_depend_on_threads():
    processes = [with_pulse(SMALL, width=w) for w in (3e-12, 9e-12, 20e-12, 30e-12)]
    serial = list(simulate_processes(processes))
    threaded = list(simulate_processes(processes, threads=2))
    for one, other in zip(serial, threaded, strict=True):
        assert np.array_equal(one.frames, other.frames)
        assert one.label == other.label


def test_watching_gives_the_frames_of_the_run():
    run = simulate_process(SMALL)
    for (time, spins), frame, at in zip(watch(SMALL), run.frames, run.times, strict=True):
        assert time == at
        assert np.array_equal(spins[2], frame)


def test_reversed_start_and_pulse_give_the_reversed_process():
    """A half turn about x maps core up to core down and (Bx, Bz) to (Bx, -Bz)."""
    up = simulate_process(SMALL)
    down = simulate_process(
        Process(damping=0.3, pulse=FieldPulse(width=4e-12, polar=140.0), shape=(40, 40), core=-1)
    )
    assert up.label == down.label
    np.testing.assert_allclose(up.mz, -down.mz, atol=2e-3)
    assert np.array_equal(up.charge, -down.charge)


def test_leaving_early_does_not_wait_for_the_rest(monkeypatch):
    """An interrupted diagram must not simulate its whole queue before it stops."""
    import neuroskyrm.atomistic.process as module

    begun = []
    plain = module.simulate_process

    def counted(process):
        begun.append(process)
        return plain(process)

    monkeypatch.setattr(module, "simulate_process", counted)
    few = Process(0.3, FieldPulse(4e-12), shape=(24, 24), frame_times=(0.0, 1e-12))
    runs = simulate_processes([few] * 500, threads=2)
    next(runs)
    runs.close()
    assert len(begun) < 500


def test_observer_sees_every_frame_and_changes_nothing():
    process = Process(0.3, FieldPulse(4e-12), shape=(24, 24), frame_times=(0.0, 1e-12, 3e-12))
    seen = []
    run = simulate_process(process, lambda time, spins: seen.append((time, spins)))
    assert [time for time, _ in seen] == [0.0, 1e-12, 3e-12]
    np.testing.assert_array_equal([spins[2] for _, spins in seen], run.frames)
    np.testing.assert_array_equal(run.frames, simulate_process(process).frames)
