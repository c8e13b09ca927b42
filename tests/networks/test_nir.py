"""NIR: the same spikes after a round trip, and the same meaning for somebody else's simulator."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from networks.deep_snn import DeepSnn, Neuron, SpikingLayer
from networks.export.nir import export_nir, import_nir, to_nir
from networks.rate_coding import Coding, constant_drive
from neuroskyrm.errors import ExportError

pytest.importorskip("nir")


def net(neuron: Neuron, coding: Coding | None = None, planes: int = 1) -> DeepSnn:
    rng = np.random.default_rng(0)
    coding = coding or Coding()
    layers = []
    for n_in, n_out in ((20, 15), (15, 8)):
        weights = rng.integers(-60, 128, (n_in, n_out)).astype(np.int16)
        full = 127 if coding.kind == "constant" and not layers else 1
        layers.append(SpikingLayer(weights, planes, 1e-7, 250.0 * full))
    return DeepSnn(tuple(layers), neuron, coding, 15)


@pytest.mark.parametrize("planes", [1, 2])
@pytest.mark.parametrize(
    ("neuron", "coding"),
    [(Neuron(), Coding()), (Neuron(0.05, "zero", 0.0), Coding("poisson", 500.0))],
)
def test_round_trip_gives_every_spike_and_membrane_again(
    tmp_path: Path, planes: int, neuron: Neuron, coding: Coding
) -> None:
    snn = net(neuron, coding, planes)
    again = import_nir(export_nir(snn, tmp_path / "net.nir"))
    images = np.random.default_rng(1).integers(0, 256, (40, 20), dtype=np.uint8)
    one = snn.run(images, np.random.default_rng(2), record=True)
    two = again.run(images, np.random.default_rng(2), record=True)
    for a, b in zip((*one.spikes, *one.membranes), (*two.spikes, *two.membranes), strict=True):
        np.testing.assert_array_equal(a, b)
    assert one.counts.sum() > 0


@pytest.mark.parametrize("leak_time", [None, 0.05])
def test_the_graph_alone_means_the_same_neurons(leak_time: float | None) -> None:
    """The equations that NIR documents, solved over one step, fire where ours do."""
    snn = net(Neuron(leak_time, "zero", 0.0))
    nodes, dt = to_nir(snn).nodes, snn.coding.time_step
    images = np.random.default_rng(1).integers(0, 256, (10, 20), dtype=np.uint8)
    ours = snn.run(images, record=True).spikes
    membranes = [np.zeros((10, 15)), np.zeros((10, 8))]
    for step in range(15):
        signal = constant_drive(images).astype(float)
        for k in range(2):
            current = signal @ nodes[f"weights_{k + 1}"].weight.T.astype(float)
            neuron = nodes[f"neurons_{k + 1}"]
            if leak_time is None:
                membranes[k] += dt * neuron.r * current
            else:
                decay = np.exp(-dt / neuron.tau)
                membranes[k] = membranes[k] * decay + neuron.r * current * (1 - decay)
            signal = (membranes[k] > neuron.v_threshold).astype(float)
            membranes[k] = np.where(signal > 0, neuron.v_reset, membranes[k])
            np.testing.assert_array_equal(signal, ours[k][step])


def test_damaged_and_foreign_files_are_refused(tmp_path: Path) -> None:
    import nir

    with pytest.raises(ExportError, match="no such file"):
        import_nir(tmp_path / "no.nir")
    path = export_nir(net(Neuron()), tmp_path / "net.nir")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ExportError, match=r"net\.nir"):
        import_nir(path)
    nodes = {
        "input": nir.Input({"input": np.array([2])}),
        "output": nir.Output({"output": np.array([2])}),
    }
    nir.write(tmp_path / "foreign.nir", nir.NIRGraph(nodes, [("input", "output")]))
    with pytest.raises(ExportError, match="not a NIR graph of neuroskyrm"):
        import_nir(tmp_path / "foreign.nir")
