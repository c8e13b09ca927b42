import numpy as np
import pytest

from neuroskyrm.errors import ConfigError, DataError
from neuroskyrm.micromagnetics import Mesh
from neuroskyrm.micromagnetics.shapes import Disc, Everywhere, Rectangle, mask_from_image

MESH = Mesh.multilayer(200, 100, 1e-9, 1e-9, repeats=1)


def test_areas_are_those_of_geometry():
    disc = Disc(40e-9).mask(MESH).sum()
    assert disc == pytest.approx(np.pi * 40**2, rel=0.01)
    sharp = Rectangle(100e-9, 60e-9).mask(MESH).sum()
    assert sharp == 6000
    rounded = Rectangle(100e-9, 60e-9, corner=20e-9).mask(MESH).sum()
    assert rounded == pytest.approx(6000 - (4 - np.pi) * 400, rel=0.01)


def test_combinations_are_those_of_sets():
    a, b = Disc(30e-9, (-10e-9, 0)), Rectangle(50e-9, 50e-9, (15e-9, 5e-9))
    A, B = a.mask(MESH), b.mask(MESH)
    assert np.array_equal((a | b).mask(MESH), A | B)
    assert np.array_equal((a & b).mask(MESH), A & B)
    assert np.array_equal((a - b).mask(MESH), A & ~B)
    assert np.array_equal((~a).mask(MESH), ~A)
    assert Everywhere().mask(MESH).all()


def test_centre_moves_the_shape():
    mask = Disc(10e-9, (50e-9, -20e-9)).mask(MESH)
    y, x = np.nonzero(mask)
    assert (x.mean() + 0.5 - 100, y.mean() + 0.5 - 50) == pytest.approx((50, -20), abs=0.01)


def test_picture_becomes_a_mask_with_its_top_at_large_y(tmp_path):
    from matplotlib.image import imsave

    picture = np.ones((50, 100, 3))
    picture[:25, :50] = 0  # upper left
    imsave(tmp_path / "mask.png", picture)
    mask = mask_from_image(tmp_path / "mask.png", MESH)
    assert mask[50:, :100].all()
    assert mask.sum() == 5000


def test_bad_shapes_and_pictures_are_named(tmp_path):
    with pytest.raises(ConfigError, match="radius"):
        Disc(-1.0)
    with pytest.raises(ConfigError, match="sides must be positive"):
        Rectangle(0.0, 1e-9)
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(DataError, match=r"text\.png"):
        mask_from_image(tmp_path / "text.png", MESH)
