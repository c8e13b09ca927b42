"""Tolerances of the film become a spread of the conductance range."""

from __future__ import annotations

import numpy as np
import pytest

from devicemodels.calibrate_spread import conductance_spread, skyrmion_area
from neuroskyrm.micromagnetics.track import RIM

WINDOW = 88e-9


def test_a_resting_skyrmion_has_the_size_of_the_stack():
    """About 12 nm by area for n = 4 (16.3 nm free, 13.5 to 14 nm confined, by m_z = 0)."""
    assert 9e-9 < np.sqrt(skyrmion_area(RIM, WINDOW) / np.pi) < 17e-9


def test_more_dmi_makes_larger_skyrmions():
    spread = conductance_spread(RIM, {"D": 0.01}, WINDOW)
    assert spread.sensitivity["D"] > 1
    assert spread.total == pytest.approx(0.01 * spread.sensitivity["D"])
