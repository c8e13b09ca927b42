"""Cards: what is shipped loads, and what is damaged is refused with one sentence."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

from devicemodels.card import FORMAT, DeviceCard, load_card, shipped_cards
from devicemodels.skyrmion import SkyrmionDevice
from neuroskyrm.errors import DeviceError

GOOD = {
    "format": 1,
    "name": "two-states",
    "description": "A card for tests.",
    "levels": {
        "mean": [20e-6, 24e-6],
        "read_sd": [1e-8, 2e-8],
        "visit_sd": [0.0, 1e-8],
        "skyrmions": [0, 3],
        "visits": [4, 5],
    },
    "potentiation": {"later": [[0.25, 0.75], [0.0, 1.0]], "observed": [8, 2]},
    "depression": {
        "later": [[1.0, 0.0], [0.5, 0.5]],
        "first": [[1.0, 0.0], [0.5, 0.5]],
        "observed": [3, 4],
        "observed_first": [1, 2],
    },
    "pulse": {"energy": 3e-13, "width": 2e-9, "pause": 5e-9, "current_density": 5e11},
    "provenance": {"study": "none"},
}


def write(path, **changes):
    """Write GOOD with dotted keys changed (None removes)."""
    content = yaml.safe_load(yaml.safe_dump(GOOD))
    for dotted, value in changes.items():
        *place, last = dotted.split(".")
        target = content
        for part in place:
            target = target[part]
        if value is None:
            target.pop(last)
        else:
            target[last] = value
    path.write_text(yaml.safe_dump(content))
    return path


def test_a_card_survives_its_file(tmp_path):
    card = load_card(write(tmp_path / "card.yaml"))
    card.save(tmp_path / "again.yaml")
    assert load_card(tmp_path / "again.yaml") == card
    assert card.digest == load_card(tmp_path / "again.yaml").digest


def test_the_digest_tells_cards_apart(tmp_path):
    one = load_card(write(tmp_path / "one.yaml"))
    other = load_card(write(tmp_path / "other.yaml", device_spread=0.1))
    assert one.digest != other.digest


CONDITIONS = ("n1-0K", "n1-300K", "n2-300K", "n4-0K", "n4-300K", "n8-300K")


@pytest.mark.parametrize("design", ["compact", "paper", "register"])
def test_designs_have_cards_at_every_number_of_layers(design):
    """One layer of the paper's film never switches at 300 K: it has no card."""
    wanted = {f"{design}-{condition}" for condition in CONDITIONS} - {"paper-n1-300K"}
    assert wanted <= set(shipped_cards())


@pytest.mark.parametrize("name", shipped_cards())
def test_shipped_cards_are_sound(name):
    card = load_card(name)
    assert card.name == name
    assert card.states >= 2
    assert np.all(np.diff(card.conductance) > 0)
    assert sum(card.potentiation.observed) + sum(card.depression.observed) > 0
    for key in ("study", "seeds", "command", "code", "fidelity", "limits"):
        assert card.provenance[key], key


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"levels.mean": [24e-6, 20e-6]}, "out of order"),
        ({"levels.mean": [20e-6]}, "levels.mean"),
        ({"levels.mean": [-1e-6, 20e-6]}, "greater than 0"),
        ({"levels.read_sd": [1e-8]}, "must have 2, one a state"),
        ({"levels.visits": [1, 2, 3]}, "'levels.visits'; it must have 2"),
        ({"potentiation.later": [[0.5, 0.6], [0.0, 1.0]]}, "adding up to 1.1; it must be 1"),
        ({"potentiation.later": [[1.0], [0.0, 1.0]]}, "must have 2, one a state"),
        ({"potentiation.later": [[1.5, -0.5], [0.0, 1.0]]}, "less than or equal to 1"),
        ({"potentiation.observed": [1]}, "must have 2, one a state"),
        ({"depression.observed_first": [1]}, "must have 2, one a state"),
        ({"pulse.energy": 0.0}, "greater than 0"),
        ({"pulse.energy": float("nan")}, "finite"),
        ({"name": "a b"}, "name"),
        ({"provenance": None}, "'provenance' is missing"),
        ({"levles": {}}, "did you mean 'levels'"),
        ({"format": FORMAT + 1}, "newer than this neuroskyrm reads"),
    ],
)  # fmt: skip
def test_a_damaged_card_is_refused(tmp_path, changes, sentence):
    path = write(tmp_path / "card.yaml", **changes)
    with pytest.raises(DeviceError) as caught:
        load_card(path)
    message = str(caught.value)
    assert str(path) in message
    assert sentence in message
    assert "\n" not in message


def test_a_truncated_card_is_refused(tmp_path):
    path = write(tmp_path / "card.yaml")
    path.write_text(path.read_text()[:300])
    with pytest.raises(DeviceError):
        load_card(path)


def test_an_unknown_card_is_refused_with_the_known_ones():
    with pytest.raises(DeviceError, match="neither a card file nor a shipped card"):
        load_card("no-such-card")


def test_cards_cannot_be_changed(tmp_path):
    card = load_card(write(tmp_path / "card.yaml"))
    with pytest.raises(ValueError, match="frozen"):
        card.name = "other"
    assert isinstance(card, DeviceCard)


def test_a_device_is_as_large_as_the_track_of_its_card():
    assert SkyrmionDevice(load_card("register-n4-300K")).area == pytest.approx(715e-9 * 100e-9)
    assert SkyrmionDevice(load_card("paper-n4-300K")).area == pytest.approx(800e-9 * 220e-9)


@pytest.mark.parametrize("study", ["none", {"track": "mine"}, {"track": {"length": "long"}}])
def test_a_card_that_does_not_tell_its_size_takes_that_of_the_paper(study):
    card = load_card("register-n4-300K").model_copy(update={"provenance": {"study": study}})
    assert card.area is None
    assert SkyrmionDevice(card).area == pytest.approx(800e-9 * 220e-9)
