"""Sweeps: a train of potentiation pulses, then one of depression pulses, on many devices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from devicemodels.base import DeviceModel


def sweep(
    model: DeviceModel,
    potentiation: int,
    depression: int,
    devices: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Return conductance against pulse for devices that start in their lowest state.

    Parameters
    ----------
    model : DeviceModel
        The device.
    potentiation, depression : int
        Pulses of each polarity.
    devices : int
        Independent devices, each with its own spread.
    rng : numpy.random.Generator
        Source of switching, visits, reads and spread.

    Returns
    -------
    ndarray, shape (devices, potentiation + depression + 1)
        One noisy read after each pulse, the first before any [S].
    """
    state = np.zeros(devices, dtype=np.uint8)
    gain = model.spread((devices,), rng)
    low = float(model.levels[0])
    result = np.empty((devices, potentiation + depression + 1))
    for step in range(result.shape[1]):
        if step > 0:
            sign = 1 if step <= potentiation else -1
            state = model.pulse(state, sign, rng)
        noise = model.read(state, rng) - model.conductance(state)
        own = low + gain * (model.conductance(state) - low)
        result[:, step] = own + model.visit(state, rng) + noise
    return result
