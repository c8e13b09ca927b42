"""Nengo runs the same network: every spike of every layer, every decision on 500 digits."""

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


def test_five_hundred_digits_are_decided_alike() -> None:
    """A converted net on unequal levels: same decisions, count by count."""
    from networks.ann import Recipe, train_ann
    from networks.conversion import convert
    from networks.nengo_network import run_nengo
    from neuroskyrm.io.datasets import load_digits28

    digits = load_digits28()
    recipe = Recipe(hidden=(48, 32), epochs=6, batch=50, momentum=0.9, initial=None)
    net = train_ann(digits.train_images[:600], digits.train_labels[:600], recipe)
    levels = np.array([20, 22.3, 24.1, 26.8, 28.2, 30.9, 32]) * 1e-6
    held = digits.train_images[1000:], digits.train_labels[1000:]
    snn = convert(net, *held, levels, steps=8, scan=(0.8,)).on()
    images = digits.train_images[:500]
    ours, theirs = snn.run(images), run_nengo(snn, images)
    np.testing.assert_array_equal(ours.counts, theirs.counts)
    np.testing.assert_array_equal(ours.decisions(), theirs.decisions())
    assert ours.accuracy(digits.train_labels[:500]) > 0.9
