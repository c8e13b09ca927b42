"""Nengo runs the same network: every spike of every layer."""

from __future__ import annotations

import numpy as np
import pytest

from networks.deep_snn import DeepSnn, Neuron, SpikingLayer
from networks.rate_coding import Coding

pytest.importorskip("nengo")


@pytest.mark.parametrize(
    ("neuron", "coding"),
    [
        (Neuron(), Coding()),
        (Neuron(reset="zero", start=0.0), Coding("poisson")),
        (Neuron(0.05, "zero", 0.0), Coding("poisson", 500.0)),
    ],
)
def test_every_spike_of_every_layer_is_ours(neuron: Neuron, coding: Coding) -> None:
    from networks.nengo_network import run_nengo

    rng = np.random.default_rng(0)
    layers = []
    for n_in, n_out in ((20, 15), (15, 12), (12, 8)):
        weights = rng.integers(-60, 128, (n_in, n_out)).astype(np.int16)
        full = 127 if coding.kind == "constant" and not layers else 1
        layers.append(SpikingLayer(weights, 1, 1e-7, 251.0 * full))
    snn = DeepSnn(tuple(layers), neuron, coding, 12)
    images = rng.integers(0, 256, (30, 20), dtype=np.uint8)
    ours = snn.run(images, np.random.default_rng(5), record=True)
    theirs = run_nengo(snn, images, np.random.default_rng(5))
    for a, b in zip(ours.spikes, theirs.spikes, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(ours.decisions(), theirs.decisions())
    assert ours.counts.sum() > 0
