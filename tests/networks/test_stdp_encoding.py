"""Poisson coding: right rates, independent of everything but its key."""

import numpy as np
import pytest

from networks.encoding import PoissonCode, poisson_spikes, random_words, stream_key
from neuroskyrm.errors import ConfigError


def spike_counts(image, presentations, code):
    counts = np.zeros((presentations, image.size))
    for k in range(presentations):
        _, pixel = poisson_spikes(image, code, stream_key(4, "test", k))
        counts[k] = np.bincount(pixel, minlength=image.size)
    return counts


def test_each_pixel_has_the_mean_and_variance_of_independent_bernoulli_steps():
    code = PoissonCode()
    image = np.array([0, 32, 128, 255], np.uint8)
    counts = spike_counts(image, 3000, code)
    chance = 1 - np.exp(-code.rate * code.step * image / 255)
    mean, variance = code.steps * chance, code.steps * chance * (1 - chance)
    standard_error = np.sqrt(variance / len(counts))
    assert np.all(np.abs(counts.mean(axis=0) - mean) <= 4 * standard_error)
    assert counts[:, 1:].var(axis=0) == pytest.approx(variance[1:], rel=0.12)
    correlation = np.corrcoef(counts[:, 1:].T)
    assert np.abs(correlation[~np.eye(3, dtype=bool)]).max() < 4 / np.sqrt(len(counts))


def test_spikes_are_spread_evenly_over_time():
    code = PoissonCode()
    image = np.full(200, 255, np.uint8)
    steps = np.concatenate([poisson_spikes(image, code, stream_key(1, k))[0] for k in range(50)])
    observed, _ = np.histogram(steps, bins=10, range=(0, code.steps))
    expected = len(steps) / 10
    assert ((observed - expected) ** 2 / expected).sum() < 30  # chi-squared, 9 degrees: p = 4e-4


def test_a_pixel_spikes_at_most_once_a_step_and_spikes_are_sorted():
    step, pixel = poisson_spikes(np.full(5, 255, np.uint8), PoissonCode(rate=2000), stream_key(2))
    order = step * 5 + pixel.astype(np.int64)
    assert len(order) > 1000
    assert np.all(np.diff(order) > 0)


def test_the_same_key_gives_the_same_spikes_and_another_key_others():
    image = np.full(50, 200, np.uint8)
    first, again, other = (
        poisson_spikes(image, PoissonCode(), stream_key(seed, "a")) for seed in (1, 1, 2)
    )
    assert np.array_equal(first[1], again[1])
    assert np.array_equal(first[0], again[0])
    assert not np.array_equal(first[1][:40], other[1][:40])


def test_boost_scales_the_rate():
    image = np.full(400, 255, np.uint8)
    plain = len(poisson_spikes(image, PoissonCode(), stream_key(1))[0])
    boosted = len(poisson_spikes(image, PoissonCode(), stream_key(1), boost=2.0)[0])
    assert boosted / plain == pytest.approx(2, rel=0.1)


def test_a_black_image_is_silent():
    step, _ = poisson_spikes(np.zeros(784, np.uint8), PoissonCode(), stream_key(1))
    assert step.size == 0


def test_random_words_are_uniform_in_both_halves():
    words = random_words(stream_key(9), 40000)
    for half in (words >> np.uint64(32), words & np.uint64(0xFFFFFFFF)):
        assert half.mean() / 2**32 == pytest.approx(0.5, abs=0.006)
        assert np.histogram(half, 16, (0, 2**32))[0] == pytest.approx(2500, rel=0.1)


@pytest.mark.parametrize("field", ["rate", "duration", "step", "rest", "tries"])
def test_senseless_times_and_rates_are_refused(field):
    with pytest.raises(ConfigError, match=field):
        PoissonCode(**{field: -1})


def test_images_may_be_read_for_longer_than_they_are_learned():
    code = PoissonCode(duration_reading=0.7)
    assert code.for_reading().steps == 2 * code.steps
    assert PoissonCode().for_reading() == PoissonCode()
    with pytest.raises(ConfigError, match="duration_reading"):
        PoissonCode(duration_reading=0.0)
