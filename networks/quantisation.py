"""Training through steps: device levels for the weights, time steps for the activations.

Both are step functions, whose derivative is zero almost everywhere; training sees the derivative
of the line that the steps follow (straight-through estimator, Bengio et al., arXiv:1308.3432).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_BINS = 8192  # of the lookup table, on either side of zero


@dataclass(frozen=True)
class Grid:
    """The weights that a layer's devices can hold.

    Attributes
    ----------
    levels : ndarray
        Signed levels in units of weight, ascending, shape (2 X + 1,).
    """

    levels: NDArray[np.float64]

    def nearest(self, weights: Tensor) -> Tensor:
        """Return the nearest level of each weight, shape as `weights`.

        Looked up in a fine table, ten times faster than a search: a weight within 1/16384 of
        the range of a middle may take either neighbour. Programming itself searches.
        """
        top = float(self.levels[-1])
        grid = np.linspace(-top, top, 2 * _BINS + 1)
        middles = (self.levels[1:] + self.levels[:-1]) / 2
        table = torch.from_numpy(self.levels[np.searchsorted(middles, grid)].astype(np.float32))
        place = (weights * (_BINS / top) + (_BINS + 0.5)).clamp_(0, 2 * _BINS).to(torch.int32)
        return table.index_select(0, place.view(-1)).view_as(weights)


def quantised(
    weights: Tensor, grid: Grid, noise: float, generator: torch.Generator | None
) -> Tensor:
    """Return the nearest level of each weight, with the gradient of the weight itself.

    Parameters
    ----------
    weights : Tensor
        Smooth weights, any shape.
    grid : Grid
        The levels.
    noise : float
        Standard deviation of Gaussian noise added to each level, in units of the largest level.
    generator : torch.Generator or None
        Source of the noise.

    Returns
    -------
    Tensor
        Shape as `weights`.
    """
    with torch.no_grad():
        held = grid.nearest(weights)
        if noise > 0:
            spread = noise * float(grid.levels[-1])
            held += torch.randn(held.shape, generator=generator) * spread
        held -= weights
    return weights + held


def step_activation(z: Tensor, ceiling: Tensor, steps: int) -> Tensor:
    """Return a ReLU that saturates and passes on only T steps, as T time steps of spikes do.

    h(z) = c clip(floor(z T / c + 1/2), 0, T) / T, with a ceiling c that is trained along (Bu et
    al., ICLR 2022). The half makes the error of the steps average out; in the spiking net it is
    the membrane that starts at half its threshold.

    Parameters
    ----------
    z : Tensor
        Inputs, any shape.
    ceiling : Tensor
        c, one number.
    steps : int
        T.

    Returns
    -------
    Tensor
        Shape as `z`.
    """
    stepped: Tensor = _Steps.apply(z, ceiling, steps)  # type: ignore[no-untyped-call]
    return stepped


class _Steps(torch.autograd.Function):
    """See `step_activation`."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, ceiling: Tensor, steps: int) -> Tensor:
        """Return h(z)."""
        ctx.save_for_backward(z, ceiling)
        ctx.steps = steps
        scale = steps / float(ceiling)
        return (z * scale + 0.5).floor_().clamp_(0, steps).mul_(1 / scale)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        """Return the gradients to z (inside the range) and to the ceiling (above it)."""
        z, ceiling = ctx.saved_tensors
        half = float(ceiling) / (2 * ctx.steps)
        above = z >= ceiling - half
        inside = (z >= -half) & ~above
        to_ceiling = (gradient * above).float().sum()
        return gradient * inside, to_ceiling, None
