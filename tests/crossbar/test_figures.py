"""Figures show the numbers of the array."""

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pytest

from crossbar import Crossbar, Wires, figures, node_voltages
from devicemodels import IdealDevice, SkyrmionDevice, linear_step


@pytest.fixture
def crossbar():
    codes = np.random.default_rng(0).integers(-5, 6, (12, 9)).astype(np.int8)
    device = SkyrmionDevice(linear_step(6, 0.2, 0.2, noise=0.05))
    yield Crossbar.program(device, codes, np.random.default_rng(0))
    plt.close("all")


def test_maps_hold_the_matrix(crossbar):
    shown = figures.draw_conductances(crossbar).images[0].get_array()
    assert np.asarray(shown) == pytest.approx(crossbar.conductances() * 1e6)
    errors = figures.draw_errors(crossbar).images[0].get_array()
    plus, minus = crossbar.programming
    assert np.asarray(errors) == pytest.approx((plus.error - minus.error) * 1e6)


def test_the_ir_drop_map_is_the_device_voltage(crossbar):
    devices, inputs = crossbar.device_conductances()[0], np.full(12, 0.2)
    axes = figures.draw_ir_drop(devices, Wires(5, 5), inputs)
    share = node_voltages(devices, Wires(5, 5), inputs).device_voltage / 0.2 * 100
    assert np.asarray(axes.images[0].get_array()) == pytest.approx(share)


def test_the_histogram_counts_every_device(crossbar):
    axes = figures.draw_states(crossbar)
    assert sum(bar.get_height() for bar in axes.patches) == crossbar.ledger.devices


def test_the_transfer_curve_of_an_ideal_device_is_its_staircase():
    axes = figures.draw_transfer(IdealDevice(4), 3, np.random.default_rng(0))
    mean = axes.lines[0].get_ydata()
    assert mean == pytest.approx(IdealDevice(4).levels[[0, 1, 2, 3, 2, 1, 0]] * 1e6)
    plt.close("all")
