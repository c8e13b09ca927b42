"""Export of a card to IBM's aihwkit, as plain data: parameters of its piecewise-step device."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from devicemodels.card import DeviceCard

MOST_NODES = 63
"""aihwkit allows fewer than 64 nodes on a GPU."""


def piecewise_step_parameters(card: DeviceCard, nodes: int = 31) -> dict[str, Any]:
    """Return the constructor arguments of ``aihwkit.simulator.configs.PiecewiseStepDevice``.

    Weights -1 ... 1 stand for the card's conductance range. aihwkit moves a weight by
    ``dw_min`` times the value interpolated between `nodes` evenly spaced over the range, times
    (1 + ``dw_min_std`` times a normal number); this keeps the card's mean step at every level
    and the mean size of its step noise. What aihwkit's model cannot hold is left out: discrete
    levels, jumps of several levels, and read noise (set ``forward.out_noise`` there).

    Parameters
    ----------
    card : DeviceCard
        The device.
    nodes : int, optional
        Nodes of the piecewise-linear step curves, 2 to 63.

    Returns
    -------
    dict
        Plain numbers and lists: use as ``PiecewiseStepDevice(**parameters)``.

    Raises
    ------
    ValueError
        `nodes` is out of range.
    """
    if not 2 <= nodes <= MOST_NODES:
        raise ValueError(f"nodes = {nodes}: allowed are 2 to {MOST_NODES}.")
    levels = card.conductance
    weight = 2 * (levels - levels[0]) / (levels[-1] - levels[0]) - 1
    up, up_noise = _steps(weight, np.array(card.potentiation.later))
    down, down_noise = _steps(weight, np.array(card.depression.later))
    grid = np.linspace(-1, 1, nodes)
    curves = np.interp(grid, weight, up), np.interp(grid, weight, -down)
    smallest = float(np.mean([up[:-1].mean(), -down[1:].mean()]))
    noise = float(np.sqrt(np.mean([up_noise[:-1] ** 2, down_noise[1:] ** 2])))
    visit = float(np.sqrt(np.mean(np.square(card.levels.visit_sd))))
    return {
        "w_min": -1.0,
        "w_max": 1.0,
        "dw_min": smallest,
        "up_down": 0.0,
        "dw_min_std": noise / smallest,
        "write_noise_std": float(visit * 2 / (levels[-1] - levels[0]) / smallest),
        "piecewise_up": (np.maximum(curves[0], 0) / smallest).tolist(),
        "piecewise_down": (np.maximum(curves[1], 0) / smallest).tolist(),
        "dw_min_dtod": 0.0,
        "up_down_dtod": 0.0,
        "w_max_dtod": card.device_spread,
        "w_min_dtod": 0.0,
    }


def _steps(
    weight: NDArray[np.float64], matrix: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation of one pulse's step from each level."""
    mean = matrix @ weight
    variance = np.maximum(matrix @ weight**2 - mean**2, 0.0)
    return mean - weight, np.sqrt(variance)
