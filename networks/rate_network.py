"""The quantised rate network that a constant-current integrate-and-fire net amounts to.

With reset by subtraction, a neuron that receives charge Q over T steps ends with
clip(floor((Q + start) / threshold), 0, T) spikes, if the charge comes evenly. Passing these
counts from layer to layer instead of spike trains is exact in the first layer, and nearly so
behind it, where spikes come unevenly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from networks.deep_snn import DeepSnn, Float32
from networks.fixed_point import DIGIT, split
from networks.rate_coding import constant_drive
from neuroskyrm.errors import ConfigError
from neuroskyrm.io.datasets import Bytes


def check_rate(snn: DeepSnn) -> None:
    """Raise if `snn` has no equivalent rate network.

    Raises
    ------
    ConfigError
        Its neurons leak or reset to zero, its input is Poisson, or it reads spike counts.
    """
    wrong = {
        f"reset = '{snn.neuron.reset}'": snn.neuron.reset != "subtract",
        f"leak_time = {snn.neuron.leak_time}": snn.neuron.leak_time is not None,
        f"coding = '{snn.coding.kind}'": snn.coding.kind != "constant",
        f"readout = '{snn.readout}'": snn.readout != "charge",
    }
    for what, is_wrong in wrong.items():
        if is_wrong:
            raise ConfigError(
                f"{what}: a rate network needs reset 'subtract', no leak, constant input, and "
                "the charge as read-out."
            )


def run_rate(snn: DeepSnn, images: Bytes) -> tuple[list[NDArray[np.uint8]], Float32]:
    """Run the rate network of `snn`.

    Parameters
    ----------
    snn : DeepSnn
        A network that `check_rate` accepts.
    images : ndarray of uint8
        Grey values, shape (N, n_in).

    Returns
    -------
    counts : list of ndarray of uint8
        Spikes in all of each hidden neuron, shapes (N, n).
    scores : ndarray of float32
        Shape (N, classes).
    """
    check_rate(snn)
    signal = constant_drive(images).astype(np.float32)
    counts = []
    for index, layer in enumerate(snn.layers):
        parts = split(layer.weights, layer.planes)
        total = signal @ parts[0]
        for part in parts[1:]:
            total = total * DIGIT + signal @ part
        if index == 0:
            total *= np.float32(snn.steps)
        total += snn.start(layer)
        if index + 1 == len(snn.layers):
            break
        spikes = np.floor(total / np.float32(layer.threshold))
        signal = np.clip(spikes, 0, snn.steps)
        counts.append(signal.astype(np.uint8))
    return counts, total
