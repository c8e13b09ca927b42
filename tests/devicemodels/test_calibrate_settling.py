"""The time constant of settling: found where there is one, and not invented where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from devicemodels.calibrate_settling import distance_from_end, settling_record
from neuroskyrm.errors import DeviceError

TIME = np.linspace(0.1e-9, 10e-9, 60)


def rests(spread: float, constant: float, noise: float, count: int = 24) -> np.ndarray:
    """Return rests at scattered levels that begin as often above as below them [S]."""
    rng = np.random.default_rng(3)
    level = rng.uniform(20e-6, 33e-6, size=(count, 1))
    off = spread * rng.normal(size=(count, 1))
    settled = level + off * np.exp(-TIME / constant)
    return np.asarray(settled + noise * rng.normal(size=settled.shape))


def test_constant_and_spread_come_back():
    found = settling_record(TIME, rests(0.9e-6, 0.8e-9, noise=0.3e-6), np.random.default_rng(0))
    assert found["measured"]
    assert found["time"][1] < 0.8e-9 < found["time"][2]
    assert found["spread"][1] < 0.9e-6 < found["spread"][2]
    assert found["noise"] == pytest.approx(0.3e-6, rel=0.05)


def test_no_settling_is_seldom_measured():
    """At most 5 % in the mean; 5 of 40 would happen once in 27 such tests, 7 in 340."""
    wrong = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        still = 25e-6 + 0.3e-6 * rng.normal(size=(24, len(TIME)))
        wrong += settling_record(TIME, still, rng, draws=100)["measured"]
    assert wrong <= 6


def test_reads_of_the_end_are_left_out():
    time, squared = distance_from_end(TIME, rests(0.0, 1e-9, noise=0.0))
    assert time[-1] <= 2 / 3 * TIME[-1]
    assert squared == pytest.approx(0.0, abs=1e-20)


@pytest.mark.parametrize(
    ("time", "shape"), [(TIME, (3, 59)), (TIME[:3], (2, 3)), (TIME[::-1], (2, 60))]
)
def test_what_cannot_be_fitted_is_refused(time, shape):
    with pytest.raises(DeviceError, match="settling"):
        distance_from_end(time, np.zeros(shape))
