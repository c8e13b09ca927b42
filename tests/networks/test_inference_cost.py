"""The cost of an inference is the power of every read, summed."""

from __future__ import annotations

import numpy as np
import pytest

from crossbar import Wires
from devicemodels import IdealDevice
from networks.conversion import convert
from networks.hosting import host
from networks.inference_cost import inference_cost
from networks.rate_coding import FULL_DRIVE, Coding, constant_drive
from networks.trained_ann import TrainedAnn
from neuroskyrm.errors import ConfigError


@pytest.fixture
def images():
    return np.random.default_rng(1).integers(0, 256, (20, 12), dtype=np.uint8)


def converted(images, kind="constant"):
    rng = np.random.default_rng(0)
    ann = TrainedAnn(tuple(rng.standard_normal(s).astype(np.float32) for s in ((12, 8), (8, 3))))
    labels = np.arange(20, dtype=np.uint8) % 3
    return convert(ann, images, labels, IdealDevice(5).levels, coding=Coding(kind), steps=6)


def hosted(images, kind="constant"):
    return host(converted(images, kind), IdealDevice(5), seed=1)


def row_conductance(array):
    plus, minus = array.device_conductances()
    return (plus + minus).sum(axis=1)


def test_energy_is_that_of_every_row_and_step(images):
    net = hosted(images)
    cost = inference_cost(net, images, np.random.default_rng(2), voltage=0.2, duration=5e-9)
    run = net.snn.run(images, record=True)
    first, second = net.crossbars
    drive = (0.2 * constant_drive(images) / FULL_DRIVE) ** 2
    expected = 6 * (drive @ row_conductance(first)).sum()
    expected += 0.2**2 * (run.spikes[0] @ row_conductance(second)).sum()
    assert cost.energy == pytest.approx(5e-9 * expected / 20)
    assert cost.latency == pytest.approx(2 * 6 * 5e-9)


def test_energy_goes_with_voltage_squared_and_time(images):
    one = inference_cost(hosted(images), images, np.random.default_rng(2))
    two = inference_cost(hosted(images), images, np.random.default_rng(2), 0.2, 5e-9)
    assert two.energy == pytest.approx(2 * one.energy)


def test_poisson_inputs_cost_their_spikes(images):
    net = hosted(images, "poisson")
    cost = inference_cost(net, np.repeat(images, 50, axis=0), np.random.default_rng(2))
    share = images / 255  # one spike a step where a pixel is white
    first = 6 * (share @ row_conductance(net.crossbars[0])).sum() / 20 * 0.1**2 * 10e-9
    assert cost.energy > first * 0.98


def test_impossible_read_is_refused(images):
    with pytest.raises(ConfigError, match="must be positive"):
        inference_cost(hosted(images), images, np.random.default_rng(2), voltage=-0.1)


def test_trimmed_rows_are_paid_at_the_height_that_the_trim_sets(images):
    wires = Wires(200.0, 200.0)
    net = host(converted(images), IdealDevice(5), seed=1, wires=wires, trim_images=images)
    cost = inference_cost(net, images, np.random.default_rng(2), voltage=0.2)
    run = net.snn.run(images, record=True)
    first, second = net.crossbars
    drive = 0.2 * net.trims[0].drive * constant_drive(images) / FULL_DRIVE
    power = 6 * first.solution().power(drive).sum()
    power += second.solution().power(0.2 * net.trims[1].drive * run.spikes[0].astype(float)).sum()
    assert np.ptp(net.trims[0].drive) > 0.001
    assert cost.energy == pytest.approx(10e-9 * power / 20)
