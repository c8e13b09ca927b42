"""The training stage of the STDP network: what can be watched, and resuming with equal bits."""

import json

import numpy as np
import pytest

from devicemodels import SkyrmionDevice, load_card
from networks.stdp import StdpNetwork
from networks.stdp_array import PEDESTAL
from networks.stdp_files import load_stdp
from neuroskyrm.app.stages import train_stdp
from neuroskyrm.app.stages.base import Context
from neuroskyrm.app.study import load_study

SMALL = ("stdp.train=120", "stdp.passes=1", "stdp.neurons=20",
         "stdp.label=60")  # fmt: skip
WIRED = ("crossbar.wire=2", "crossbar.tile=128", "crossbar.trim=0")


def learn(folder, seen=None, more=()):
    """Run the stage in `folder` with looks every 40 images; return its network."""
    folder.mkdir(exist_ok=True)
    tick = (lambda *_: None) if seen is None else (lambda part, text="": seen.append(text))
    train_stdp.STAGE.work(Context(load_study(None, (*SMALL, *more)), folder, {}, tick))
    return load_stdp(folder / train_stdp.FILE)


@pytest.fixture(autouse=True)
def _small_steps_on_the_shipped_card(monkeypatch):
    monkeypatch.setattr(train_stdp, "SAVE_EVERY", 40)
    device = SkyrmionDevice(load_card("rim-n4-300K"))
    monkeypatch.setattr(train_stdp, "device_of", lambda context: device)


@pytest.mark.parametrize("more", [(), WIRED], ids=["ideal wires", "2 ohm"])
def test_an_interrupted_training_goes_on_with_equal_bits(tmp_path, monkeypatch, more):
    whole = learn(tmp_path / "whole", more=more)
    train = StdpNetwork.train

    def interrupted(self, images, labels, until, progress):
        if until > 80:
            raise KeyboardInterrupt
        return train(self, images, labels, until, progress)

    monkeypatch.setattr(StdpNetwork, "train", interrupted)
    with pytest.raises(KeyboardInterrupt):
        learn(tmp_path / "parts", more=more)
    assert (tmp_path / "parts" / "figures" / "stdp-weights.png").exists()
    monkeypatch.setattr(StdpNetwork, "train", train)
    resumed = learn(tmp_path / "parts", more=more)
    assert np.array_equal(resumed.states, whole.states)
    assert np.array_equal(resumed.weights, whole.weights)
    assert np.array_equal(resumed.assignment.rates, whole.assignment.rates)
    assert resumed.ledger == whole.ledger
    curve = json.loads((tmp_path / "parts" / train_stdp.CURVE).read_text())
    assert curve["presented"] == [40, 80, 120]
    assert not (tmp_path / "parts" / "checkpoint.safetensors").exists()


def test_accuracy_and_energy_are_told_and_weights_and_curve_drawn(tmp_path):
    seen = []
    network = learn(tmp_path, seen)
    assert any("accuracy about" in text and "uJ in pulses" in text for text in seen)
    for name in ("stdp-weights", "stdp-training"):
        assert (tmp_path / "figures" / f"{name}.png").stat().st_size > 5000
    assert network.costs.card == load_card("rim-n4-300K").digest


def test_wires_and_the_reference_column_are_the_crossbars(tmp_path):
    ideal = learn(tmp_path / "ideal")
    wired = learn(tmp_path / "wired", more=WIRED)
    trimmed = learn(tmp_path / "trimmed", more=WIRED[:2])
    lost = wired.weights.mean() / ideal.weights.mean()
    assert 0.3 < lost < 0.97
    assert trimmed.weights.mean() / ideal.weights.mean() > (1 + lost) / 2
    pedestal = learn(tmp_path / "pedestal", more=("crossbar.reference=false",))
    assert pedestal.synapses.base == pytest.approx(PEDESTAL)
    assert pedestal.weights.min() > 0
