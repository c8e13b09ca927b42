"""Reference devices to compare with: linear-step and soft-bounds synapses, as cards.

A state is a point on an even grid over the conductance range; one pulse moves it by a step that
depends on where it is, plus Gaussian noise. The step rarely ends on a grid point, so the card
spreads it over the two neighbours such that the mean step is exact.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from devicemodels.card import Branch, DeviceCard, Levels, PulseCost
from devicemodels.ideal import PAPER_RANGE, IdealDevice
from neuroskyrm.errors import DeviceError

Positions = NDArray[np.float64]
"""Positions in the conductance range: 0 lowest, 1 highest."""

FREE = PulseCost(energy=1e-18, width=1e-9, pause=0.0, current_density=1.0)
"""Cost of a pulse of a reference device: a placeholder of 1 aJ and 1 ns."""


def ideal_continuous(conductance_range: tuple[float, float] = PAPER_RANGE) -> IdealDevice:
    """Return a device that is continuous to within a byte: 255 exact, even levels."""
    return IdealDevice(255, conductance_range)


def linear_step(
    states: int = 32,
    up: float = 0.05,
    down: float = 0.05,
    *,
    noise: float = 0.0,
    conductance_range: tuple[float, float] = PAPER_RANGE,
    name: str = "linear-step",
) -> DeviceCard:
    """Return a device whose every pulse moves it by the same share of its range.

    Parameters
    ----------
    states : int
        Grid points over the range, 2 to 255.
    up, down : float
        Mean step of a potentiation and of a depression pulse, as a share of the range.
    noise : float, optional
        Standard deviation of the step, pulse to pulse, as a share of the range.
    conductance_range : tuple of float, optional
        Lowest and highest conductance [S].
    name : str, optional
        Name of the card.

    Returns
    -------
    DeviceCard

    Raises
    ------
    DeviceError
        A parameter is out of range.
    """
    return step_card(
        name, _grid(states, conductance_range), lambda x: 0 * x + up, lambda x: 0 * x - down, noise
    )


def soft_bounds(
    states: int = 32,
    up: float = 0.1,
    down: float = 0.1,
    *,
    noise: float = 0.0,
    conductance_range: tuple[float, float] = PAPER_RANGE,
    name: str = "soft-bounds",
) -> DeviceCard:
    """Return a device whose steps shrink in proportion to the distance to the bound.

    Parameters are those of `linear_step`; `up` and `down` are the steps at the far end.

    References
    ----------
    S. Fusi and L. F. Abbott, Nat. Neurosci. 10, 485 (2007), "soft-bound" synapses.
    """
    return step_card(
        name,
        _grid(states, conductance_range),
        lambda x: up * (1 - x),
        lambda x: -down * x,
        noise,
    )


def step_card(
    name: str,
    levels: NDArray[np.float64],
    up: Callable[[Positions], Positions],
    down: Callable[[Positions], Positions],
    noise: float,
) -> DeviceCard:
    """Return the card of a device given by its mean steps as functions of position.

    Parameters
    ----------
    name : str
        Name of the card.
    levels : ndarray, shape (states,)
        Conductances [S], even steps.
    up, down : callable
        Mean signed step of one pulse at each position, as a share of the range.
    noise : float
        Standard deviation of the step, as a share of the range.

    Returns
    -------
    DeviceCard
    """
    if not (np.isfinite(noise) and noise >= 0):
        raise DeviceError(f"{name}: 'noise' = {noise} must be a number of at least 0.")
    x = np.linspace(0, 1, len(levels))
    rows = [step_matrix(x, x + step(x), noise).tolist() for step in (up, down)]
    none = [0] * len(levels)
    return DeviceCard(
        name=name,
        description="Reference device from a step model; not calibrated from a simulation.",
        levels=Levels(
            mean=levels.tolist(),
            read_sd=[0.0] * len(levels),
            visit_sd=[0.0] * len(levels),
            skyrmions=[0.0] * len(levels),
        ),
        potentiation=Branch(later=rows[0], observed=none),
        depression=Branch(later=rows[1], observed=none),
        pulse=FREE,
        provenance={"source": "step model", "noise": noise},
    )


def step_matrix(grid: Positions, reached: Positions, noise: float) -> NDArray[np.float64]:
    """Return the transition matrix of a noisy step on an even grid.

    From state i the device goes to N(reached[i], noise^2), held within the grid; each end point
    is shared between its two neighbours by distance, P_ij = E[hat_j(x)]. With the partial
    expectations C_j = E[max(x - x_j, 0)] this is a second difference of C.

    Parameters
    ----------
    grid : ndarray, shape (states,)
        Even, ascending positions.
    reached : ndarray, shape (states,)
        Mean position after the step from each state.
    noise : float
        Standard deviation of the step.

    Returns
    -------
    ndarray, shape (states, states)
        Rows sum to 1.
    """
    from scipy.special import ndtr

    distance = reached[:, None] - grid[None, :]
    if noise == 0:
        partial = np.maximum(distance, 0.0)
    else:
        z = distance / noise
        density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
        partial = distance * ndtr(z) + noise * density
    beyond = (partial[:, :-1] - partial[:, 1:]) / (grid[1] - grid[0])
    ends = np.pad(beyond, ((0, 0), (1, 1)), constant_values=((0, 0), (1, 0)))
    matrix = np.maximum(ends[:, :-1] - ends[:, 1:], 0.0)
    rows: NDArray[np.float64] = matrix / matrix.sum(axis=1, keepdims=True)
    return rows


def _grid(states: int, conductance_range: tuple[float, float]) -> NDArray[np.float64]:
    if not 2 <= states <= 255:
        raise DeviceError(f"states = {states}: allowed are 2 to 255.")
    return np.linspace(*conductance_range, states)
