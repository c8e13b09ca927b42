"""The programming stage of a study: resistive wires are trimmed unless the study says not to."""

from __future__ import annotations

import numpy as np
import pytest

from devicemodels import SkyrmionDevice, load_card
from networks.snn_file import load_snn
from neuroskyrm.app.stages import program, train_deep
from neuroskyrm.app.stages.base import Context
from neuroskyrm.app.stages.images import images_of
from neuroskyrm.app.study import load_study
from neuroskyrm.io.stage_store import StageResult

SMALL = ("deep.hidden=[32]", "deep.epochs=4", "deep.steps=8", "crossbar.tile=128",
         "crossbar.verify_reads=4", "crossbar.verify_tolerance=0.12 uS")  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    metrics = train_deep.STAGE.work(Context(load_study(None, SMALL), folder, {}, lambda *_: None))
    return StageResult("train-deep", "0", folder, metrics, 0.0, False)


@pytest.fixture
def programmed(tmp_path, monkeypatch, trained):
    """Program with further settings; return metrics, and accuracy on the test images."""
    device = SkyrmionDevice(load_card("rim-n4-300K"))
    monkeypatch.setattr(program, "device_of", lambda context: device)

    def run(*settings):
        study = load_study(None, [*SMALL, *settings])
        context = Context(study, tmp_path, {"train-deep": trained}, lambda *_: None)
        metrics, images = program.STAGE.work(context), images_of(study, None)
        net = load_snn(tmp_path / program.FILE)
        seen = net.run(images.test_images, np.random.default_rng(1))
        return metrics, seen.accuracy(images.test_labels)

    return run


def test_wires_are_trimmed_by_default(programmed):
    trimmed, better = programmed("crossbar.wire=30 ohm")
    raw, worse = programmed("crossbar.wire=30 ohm", "crossbar.trim=0")
    assert better > worse + 0.03
    assert trimmed["program.gain.layer0"] > 1.05  # wires attenuate
    assert not any(name.startswith("program.gain") for name in raw)


def test_verify_settings_reach_the_devices(programmed):
    careful, _ = programmed()
    quick, _ = programmed("crossbar.verify_reads=1", "crossbar.verify_tolerance=null")
    assert careful["program.pulses"] > 1.2 * quick["program.pulses"]
