"""The neuron update of the deep network: compiled, and exact to the last bit.

Multiplying and adding stay two roundings (no fused multiply-add), as ONNX runtimes do them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.jit import exact_kernel


@exact_kernel
def fire(
    currents: NDArray[np.float32],
    membrane: NDArray[np.float32],
    spikes: NDArray[np.float32],
    leak: np.float32,
    threshold: np.float32,
    subtract: bool,
) -> None:
    """Integrate `currents` over all steps; overwrite them with the membranes after each step.

    Parameters
    ----------
    currents : ndarray of float32, shape (steps, neurons)
        Input of each step; becomes the membrane after the reset of that step.
    membrane : ndarray of float32, shape (neurons,)
        Membrane before the first step; becomes the one after the last.
    spikes : ndarray of float32, shape (steps, neurons)
        Receives 1 where a neuron fires, 0 elsewhere.
    leak : float32
        Factor on the membrane in each step (1: no leak).
    threshold : float32
        A neuron fires where its membrane is at or above this.
    subtract : bool
        Reset by subtracting the threshold; else to zero.
    """
    one, nought = np.float32(1), np.float32(0)
    for step in range(currents.shape[0]):
        row, fired = currents[step], spikes[step]
        for k in range(row.size):
            v = membrane[k] * leak + row[k]
            above = v >= threshold
            fired[k] = one if above else nought
            rest = v - threshold if subtract else nought
            v = rest if above else v
            membrane[k] = v
            row[k] = v
