"""Regions that the user draws on a track."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import yaml
from PIL import Image

from neuroskyrm.app.study import Study, dump_study
from neuroskyrm.errors import ConfigError
from neuroskyrm.micromagnetics.track import DEMO
from neuroskyrm.micromagnetics.track_drive import default_drive
from neuroskyrm.micromagnetics.track_regions import Region
from neuroskyrm.micromagnetics.track_run import build_simulation
from neuroskyrm.thiele.landscape import landscape

STRIPES = Region(along=8e-9, across=60e-9, copies=3, pitch=40e-9, Ku=9e5)


def test_copies_lie_a_pitch_apart_around_their_middle():
    track = replace(DEMO, regions=(replace(STRIPES, x=20e-9),))
    (mask,) = track.region_masks()
    x = track.coordinates()[0][0][mask.any(axis=0)]
    assert np.allclose(x, np.array([-22, -18, 18, 22, 58, 62]) * 1e-9)
    assert mask.sum() == 6 * 60 / 4


def test_later_regions_win_and_lie_over_barrier_and_rim():
    disc = Region(shape="disc", along=24e-9, x=40e-9, D=1.2e-3, Ku=8e5)
    band = Region(along=280e-9, across=8e-9, y=66e-9, Ku=7e5)
    track = replace(DEMO, regions=(STRIPES, disc, band))
    Ku, D = track.anisotropy()[0], track.dmi()[0]
    stripes, round_, edge = track.region_masks()
    assert set(Ku[stripes & ~round_]) == {9e5}
    assert set(Ku[round_]) == {8e5}
    assert set(Ku[edge]) == {7e5}
    assert edge[-2:].all()
    assert not edge[:-2].any()
    assert set(D[round_]) == {1.2e-3}
    assert set(D[~round_]) == {DEMO.film.D}
    assert np.array_equal(track.outlines(), track.barrier_mask() | stripes | round_ | edge)


def test_image_is_stretched_over_the_track(tmp_path):
    picture = np.full((2, 4), 255, dtype=np.uint8)
    picture[0, 1] = 0  # upper half, second quarter
    Image.fromarray(picture).save(tmp_path / "gate.png")
    region = Region(shape="image", file=str(tmp_path / "gate.png"), Ku=9e5)
    track = replace(DEMO, length=160e-9, width=144e-9, regions=(region,))
    ny, nx = track.shape
    expected = np.zeros((ny, nx), dtype=bool)
    expected[-(ny // 2) :, nx // 4 : nx // 2] = True
    assert np.array_equal(track.region_masks()[0], expected)


def test_simulation_feels_the_regions():
    """A field tells what a cell is made of: Ku in plane, D at a wall; only inside the region."""
    region = Region(along=80e-9, across=60e-9, x=-100e-9, Ku=9e5, D=1.0e-3)
    fields = []
    for track in (DEMO, replace(DEMO, regions=(region,))):
        simulation = build_simulation(track, default_drive(DEMO), seed=1)
        fields.append(np.asarray(simulation.effective_field(), dtype=np.float64))
    change = np.abs(fields[1] - fields[0]).max(axis=(0, 1))
    (inside,) = replace(DEMO, regions=(region,)).region_masks()
    near = inside | np.roll(inside, 1, 1) | np.roll(inside, -1, 1)  # a link has two ends
    near |= np.roll(inside, 1, 0) | np.roll(inside, -1, 0)
    raised = 2 * (9e5 - DEMO.film.Ku) / DEMO.film.Ms
    assert change[inside].min() > 1e-3
    assert change[inside].max() > 0.9 * raised
    assert change[~near].max() < 1e-6


def test_effective_film_scales_regions_as_barrier_and_film():
    Ku = DEMO.barrier.Ku
    film = replace(DEMO, regions=(replace(STRIPES, Ku=Ku, D=DEMO.film.D),)).effective()
    found = film.regions[0].Ku, film.regions[0].D
    assert found == pytest.approx((film.barrier.Ku, film.film.D))


def test_study_takes_regions_and_keeps_them():
    region = {"along": "8 nm", "across": "60 nm", "copies": 3, "pitch": "40 nm", "Ku": "0.9 MJ/m^3"}
    study = Study.model_validate({"device": {"regions": [region]}})
    assert study.device.track().regions == (STRIPES,)
    assert Study.model_validate(yaml.safe_load(dump_study(study))) == study


def test_rigid_skyrmions_refuse_what_they_do_not_feel():
    track = replace(DEMO, regions=(replace(STRIPES, D=1.0e-3),))
    with pytest.raises(ConfigError, match="rigid skyrmions do not feel"):
        landscape(track, None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"Ku": None}, r"'track.regions\[0\]' sets neither Ku nor D"),
        ({"along": 0.0}, r"'track.regions\[0\].along' = 0 m must be above 0 for a rectangle"),
        ({"shape": "disc", "along": 0.0}, "above 0 for a disc"),
        ({"shape": "star"}, "'star' must be rectangle, disc or image"),
        ({"shape": "image"}, r"'track.regions\[0\].file' is missing"),
        ({"copies": 0}, "copies' = 0 must be 1 or more"),
        ({"pitch": 0.0}, "pitch' = 0 m above 0"),
        ({"pitch": 200e-9}, r"copy 1 of 'track.regions\[0\]' covers no cell of the track"),
        ({"copies": 1, "y": 1e-6}, r"'track.regions\[0\]' covers no cell"),
        ({"corner": 20e-9}, "corner"),
    ],
)
def test_impossible_regions_are_refused(change, sentence):
    with pytest.raises(ConfigError, match=sentence):
        replace(DEMO, regions=(replace(STRIPES, **change),))
