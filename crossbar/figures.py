"""Figures of an array: conductances, errors, IR drop, states, and the transfer curve of a device.

Each function draws into an axes of matplotlib (a new figure if none is given) and returns it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crossbar.array import Crossbar
from crossbar.circuit import Wires
from crossbar.wires import node_voltages
from devicemodels.base import DeviceModel
from devicemodels.sweep import sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MICRO = 1e6


def draw_conductances(crossbar: Crossbar, axes: Axes | None = None) -> Axes:
    """Draw the signed effective conductance of each pair, as the array has it [uS]."""
    matrix = crossbar.conductances() * MICRO
    axes = _map(matrix, axes, "G₊ − G₋ (µS)", diverging=True)
    axes.set_title("effective conductance")
    return axes


def draw_errors(crossbar: Crossbar, axes: Axes | None = None) -> Axes:
    """Draw achieved minus wanted conductance of each pair after programming [uS]."""
    plus, minus = crossbar.programming
    axes = _map((plus.error - minus.error) * MICRO, axes, "error (µS)", diverging=True)
    failed = int(plus.failed.sum() + minus.failed.sum())
    axes.set_title(f"error, {failed} of {crossbar.ledger.devices} off target")
    return axes


def draw_ir_drop(
    devices: ArrayLike, wires: Wires, inputs: ArrayLike, axes: Axes | None = None
) -> Axes:
    """Draw which share of its row's input voltage reaches each device [%].

    Parameters
    ----------
    devices : array_like, shape (n_in, n_out)
        Device conductances [S].
    wires : Wires
        Line, driver and sense resistances.
    inputs : array_like, shape (n_in,)
        Input voltages [V], none of them zero.
    axes : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
    """
    point = node_voltages(devices, wires, inputs)
    share = point.device_voltage / np.asarray(inputs)[:, None] * 100
    axes = _map(share, axes, "device voltage / input (%)", diverging=False)
    axes.set_title(f"IR drop, lowest {share.min():.1f} %")
    return axes


def draw_states(crossbar: Crossbar, axes: Axes | None = None) -> Axes:
    """Draw how many W+ and W- devices are in each state."""
    axes = axes if axes is not None else _new_axes()
    states = len(crossbar.model.levels)
    place = np.arange(states)
    for shift, name, state in ((-0.2, "W₊", crossbar.plus), (0.2, "W₋", crossbar.minus)):
        axes.bar(place + shift, np.bincount(state.ravel(), minlength=states), 0.4, label=name)
    axes.set(xlabel="state", ylabel="devices", title="states of the array")
    axes.legend()
    return axes


def draw_transfer(
    model: DeviceModel,
    pulses: int,
    rng: np.random.Generator,
    devices: int = 300,
    axes: Axes | None = None,
) -> Axes:
    """Draw conductance against pulse: `pulses` up, `pulses` down, mean and spread of devices.

    Parameters
    ----------
    model : DeviceModel
        The device.
    pulses : int
        Pulses of each polarity.
    rng : numpy.random.Generator
        Source of all device effects.
    devices : int, optional
        Simulated devices.
    axes : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
    """
    axes = axes if axes is not None else _new_axes()
    curves = sweep(model, pulses, pulses, devices, rng) * MICRO
    mean, sd = curves.mean(axis=0), curves.std(axis=0)
    place = np.arange(mean.size)
    axes.fill_between(place, mean - sd, mean + sd, alpha=0.3, label="±1 s.d. of devices")
    axes.plot(place, mean, marker=".", label="mean")
    axes.plot(place, curves[0], linewidth=0.8, color="grey", label="one device")
    axes.set(xlabel="pulse", ylabel="conductance (µS)", title=f"{model.name}: transfer curve")
    axes.legend()
    return axes


def _map(matrix: NDArray[np.float64], axes: Axes | None, label: str, *, diverging: bool) -> Axes:
    axes = axes if axes is not None else _new_axes()
    limits: dict[str, Any] = {"cmap": "viridis"}
    if diverging:
        largest = float(np.abs(matrix).max()) or 1.0
        limits = {"cmap": "RdBu_r", "vmin": -largest, "vmax": largest}
    image = axes.imshow(matrix, aspect="auto", interpolation="nearest", **limits)
    axes.figure.colorbar(image, ax=axes, label=label)
    axes.set(xlabel="output (bit line)", ylabel="input (word line)")
    return axes


def _new_axes() -> Axes:
    import matplotlib.pyplot as plt

    axes: Axes = plt.subplots(layout="constrained")[1]
    return axes
