"""Open-loop planning: how many pulses bring a device closest to a wanted state."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from devicemodels.base import Conductances, Counts

LONGEST = 4
"""The search goes to this many pulses a state; beyond, the device has saturated."""

SLACK = 1e-4
"""A longer train must lower the mean squared error by this much of the squared range."""


def pulse_plan(
    levels: Conductances, potentiation: NDArray[np.float64], depression: NDArray[np.float64]
) -> Counts:
    """Return the signed pulse count that best takes state i to state j, without reading.

    Best means the smallest mean squared conductance error, E[(G - G_j)^2]; of counts that are
    equally good within `SLACK` the smallest wins.

    Parameters
    ----------
    levels : ndarray, shape (states,)
        Mean conductance of each state [S].
    potentiation, depression : ndarray, shape (states, states)
        Transition probabilities of one pulse, from row to column.

    Returns
    -------
    ndarray of int16, shape (states, states)
        Positive: potentiation pulses; negative: depression pulses.
    """
    states = len(levels)
    span = levels[-1] - levels[0]
    wanted = (levels - levels[0]) / span
    best = (wanted[:, None] - wanted[None, :]) ** 2
    plan = np.zeros((states, states), dtype=np.int16)
    for sign, matrix in ((1, potentiation), (-1, depression)):
        reached = np.eye(states)
        for count in range(1, LONGEST * states + 1):
            reached = reached @ matrix
            mean, square = reached @ wanted, reached @ wanted**2
            error = square[:, None] - 2 * mean[:, None] * wanted + wanted**2
            better = error < best - SLACK
            best = np.where(better, error, best)
            plan[better] = sign * count
    return plan
