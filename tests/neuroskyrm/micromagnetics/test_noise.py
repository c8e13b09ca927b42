import numpy as np
import pytest
from scipy import stats

from neuroskyrm.constants import BOLTZMANN, GAMMA
from neuroskyrm.micromagnetics import Mesh, Simulation, Tolerance
from neuroskyrm.micromagnetics.noise import normal_pair_row, philox_row


def test_words_are_those_of_philox():
    # Known answer of the authors' test set (random123, kat_vectors): all counters and keys zero.
    words = np.zeros((4, 3), dtype=np.uint64)
    philox_row(words, 0, 0, 0)
    assert [hex(int(w)) for w in words[:, 0]] == [
        "0x6627e8d5",
        "0xe169c58d",
        "0xbc57ac4c",
        "0x9b00dbd8",
    ]


def test_numbers_are_normal_and_independent():
    n = 200_000
    words = np.zeros((4, n), dtype=np.uint64)
    philox_row(words, 3, 7, 11)
    first, second = np.zeros(n, np.float32), np.zeros(n, np.float32)
    normal_pair_row(first, second, words[0], words[1])
    for numbers in (first, second):
        assert stats.kstest(numbers.astype(float), "norm").pvalue > 1e-3
        assert numbers.mean() == pytest.approx(0, abs=5 / np.sqrt(n))
        assert numbers.var() == pytest.approx(1, abs=5 * np.sqrt(2 / n))
        assert stats.kurtosis(numbers) == pytest.approx(0, abs=5 * np.sqrt(24 / n))
    assert np.mean(first * second) == pytest.approx(0, abs=5 / np.sqrt(n))
    assert np.mean(first**2 * second**2) == pytest.approx(1, abs=5 * np.sqrt(8 / n))


def test_polynomials_are_the_logarithm_and_the_sine():
    rng = np.random.default_rng(0)
    u, v = rng.integers(0, 2**32, (2, 10_000)).astype(np.uint64)
    first, second = np.zeros(10_000, np.float32), np.zeros(10_000, np.float32)
    normal_pair_row(first, second, u, v)
    x = ((u >> np.uint64(8)).astype(float) + 0.5) * 2.0**-24
    angle = 2 * np.pi * (((v >> np.uint64(8)).astype(float) + 0.5) * 2.0**-24 - 0.5)
    radius = np.sqrt(-2 * np.log(x))
    np.testing.assert_allclose(first, radius * np.cos(angle), atol=3e-6)
    np.testing.assert_allclose(second, radius * np.sin(angle), atol=3e-6)


def warm(seed=5, threads=1, alpha=0.1, dtype=np.float32):
    mesh = Mesh.multilayer(33, 17, 2e-9, 3e-9, 2)
    Ms = np.full(mesh.shape, 8e5)
    Ms[0, 3, 4] = 0
    return Simulation(mesh, [], Ms, alpha, temperature=300, seed=seed, threads=threads, dtype=dtype)


def test_variance_is_browns():
    simulation = warm()
    total = 0.0
    for step in range(200):
        simulation.system.draw_noise(step, 1e-13)
        total += np.mean(simulation.system.thermal[:, 1].astype(float) ** 2) / 200
    volume = 2e-9 * 3e-9 * 1e-9
    expected = 2 * 0.1 * BOLTZMANN * 300 / (GAMMA * 8e5 * volume * 1e-13)
    assert total == pytest.approx(expected, rel=0.01)
    assert (simulation.system.thermal[:, 0, 3, 4] == 0).all()


def test_steps_rows_and_seeds_have_their_own_numbers():
    one, other = warm(), warm(seed=6)
    one.system.draw_noise(0, 1e-13)
    other.system.draw_noise(0, 1e-13)
    first = one.system.thermal.copy()
    assert abs(np.corrcoef(first.ravel(), other.system.thermal.ravel())[0, 1]) < 0.05
    one.system.draw_noise(1, 1e-13)
    assert abs(np.corrcoef(first.ravel(), one.system.thermal.ravel())[0, 1]) < 0.05
    assert abs(np.corrcoef(first[:, 1, 2].ravel(), first[:, 1, 3].ravel())[0, 1]) < 0.4


def test_a_rejected_step_is_repeated_with_the_same_noise_rescaled(monkeypatch):
    mesh = Mesh.multilayer(9, 5, 2e-9, 2e-9)
    simulation = Simulation(
        mesh, [], 8e5, 0.1, temperature=300, scheme="dormand-prince", dt=1e-11,
        tolerance=Tolerance(error=1e-3),
    )  # fmt: skip
    system, drawn = simulation.system, []
    draw = system.draw_noise

    def watched(step, dt):
        draw(step, dt)
        drawn.append((step, dt, system.thermal * dt**0.5))

    monkeypatch.setattr(system, "draw_noise", watched)
    done = simulation.integrator.step(0.0, 1e-11, lambda t: 0.0)
    assert len(drawn) > 1
    assert {step for step, *_ in drawn} == {0}
    assert drawn[-1][1] == done < drawn[0][1]
    np.testing.assert_allclose(drawn[-1][2], drawn[0][2], rtol=1e-6)
    simulation.integrator.step(done, done, lambda t: 0.0)
    assert drawn[-1][0] == 1
    assert np.abs(drawn[-1][2] - drawn[0][2]).max() > 0
