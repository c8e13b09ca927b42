"""Named devices follow their published step laws; exports follow aihwkit's."""

import numpy as np
import pytest

from devicemodels import (
    LITERATURE,
    SkyrmionDevice,
    linear_step,
    literature_card,
    piecewise_step_parameters,
    soft_bounds,
)  # fmt: skip
from neuroskyrm.errors import DeviceError


@pytest.mark.parametrize("name", LITERATURE)
def test_every_named_device_has_a_source_and_a_full_range(name):
    card = literature_card(name, states=64)
    assert "doi" in card.provenance["source"]
    device = SkyrmionDevice(card)
    x = np.linspace(0, 1, 64)
    for matrix, sign in ((device.potentiation, 1), (device.depression, -1)):
        inner = slice(16, 48)
        assert (sign * (matrix @ x - x)[inner] > 0).all()


def test_lithium_ecram_steps_fall_with_the_weight_as_published():
    card = literature_card("ecram-lithium")
    x = np.linspace(0, 1, 255)
    step = (np.array(card.potentiation.later) @ x - x) * 2.0
    weight = -0.8276 + 2.0 * x
    assert step[20:230] == pytest.approx(0.002 * (1 - 0.1153 * weight / 1.1724)[20:230], rel=1e-3)


def test_soft_bounds_of_reram_vanish_at_the_top():
    card = literature_card("reram-soft-bounds")
    x = np.linspace(0, 1, 255)
    step = np.array(card.potentiation.later) @ x - x
    assert abs(step[-1]) < 0.02
    assert card.device_spread == 0.3


def test_unknown_names_are_refused():
    with pytest.raises(DeviceError, match="ecram-lithium"):
        literature_card("flux-capacitor")
    with pytest.raises(DeviceError, match="states"):
        literature_card("capacitor", states=1)


def aihwkit_step(parameters, weight, up, rng):
    """One pulse as aihwkit documents its piecewise-step device."""
    curve = parameters["piecewise_up" if up else "piecewise_down"]
    place = (weight + 1) / 2 * (len(curve) - 1)
    size = np.interp(place, np.arange(len(curve)), curve) * parameters["dw_min"]
    noise = 1 + parameters["dw_min_std"] * rng.standard_normal(weight.shape)
    return np.clip(weight + (1 if up else -1) * size * noise, -1, 1)


@pytest.mark.parametrize("card", [linear_step(41, 0.03, 0.04), soft_bounds(41, 0.1, 0.08)])
def test_the_exported_device_follows_the_mean_curve_of_the_card(card):
    parameters = piecewise_step_parameters(card)
    rng = np.random.default_rng(0)
    weight = np.full(4000, -1.0)
    share = np.zeros(41)
    share[0] = 1.0
    x = np.linspace(-1, 1, 41)
    for step in range(40):
        up = step < 20
        weight = aihwkit_step(parameters, weight, up, rng)
        share = share @ np.array((card.potentiation if up else card.depression).later)
        assert weight.mean() == pytest.approx(share @ x, abs=0.05)


def test_the_export_is_plain_data():
    import json

    parameters = piecewise_step_parameters(literature_card("capacitor"), nodes=11)
    assert json.loads(json.dumps(parameters)) == parameters
    assert len(parameters["piecewise_up"]) == len(parameters["piecewise_down"]) == 11
    with pytest.raises(ValueError, match="nodes"):
        piecewise_step_parameters(linear_step(4), nodes=64)
