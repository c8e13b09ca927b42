"""The register's wells, and its gate at 0 K: shut at half the current, open at 1.4 times it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neuroskyrm.micromagnetics.track import REGISTER
from neuroskyrm.micromagnetics.track_drive import Drive, Step, default_drive
from neuroskyrm.micromagnetics.track_run import simulate_track

PITCH, WELLS = 70e-9, 4
SHORT = replace(
    REGISTER,
    length=WELLS * PITCH - 35e-9 + 2 * REGISTER.rim.width,
    temperature=0.0,
    skyrmions=1,
    places=((-PITCH / 2, 0.0),),
    regions=(replace(REGISTER.regions[0], copies=WELLS - 1),),
)


def test_wells_lie_between_gates_and_the_file_fills_the_first_half():
    Ku = REGISTER.anisotropy()[0]
    row = Ku[Ku.shape[0] // 2]
    x = REGISTER.coordinates()[0][0]
    wells = x[row == REGISTER.film.Ku].reshape(-1, 7)
    assert len(wells) == 2 * REGISTER.skyrmions
    assert np.allclose(np.diff(wells.mean(axis=1)), PITCH)
    first = wells.mean(axis=1)[: REGISTER.skyrmions]
    assert np.allclose([place[0] for place in REGISTER.places], first)


@pytest.mark.parametrize(("share", "crossed"), [(0.5, 0), (1.4, 1)])
def test_gate_is_shut_at_half_the_current_and_open_at_more(share, crossed):
    drive = default_drive(REGISTER)
    steps = (replace(drive.steps[0], scale=share, pause=0.6e-9), Step(0, 0, 0.4e-9))
    trajectory = simulate_track(SHORT, Drive(steps, drive.current, drive.nominal, reads=2), seed=1)
    assert trajectory["count_total"][-1] == 1
    assert trajectory["count_post"][-1] == crossed
    assert trajectory["torn"].max() == 0
