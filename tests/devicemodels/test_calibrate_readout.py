"""The read-out: conductance goes by the reversed fraction of the area under the junction."""

from __future__ import annotations

import numpy as np
import pytest

from devicemodels.readout import Readout
from neuroskyrm.errors import DeviceError
from neuroskyrm.micromagnetics.track import PAPER


def test_empty_post_synapse_reads_G0():
    f = Readout().fraction(np.zeros((3, PAPER.shape[1])), PAPER)
    assert Readout().conductance(f) == pytest.approx(20e-6)


def test_fully_reversed_post_synapse_reads_the_whole_ratio():
    profile = np.zeros(PAPER.shape[1])
    profile[100:] = 1
    assert Readout().conductance(Readout().fraction(profile, PAPER)) == pytest.approx(76e-6)


def test_pre_synapse_is_not_read():
    profile = np.zeros(PAPER.shape[1])
    profile[:100] = 1
    assert Readout().fraction(profile, PAPER) == 0


def test_a_smaller_junction_over_the_same_skyrmions_reads_more():
    profile = np.zeros(PAPER.shape[1])
    profile[120:140] = 0.5
    whole, part = Readout(), Readout(start=50e-9, end=260e-9)
    assert part.area(PAPER) < whole.area(PAPER)
    ratio = part.fraction(profile, PAPER) / whole.fraction(profile, PAPER)
    assert ratio == pytest.approx(whole.area(PAPER) / part.area(PAPER))


@pytest.mark.parametrize(("start", "end"), [(0.0, 500e-9), (-500e-9, 0.0), (100e-9, 100e-9)])
def test_a_junction_off_the_track_is_refused(start, end):
    with pytest.raises(DeviceError, match="does not lie on the track"):
        Readout(start=start, end=end).columns(PAPER)


def test_a_narrower_junction_reads_more_of_the_same_skyrmions():
    profile = np.zeros(PAPER.shape[1])
    profile[120:140] = 0.5
    whole, part = Readout(), Readout(across=110e-9)
    assert part.area(PAPER) == pytest.approx(whole.area(PAPER) / 2)
    assert part.fraction(profile, PAPER) == pytest.approx(2 * whole.fraction(profile, PAPER))


@pytest.mark.parametrize("across", [0.0, 230e-9])
def test_a_junction_wider_than_the_track_is_refused(across):
    with pytest.raises(DeviceError, match="no wider than the track"):
        Readout(across=across).area(PAPER)
