"""Training by pulses: the gradient sees the devices' own net, and pulses lower the loss."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from devicemodels.ideal import IdealDevice
from networks.conversion import Conversion
from networks.deep_snn import Neuron
from networks.hosting import host
from networks.in_situ import InSituTraining, federated_average, surrogate_scores
from networks.rate_coding import constant_drive
from neuroskyrm.errors import ConfigError

LEVELS = IdealDevice(17).levels


def net(seed: int = 0) -> Conversion:
    rng = np.random.default_rng(seed)
    codes = tuple(
        np.clip(np.rint(rng.normal(0, 4, shape)), -16, 16).astype(np.int8)
        for shape in ((30, 20), (20, 4))
    )
    return Conversion(codes, LEVELS, (1.0, 1.0), (1.6e-5, 1.2e-5), steps=8)


def task(count: int = 120) -> tuple[np.ndarray, np.ndarray]:
    """Four classes, told apart by which quarter of the inputs is bright."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 4, count).astype(np.uint8)
    images = rng.integers(0, 120, (count, 30), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[7 * label : 7 * label + 7] += 100
    return images, labels


def test_the_surrogate_runs_the_same_net_forward() -> None:
    conversion = net()
    snn = conversion.on()
    images, _ = task()
    scores = snn.run(images).scores[-1]
    last = snn.layers[-1]
    expected = (scores - snn.start(last)) / last.threshold / snn.steps
    held = zip(conversion.nominal(), conversion.thresholds, strict=True)
    weights = [torch.from_numpy((g / t).astype(np.float32)) for g, t in held]
    drive = torch.from_numpy(constant_drive(images).astype(np.float32) / 127)
    found = surrogate_scores(weights, drive, snn.steps).numpy()
    # A rare membrane that rounding puts on the other side of its threshold may differ.
    assert np.quantile(np.abs(found - expected), 0.95) < 0.01


def test_pulses_lower_the_loss_and_raise_the_accuracy() -> None:
    conversion = net()
    hosted = host(conversion, IdealDevice(LEVELS))
    images, labels = task()
    training = InSituTraining(conversion, hosted.crossbars, rate=3.0)
    rng = np.random.default_rng(0)
    before = sum(crossbar.ledger.pulses for crossbar in hosted.crossbars)
    losses = [training.step(images, labels, rng) for _ in range(30)]
    assert losses[-1] < 0.5 * losses[0]
    assert sum(crossbar.ledger.pulses for crossbar in hosted.crossbars) > before
    for crossbar in hosted.crossbars:
        assert not ((crossbar.plus > 0) & (crossbar.minus > 0)).any()


def test_average_of_a_fleet_is_the_nearest_code_to_the_mean_weight() -> None:
    base = net()
    up, down = (
        replace(base, codes=tuple(np.clip(c + d, -16, 16).astype(np.int8) for c in base.codes))
        for d in (3, -1)
    )
    fleet = [host(c, IdealDevice(LEVELS)).crossbars for c in (up, down)]
    mean = federated_average(base, fleet, [1, 1])
    inner = np.abs(base.codes[0]) < 12
    np.testing.assert_array_equal(mean.codes[0][inner], base.codes[0][inner] + 1)
    alone = federated_average(base, fleet, [1, 0])
    np.testing.assert_array_equal(alone.codes[1], up.codes[1])


def test_other_neurons_are_refused() -> None:
    with pytest.raises(ConfigError, match="reset by 'subtract'"):
        InSituTraining(replace(net(), neuron=Neuron(0.05)), [])
