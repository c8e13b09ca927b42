"""Reference devices move by the mean step and noise that they are given."""

import numpy as np
import pytest

from devicemodels.reference import ideal_continuous, linear_step, soft_bounds, step_matrix
from neuroskyrm.errors import DeviceError


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_the_mean_step_is_exact_far_from_the_bounds(noise):
    grid = np.linspace(0, 1, 41)
    matrix = step_matrix(grid, grid + 0.033, noise)
    middle = slice(8, 32)
    assert (matrix @ grid)[middle] == pytest.approx((grid + 0.033)[middle], abs=1e-9)
    assert matrix.sum(axis=1) == pytest.approx(1)


def test_the_step_noise_is_in_the_matrix():
    grid = np.linspace(0, 1, 101)
    matrix = step_matrix(grid, grid, 0.05)
    variance = matrix[50] @ (grid - 0.5) ** 2
    # sharing a point between neighbours adds the variance of a hat function, at most h^2/4
    assert variance == pytest.approx(0.05**2, abs=0.01**2 / 4)


def test_soft_bounds_approach_the_top_exponentially():
    card = soft_bounds(101, up=0.1)
    x = np.linspace(0, 1, 101)
    power = np.linalg.matrix_power(np.array(card.potentiation.later), 20)
    assert (power @ x)[0] == pytest.approx(1 - 0.9**20, abs=1e-6)


def test_linear_steps_are_equal_until_the_bound():
    card = linear_step(51, up=0.04)
    power = np.linalg.matrix_power(np.array(card.potentiation.later), 10)
    assert (power @ np.linspace(0, 1, 51))[0] == pytest.approx(0.4)


def test_the_continuous_device_has_255_levels():
    assert len(ideal_continuous().levels) == 255


def test_wrong_parameters_are_refused():
    with pytest.raises(DeviceError, match="states"):
        linear_step(1)
    with pytest.raises(DeviceError, match="noise"):
        linear_step(5, noise=float("nan"))
