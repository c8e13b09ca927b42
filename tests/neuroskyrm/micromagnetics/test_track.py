"""The geometry of the synapse and the arithmetic of its drive."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neuroskyrm.constants import MU0
from neuroskyrm.errors import ConfigError
from neuroskyrm.micromagnetics.track import DEMO, PAPER, PRESETS, RIM, Barrier, Film, Rim, preset
from neuroskyrm.micromagnetics.track_drive import (
    INITIALISATION,
    Drive,
    Step,
    cycles,
    default_drive,
    train,
)


def test_paper_track_is_that_of_appendix_a():
    assert (PAPER.length, PAPER.width) == (800e-9, 220e-9)
    assert PAPER.gap == pytest.approx(37.5e-9)
    film = PAPER.film
    assert (film.Ms, film.A, film.D, film.Ku, film.alpha) == (956e3, 10e-12, 1.7e-3, 717e3, 0.1)
    assert PAPER.barrier.Ku == 860e3
    assert PAPER.field == 80e-3
    assert PAPER.driven_layers == [0, 3]


def test_rim_track_leaves_gaps_of_44_nm():
    assert RIM.gap == pytest.approx(44e-9)
    assert RIM.driven_layers == [0, 1, 2, 3]


def test_single_layer_is_both_outer_layers():
    assert replace(PAPER, layers=1).driven_layers == [0]


def test_outer_layers_may_be_driven_against_each_other():
    opposed = replace(PAPER, driven="opposite")
    assert opposed.torque_of_layers().tolist() == [1, 0, 0, -1]
    assert PAPER.torque_of_layers().tolist() == [1, 0, 0, 1]
    assert replace(opposed, layers=1).torque_of_layers().tolist() == [1]
    with pytest.raises(ConfigError, match="no effective film"):
        opposed.effective()


@pytest.mark.parametrize("track", PRESETS.values(), ids=PRESETS)
def test_masks_are_symmetric_about_the_middle(track):
    for mask in (track.barrier_mask(), track.rim_mask()):
        assert mask.shape == track.shape
        assert np.array_equal(mask, mask[::-1])
        assert np.array_equal(mask, mask[:, ::-1])


def test_barrier_has_its_area():
    fine = replace(PAPER, cell=1e-9)
    corners = (4 - np.pi) * PAPER.barrier.corner**2
    expected = 145e-9 * 60e-9 - corners
    assert fine.barrier_mask().sum() * 1e-18 == pytest.approx(expected, rel=0.02)


def test_shifted_barrier_opens_one_lane():
    mask = replace(PAPER, barrier=replace(PAPER.barrier, shift=30e-9)).barrier_mask()
    free = ~mask[:, mask.shape[1] // 2]
    below, above = np.argmin(free), np.argmin(free[::-1])
    assert (below - above) * PAPER.cell == pytest.approx(60e-9, abs=PAPER.cell)


def test_no_barrier_is_no_mask():
    assert not replace(PAPER, barrier=Barrier(across=0)).barrier_mask().any()


def test_anisotropy_is_raised_in_barrier_and_rim_only():
    Ku = RIM.anisotropy()[0]
    assert set(np.unique(Ku)) == {717e3, 860e3, 1.5e6}
    assert np.all(Ku[RIM.rim_mask()] == 1.5e6)
    ny, nx = RIM.shape
    rim_cells = ny * nx - (ny - 12) * (nx - 12)  # 24 nm are 6 cells
    assert RIM.rim_mask().sum() == rim_cells


@pytest.mark.parametrize("track", PRESETS.values(), ids=PRESETS)
def test_nuclei_lie_apart_in_the_pre_synapse(track):
    places = np.array(track.nuclei())
    assert len(places) == track.skyrmions
    assert places[:, 0].max() < track.length / 2 - track.barrier.along / 2
    assert places.min() > track.rim.width
    apart = np.linalg.norm(places[:, None] - places[None], axis=-1)
    apart[np.diag_indices(len(places))] = np.inf
    assert apart.min() > 30e-9


def test_places_are_measured_from_the_middle():
    track = replace(PAPER, skyrmions=2, places=((-100e-9, 0.0), (100e-9, 10e-9)))
    assert np.allclose(track.nuclei(), [(300e-9, 110e-9), (500e-9, 120e-9)])


def test_with_gap_sets_the_gap():
    assert RIM.with_gap(40e-9).gap == pytest.approx(40e-9)
    assert PAPER.with_gap(48e-9).barrier.across == pytest.approx(124e-9)


def test_presets_by_name():
    assert preset("rim") is RIM
    with pytest.raises(
        ConfigError, match=r"no track 'rimm'; the presets are paper, rim, compact, register, demo"
    ):
        preset("rimm")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"length": 801e-9}, "200.25 cells"),
        ({"width": -1.0}, "'track.width' = -1 must be greater than 0"),
        ({"temperature": -3.0}, "-3 K must be 0 or more"),
        ({"driven": "inner"}, "must be 'outer', 'opposite' or 'all'"),
        ({"layers": 0}, "'track.layers' = 0 must be 1 or more"),
        ({"rim": Rim(width=60e-9)}, "are wider than the track"),
        ({"places": ((0.0, 0.0),)}, "has 1 positions for 'track.skyrmions' = 16"),
        ({"places": ((0.0, 111e-9),), "skyrmions": 1}, r"places\[0\]' = .* outside the track"),
    ],
)
def test_impossible_tracks_are_refused(change, sentence):
    with pytest.raises(ConfigError, match=sentence):
        replace(PAPER, **change)


def test_impossible_film_is_refused():
    with pytest.raises(ConfigError, match=r"film\.Ms"):
        Film(Ms=0)
    with pytest.raises(ConfigError, match=r"film\.period"):
        Film(period=0.5e-9)


def test_energy_is_equation_3():
    drive = default_drive(PAPER)
    assert drive.energy(PAPER) == pytest.approx(300e-15, rel=0.01)
    assert drive.energy(PAPER, INITIALISATION) == pytest.approx(
        drive.energy(PAPER) * 0.01 * 12.5
    )  # a tenth of the current for 25 ns instead of 2 ns


def test_energy_goes_with_current_squared_and_width():
    drive = default_drive(PAPER)
    doubled = replace(drive, nominal=2 * drive.nominal)
    assert doubled.energy(PAPER) == pytest.approx(4 * drive.energy(PAPER))
    longer = replace(drive, steps=cycles(width=4e-9))
    assert longer.energy(PAPER) == pytest.approx(2 * drive.energy(PAPER))


def test_cycles_begin_when_depression_turns_to_potentiation():
    drive = Drive(cycles(pulses=2, count=2), current=1e10, nominal=1e11)
    assert [step.polarity for step in drive.steps] == [1, 1, -1, -1, 1, 1, -1, -1]
    assert drive.cycles == [0, 0, 0, 0, 1, 1, 1, 1]
    assert drive.duration == pytest.approx(8 * 7e-9)


def test_pauses_do_not_begin_a_cycle():
    drive = Drive(train([1, 0, 1, -1, 0, -1, 0, 1]), current=1e10, nominal=1e11)
    assert drive.cycles == [0, 0, 0, 0, 0, 0, 0, 1]


def test_initialisation_goes_first():
    drive = default_drive(RIM).preceded_by(INITIALISATION)
    assert drive.steps[0] is INITIALISATION
    assert len(drive.steps) == 41


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"steps": ()}, "needs at least one pulse"),
        ({"current": 0.0}, "'drive.current' = 0 must be > 0"),
        ({"reads": 0}, "'drive.reads' = 0 must be 1 or more"),
        ({"steps": (Step(1, 2e-9, 0.0),)}, "the pause above 0"),
    ],
)
def test_impossible_drives_are_refused(change, sentence):
    with pytest.raises(ConfigError, match=sentence):
        replace(default_drive(DEMO), **change)


def test_effective_film_has_moment_and_perpendicular_anisotropy_of_the_stack():
    film, whole = PAPER.effective().film, PAPER.film
    assert film.Ms * film.thickness == pytest.approx(4 * whole.Ms * whole.thickness)
    assert film.A * film.thickness == pytest.approx(4 * whole.A * whole.thickness)

    def areal(film: Film, layers: int, Ku: float) -> float:
        """Energy to lay the whole stack in plane [J/m^2]: anisotropy less shape."""
        return layers * film.thickness * (Ku - MU0 * film.Ms**2 / 2)

    for thin, thick in ((film.Ku, whole.Ku), (PAPER.effective().barrier.Ku, PAPER.barrier.Ku)):
        assert areal(film, 1, thin) == pytest.approx(areal(whole, 4, thick))
