"""Pairs of devices are exactly their integer codes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from crossbar import dale
from neuroskyrm.errors import ConfigError

LEVELS = [20e-6, 22e-6, 25e-6, 26e-6]


@given(arrays(np.int8, (3, 4), elements=st.integers(-127, 127)))
def test_pairs_round_trip(codes):
    plus, minus = dale.to_pair(codes)
    assert (dale.from_pair(plus, minus) == codes).all()
    assert ((plus == 0) | (minus == 0)).all()


@given(arrays(np.float64, 20, elements=st.floats(-6e-6, 6e-6)))
def test_quantise_takes_the_nearest_level(weights):
    signed = dale.signed_levels(LEVELS)
    codes = dale.quantise(weights, LEVELS, scale=1.0)
    distance = np.abs(weights - signed[codes.astype(int) + 3])
    assert distance == pytest.approx(np.abs(weights[:, None] - signed).min(axis=1), abs=1e-18)


def test_signed_levels_are_antisymmetric_with_zero_in_the_middle():
    signed = dale.signed_levels(LEVELS)
    assert signed == pytest.approx(-signed[::-1])
    assert signed[3] == 0
    assert len(dale.signed_levels(LEVELS, positive=2)) == 5


def test_full_scale_puts_the_largest_weight_on_the_highest_level():
    weights = np.array([0.3, -0.5])
    scale = dale.full_scale(weights, LEVELS)
    assert dale.quantise(weights, LEVELS, scale).tolist()[1] == -3


def test_populations_double_the_rows_with_one_sign_each():
    codes = np.array([[1, -2], [0, 3]])
    states, sign = dale.populations(codes)
    assert states.shape == (4, 2)
    assert ((states.astype(int) * sign[:, None])[:2] + (states * sign[:, None])[2:] == codes).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dale.quantise([np.nan], LEVELS, 1.0), "NaN"),
        (lambda: dale.quantise([1.0], LEVELS, 1.0), "range ends at"),
        (lambda: dale.quantise([1.0], LEVELS, 0.0), "scale"),
        (lambda: dale.signed_levels([1.0, 1.0]), "rising"),
        (lambda: dale.signed_levels(LEVELS, positive=4), "1 to 3"),
        (lambda: dale.full_scale([0.0], LEVELS), "largest"),
        (lambda: dale.from_pair(np.zeros(2, np.uint8), np.zeros(3, np.uint8)), "shapes"),
        (lambda: dale.from_pair(np.array([200], np.uint8), np.array([0], np.uint8)), "127"),
    ],
)
def test_impossible_matrices_are_refused(call, message):
    with pytest.raises(ConfigError, match=message):
        call()


def test_saturation_is_a_choice():
    assert dale.quantise([1.0, -1.0], LEVELS, 1.0, saturate=True).tolist() == [3, -3]
