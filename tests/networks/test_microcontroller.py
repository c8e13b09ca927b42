"""On a bare Cortex-M7, emulated, every spike and every membrane bit is ours."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from networks.deep_snn import DeepSnn, Neuron, SpikingLayer
from networks.export.microcontroller import export_firmware, membrane_hashes, run_firmware
from networks.rate_coding import Coding
from neuroskyrm.errors import ExportError

TOOLS = [shutil.which(name) for name in ("make", "arm-none-eabi-gcc", "qemu-system-arm")]
READY = all(TOOLS) and find_spec("emx_onnx_cgen") is not None


def net(neuron: Neuron, planes: int, **options: object) -> DeepSnn:
    rng = np.random.default_rng(0)
    layers = []
    for n_in, n_out in ((40, 24), (24, 10)):
        weights = rng.integers(-110, 128, (n_in, n_out)).astype(np.int16)
        full = 127 if not layers else 1
        layers.append(SpikingLayer(weights, planes, 1e-7, 250.0 * full))
    return DeepSnn(tuple(layers), neuron, steps=6, **options)


@pytest.mark.slow
@pytest.mark.skipif(not READY, reason="needs emx-onnx-cgen, arm-none-eabi-gcc and qemu-system-arm")
@pytest.mark.parametrize(("neuron", "planes"), [(Neuron(), 1), (Neuron(0.05, "zero", 0.0), 2)])
def test_every_bit_on_the_emulated_chip_is_ours(
    tmp_path: Path, neuron: Neuron, planes: int
) -> None:
    snn = net(neuron, planes)
    images = np.random.default_rng(1).integers(0, 256, (5, 40), dtype=np.uint8)
    firmware = export_firmware(snn, tmp_path, images)
    spikes, hashes = run_firmware(firmware, snn)
    ours = snn.run(images, record=True)
    for a, b in zip(spikes, ours.spikes, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(hashes, membrane_hashes(ours.membranes))
    weights = sum(layer.weights.size * planes for layer in snn.layers)
    assert weights < firmware.flash < weights + 60_000
    assert firmware.ram < 2000
    assert str(firmware.flash) in (tmp_path / "README.md").read_text()


def test_poisson_input_is_refused(tmp_path: Path) -> None:
    snn = net(Neuron(), 1, coding=Coding("poisson"))
    with pytest.raises(ExportError, match="'constant'"):
        export_firmware(snn, tmp_path, np.zeros((1, 40), np.uint8))


def test_missing_generator_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nonexistent/python")
    with pytest.raises(ExportError, match="install emx-onnx-cgen"):
        export_firmware(net(Neuron(), 1), tmp_path, np.zeros((1, 40), np.uint8))
