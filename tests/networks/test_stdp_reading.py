"""Noisy reads of whole rows: the same in distribution as noise drawn device by device."""

import numpy as np
import pytest
from scipy.stats import kurtosis

from networks.encoding import fill_uniforms, random_words
from networks.stdp_reading import add_noisy_rows, add_rows, normal_table, stretches

NEURONS = 400


@pytest.fixture(scope="module")
def reads():
    """5,000 reads of the same three rows: weights of 0, standard deviations that differ."""
    rng = np.random.default_rng(1)
    sd = rng.uniform(0.5, 2.0, (3, NEURONS)).astype(np.float32)
    table = normal_table(NEURONS, rng)
    pixels = np.tile(np.arange(3, dtype=np.uint16), 5000)
    found = np.zeros((5000, NEURONS), np.float32)
    nothing = np.zeros(0, np.float32)
    for k in range(5000):
        add_noisy_rows(found[k], 0 * sd, sd, table, nothing, pixels, 3 * k, 3 * k + 3, np.uint64(7))
    return sd, found


def test_the_noise_of_a_column_has_the_summed_variance_of_its_devices(reads):
    sd, found = reads
    ratio = found.var(axis=0) / (sd**2).sum(axis=0)
    assert ratio.mean() == pytest.approx(1, abs=0.01)
    # 5,000 draws scatter by sqrt(2 / 5000) = 2 %, the finite table adds about as much.
    assert ratio.std() < 0.035


def test_the_noise_has_no_mean_and_is_normal(reads):
    sd, found = reads
    standard = found / np.sqrt((sd**2).sum(axis=0))
    assert np.abs(standard.mean(axis=0)).max() < 4.5 / np.sqrt(5000)
    assert kurtosis(standard, axis=None) == pytest.approx(0, abs=0.03)


def test_the_noise_of_different_columns_and_times_is_independent(reads):
    _, found = reads
    columns = np.corrcoef(found[:, ::16].T)
    apart = columns[~np.eye(len(columns), dtype=bool)]
    assert np.abs(apart).max() < 0.1
    assert apart.std() < 0.025  # 1.4 % from 5,000 draws, the rest from the table
    in_time = np.corrcoef(found[:-1, 5], found[1:, 5])[0, 1]
    assert abs(in_time) < 4 / np.sqrt(5000)


def test_over_all_places_every_neuron_has_mean_zero_and_variance_one():
    table = normal_table(NEURONS, np.random.default_rng(2))
    half = len(table) // 2
    begin = np.concatenate([np.arange(half - NEURONS + 1) + k * half for k in (0, 1)])
    for neuron in (0, 7, NEURONS - 1):
        met = table[begin + neuron].astype(np.float64)
        assert met.sum() == 0
        assert met.var() == pytest.approx(1, rel=1e-6)


def test_stretches_begin_anywhere_in_either_half():
    table = normal_table(NEURONS, np.random.default_rng(2))
    half = len(table) // 2
    begin = stretches(random_words(np.uint64(3), 40000), len(table), NEURONS)
    places = begin % half
    assert places.min() == 0
    assert places.max() == half - NEURONS
    assert (begin >= half).mean() == pytest.approx(0.5, abs=0.015)
    counts, _ = np.histogram(places, bins=16)
    assert counts == pytest.approx(2500, abs=250)


def test_reads_without_noise_are_the_weights_and_a_gain_scales_both():
    rng = np.random.default_rng(3)
    weights = rng.random((5, 20)).astype(np.float32)
    table, pixels = normal_table(20, rng), np.array([0, 2, 4], np.uint16)
    gain = np.full(20, 2.0, np.float32)
    plain, silent, noisy, scaled = (np.zeros(20, np.float32) for _ in range(4))
    add_rows(plain, weights, gain[:0], pixels, 0, 3)
    key = np.uint64(1)
    add_noisy_rows(silent, weights, 0 * weights, table, gain[:0], pixels, 0, 3, key)
    assert np.array_equal(plain, silent)
    assert plain == pytest.approx(weights[[0, 2, 4]].sum(axis=0))
    add_noisy_rows(noisy, weights, weights, table, gain[:0], pixels, 0, 3, key)
    add_noisy_rows(scaled, weights, weights, table, gain, pixels, 0, 3, key)
    assert scaled == pytest.approx(2 * noisy, rel=1e-5)
    assert not np.allclose(noisy, plain)


def test_gates_are_uniform_and_independent_of_place_and_key():
    numbers = np.empty((2000, 784), np.float32)
    for k in range(2000):
        fill_uniforms(np.uint64(k * 0x9E3779B97F4A7C15 % 2**64), numbers[k])
    assert 0 <= numbers.min() < numbers.max() < 1
    counts, _ = np.histogram(numbers, bins=50, range=(0, 1))
    expected = numbers.size / 50
    assert ((counts - expected) ** 2 / expected).sum() < 95  # 49 degrees: p = 1e-4
    open_gates = (numbers < 0.05).mean(axis=0)
    assert np.abs(open_gates - 0.05).max() < 4.5 * np.sqrt(0.05 * 0.95 / 2000)
    neighbours = np.corrcoef(numbers[:, 100], numbers[:, 101])[0, 1]
    assert abs(neighbours) < 4 / np.sqrt(2000)
