import numpy as np
import pytest
from PIL import Image

from neuroskyrm.errors import ConfigError, DataError
from neuroskyrm.micromagnetics import Mesh, disc, image, paint, rectangle

MESH = Mesh.multilayer(100, 60, 1e-9, 1e-9, 2)


def area(shape):
    return shape.mask(MESH).sum()


def test_areas_are_those_of_geometry():
    middle = (50e-9, 30e-9)
    assert area(rectangle(middle, 40e-9, 20e-9)) == 800
    assert area(disc(middle, 20e-9)) == pytest.approx(np.pi * 400, rel=0.02)
    rounded = rectangle(middle, 40e-9, 20e-9, corner=8e-9)
    assert area(rounded) == pytest.approx(800 - (4 - np.pi) * 64, rel=0.02)


def test_shapes_combine_as_sets():
    one, other = disc((40e-9, 30e-9), 20e-9), disc((60e-9, 30e-9), 20e-9)
    assert area(one | other) == area(one) + area(other) - area(one & other)
    assert area(one - other) == area(one) - area(one & other)
    assert area(~one) == 6000 - area(one)


def test_regions_overpaint_one_another_per_layer():
    Ku = paint(
        MESH, 7e5, (rectangle((50e-9, 30e-9), 40e-9, 20e-9), 8e5),
        (disc((50e-9, 30e-9), 5e-9), np.array([9e5, 1e6]).reshape(2, 1, 1)),
    )  # fmt: skip
    assert Ku.shape == MESH.shape
    assert (Ku[0, 30, 50], Ku[1, 30, 50], Ku[0, 30, 35], Ku[1, 0, 0]) == (9e5, 1e6, 8e5, 7e5)


def test_an_image_is_upright(tmp_path):
    pixels = np.full((30, 50), 255, np.uint8)
    pixels[:15, :10] = 0  # dark in the upper left
    Image.fromarray(pixels).save(tmp_path / "mask.png")
    mask = image(tmp_path / "mask.png", 100e-9, 60e-9).mask(MESH)
    assert mask[59, 0]
    assert not mask[0, 0]
    assert mask.sum() == 20 * 30


def test_wrong_shapes_are_named(tmp_path):
    with pytest.raises(ConfigError, match="corner"):
        rectangle((0, 0), 1e-9, 1e-9, corner=1e-9)
    with pytest.raises(ConfigError, match="radius"):
        disc((0, 0), 0)
    with pytest.raises(DataError, match="no such file"):
        image(tmp_path / "none.png", 1, 1)
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(DataError, match="not a picture"):
        image(tmp_path / "text.png", 1, 1)
