"""The time constant of settling: found where there is one, and not invented where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from devicemodels.calibrate_settling import fit_settling, settling_record
from neuroskyrm.errors import DeviceError

TIME = np.linspace(0.1e-9, 10e-9, 60)


def rests(amplitude: float, constant: float, noise: float, count: int = 24) -> np.ndarray:
    """Return rests at scattered levels that settle alike [S]."""
    rng = np.random.default_rng(3)
    level = rng.uniform(20e-6, 33e-6, size=(count, 1))
    settled = level + amplitude * np.exp(-TIME / constant)
    return np.asarray(settled + noise * rng.normal(size=settled.shape))


def test_constant_and_amplitude_come_back():
    constant, amplitude = fit_settling(TIME, rests(-0.5e-6, 0.8e-9, noise=0.0))
    assert constant == pytest.approx(0.8e-9, rel=0.02)
    assert amplitude == pytest.approx(-0.5e-6, rel=0.02)


def test_interval_holds_the_truth_under_noise():
    found = settling_record(
        TIME, rests(-0.5e-6, 0.8e-9, noise=0.3e-6), np.random.default_rng(0), draws=200
    )
    assert found["measured"]
    assert found["time"][1] < 0.8e-9 < found["time"][2]
    assert found["amplitude"][1] < -0.5e-6 < found["amplitude"][2]
    assert found["late"][1] < 0 < found["late"][2]


def test_no_settling_is_not_measured():
    found = settling_record(
        TIME, rests(0.0, 1e-9, noise=0.3e-6), np.random.default_rng(0), draws=200
    )
    assert not found["measured"]


@pytest.mark.parametrize(
    ("time", "shape"), [(TIME, (3, 59)), (TIME[:3], (2, 3)), (TIME[::-1], (2, 60))]
)
def test_what_cannot_be_fitted_is_refused(time, shape):
    with pytest.raises(DeviceError, match="settling"):
        fit_settling(time, np.zeros(shape))
