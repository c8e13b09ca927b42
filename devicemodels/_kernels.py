"""Compiled loops over devices: arrays in, arrays out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.jit import kernel


@kernel
def draw_transitions(
    state: NDArray[np.uint8],
    table: NDArray[np.int32],
    uniform: NDArray[np.float64],
    cumulative: NDArray[np.float64],
    out: NDArray[np.uint8],
) -> None:
    """Draw each device's next state by inverting its cumulative row.

    Parameters
    ----------
    state, table, uniform, out : ndarray, shape (devices,)
        States before, which table of `cumulative` holds for the device, uniform random numbers in
        [0, 1), states after.
    cumulative : ndarray, shape (tables, states, states)
        Cumulative transition probabilities along the last axis.
    """
    states = cumulative.shape[1]
    for i in range(state.size):
        row = cumulative[table[i], state[i]]
        target = 0
        while target < states - 1 and uniform[i] >= row[target]:
            target += 1
        out[i] = target
