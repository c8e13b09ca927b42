"""Chen et al., Section III and Fig. 7b: what few states cost, converted directly and scaled.

A smaller net (784-300-300-10, 20,000 training images) than the paper's, so that it trains within
a test; the statements are about the difference to its own float net. The paper's net itself is
in docs/results/deep-wires.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from crossbar.dale import signed_levels
from devicemodels.ideal import IdealDevice
from networks.ann import PAPER, TrainedAnn, train_ann
from networks.conversion import Conversion, convert
from networks.deep_snn import Neuron
from networks.rate_coding import Coding
from neuroskyrm.io.datasets import Dataset, load_mnist

pytestmark = [
    pytest.mark.papers,
    pytest.mark.slow,
    pytest.mark.skipif("NEUROSKYRM_DATA" not in os.environ, reason="NEUROSKYRM_DATA is not set"),
]
TEST = 4000


@pytest.fixture(scope="module")
def data() -> Dataset:
    return load_mnist().first(train=21000, test=TEST)


@pytest.fixture(scope="module")
def ann(data: Dataset) -> TrainedAnn:
    """Appendix B: ReLU, no bias, ±0.1, SGD with batch 100; momentum makes up for few epochs."""
    recipe = replace(
        PAPER, hidden=(300, 300), epochs=6, rate=0.02, momentum=0.9, dropout=(0.0, 0.2)
    )
    return train_ann(data.train_images[:20000], data.train_labels[:20000], recipe)


@pytest.fixture(scope="module")
def loss(
    ann: TrainedAnn, data: Dataset, paired_loss: Callable[..., tuple[float, float]]
) -> Callable[..., tuple[float, float]]:
    """Accuracy lost against the float net, and its standard error over the images [1]."""

    def lost(
        states: int, direct: bool, images: int = TEST, **options: object
    ) -> tuple[float, float]:
        levels = IdealDevice((states + 1) // 2).levels
        # Directly converted: one unit of weight is one G0, and the range ends at 0.6 G0 (Fig. 9).
        scales = (float(signed_levels(levels)[-1] / 0.6),) * 3 if direct else None
        held = data.train_images[20000:], data.train_labels[20000:]
        options = {"steps": 20, "scan": (0.65,)} | options
        conversion: Conversion = convert(ann, *held, levels, scales=scales, **options)
        run = conversion.on().run(data.test_images[:images], np.random.default_rng(0))
        float_net = ann.decide(data.test_images[:images])
        return paired_loss(float_net, run.decisions(), data.test_labels[:images])

    return lost


def test_float_net_is_good_enough_to_compare(ann: TrainedAnn, data: Dataset) -> None:
    assert ann.accuracy(data.test_images, data.test_labels) > 0.95


def test_direct_conversion_needs_33_states_for_a_loss_below_one_per_cent(
    loss: Callable[..., tuple[float, float]],
) -> None:
    lost, error = loss(33, direct=True)
    assert lost - 2 * error < 0.01
    lost, error = loss(7, direct=True)
    assert lost - 2 * error > 0.03


@pytest.mark.parametrize(("states", "limit"), [(7, 0.008), (13, 0.004), (65, 0.003)])
def test_scaled_conversion_loses_little(
    loss: Callable[..., tuple[float, float]], states: int, limit: float
) -> None:
    """The paper loses 0.06 % at 13 states and exceeds 98 % at 7; 4,000 images resolve 0.2 %."""
    lost, error = loss(states, direct=False)
    assert error < 0.002
    assert lost - 2 * error < limit


def test_the_papers_own_neuron_and_input_work_too(
    loss: Callable[..., tuple[float, float]],
) -> None:
    """LIF with 50 ms, reset to zero, Poisson input at 1 kHz in steps of 1 ms, 40 ms long."""
    lost, error = loss(
        13, direct=False, images=1000,
        neuron=Neuron(0.05, "zero", 0.0), coding=Coding("poisson"), steps=40, scan=(0.8,),
    )  # fmt: skip
    assert lost - 2 * error < 0.02
