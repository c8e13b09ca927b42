"""A torch layer that lives on a crossbar: for fine-tuning a network on its future hardware."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from crossbar.array import Crossbar
from crossbar.dale import Codes, full_scale, quantise, signed_levels, to_pair
from crossbar.placement import Layout, solve_layout
from devicemodels.base import DeviceModel
from neuroskyrm.errors import ConfigError

SAMPLES = 2000
"""Devices drawn for each state to measure the noise of a model."""


def level_noise(model: DeviceModel, rng: np.random.Generator, reads: bool = True) -> np.ndarray:
    """Return the standard deviation of a device's conductance in each state, from the model.

    Parameters
    ----------
    model : DeviceModel
        The device.
    rng : numpy.random.Generator
        Source of the samples.
    reads : bool, optional
        Whether read noise counts, beside device spread and the spread between visits.

    Returns
    -------
    ndarray, shape (states,)
        [S].
    """
    levels = model.levels
    spread = model.spread((SAMPLES,), rng)
    noise = np.empty(levels.size)
    for index in range(levels.size):
        state = np.full(SAMPLES, index, dtype=np.uint8)
        sample = levels[0] + spread * (levels[index] - levels[0]) + model.visit(state, rng)
        if reads:
            sample = sample + model.read(state, rng) - levels[index]
        noise[index] = sample.std()
    return noise


class CrossbarLinear(nn.Module):
    """A linear layer y = x W + b whose weights are what a crossbar can hold.

    Forward, each weight is its nearest signed level, plus (while training) a fresh draw of the
    device noise of its pair. Backward, the gradient passes the rounding as if it were not there
    (straight-through), clipped where a weight lies beyond the outermost level. The bias stays
    digital.

    Parameters
    ----------
    inputs, outputs : int
        Size of the layer.
    model : DeviceModel
        What each device is.
    scale : float, optional
        Conductance of a weight of one [S]. Default: set so that the initial weights fill the
        range; see `rescale`.
    noise : float, optional
        Factor on the device noise while training (0: rounding alone).
    positive : int, optional
        Number of positive codes (`dale.signed_levels`).
    seed : int, optional
        Seed of the noise.

    Raises
    ------
    ConfigError
        A size, the scale or the noise factor is not allowed.
    """

    signed: Tensor
    deviation: Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        model: DeviceModel,
        *,
        scale: float | None = None,
        noise: float = 1.0,
        positive: int | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if min(inputs, outputs) < 1 or not noise >= 0:
            raise ConfigError(
                f"CrossbarLinear: inputs = {inputs}, outputs = {outputs}, noise = {noise} must be "
                "at least 1, 1 and 0."
            )
        self.model = model
        self.positive = positive
        self.noise = noise
        self.weight = nn.Parameter(torch.empty(inputs, outputs))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.generator = torch.Generator().manual_seed(seed)
        bound = inputs**-0.5
        nn.init.uniform_(self.weight, -bound, bound, generator=self.generator)
        signed = signed_levels(model.levels, positive)
        deviation = level_noise(model, np.random.default_rng(seed))
        magnitude = np.abs(np.arange(signed.size) - signed.size // 2)
        pair = np.sqrt(deviation[magnitude] ** 2 + deviation[0] ** 2)
        self.register_buffer("signed", torch.tensor(signed, dtype=torch.float64))
        self.register_buffer("deviation", torch.tensor(pair, dtype=torch.float64))
        self._attenuations: tuple[Tensor, Tensor] | None = None
        self.scale = 0.0
        self.rescale(scale)

    def rescale(self, scale: float | None = None) -> None:
        """Set the conductance of a weight of one; by default the largest weight fills the range."""
        weights = self.weight.detach().numpy()
        scale = full_scale(weights, self.model.levels, self.positive) if scale is None else scale
        if not (np.isfinite(scale) and scale > 0):
            raise ConfigError(f"CrossbarLinear: scale = {scale} must be positive [S].")
        self.scale = float(scale)

    def hosted(self) -> Tensor:
        """Return the weights that devices can hold, shape (inputs, outputs), differentiable."""
        levels = self.signed / self.scale
        top = float(levels[-1])
        inside = self.weight.clamp(-top, top)
        middles = (levels[1:] + levels[:-1]) / 2
        index = torch.bucketize(inside.detach().double(), middles)
        nearest = levels[index]
        if self.training and self.noise > 0:
            deviation = self.deviation[index] * (self.noise / self.scale)
            draw = torch.randn(index.shape, generator=self.generator, dtype=torch.float64)
            nearest = nearest + deviation * draw
        return inside + (nearest.to(inside.dtype) - inside).detach()

    def feel_wires(self, layout: Layout | None) -> None:
        """Attenuate W+ and W- from now on as the wires of `layout` do with the present weights.

        Exact for these weights; as they change in training, call it again now and then.

        Parameters
        ----------
        layout : Layout or None
            Wires, placement and tiles; None takes the wires out again.
        """
        if layout is None:
            self._attenuations = None
            return
        levels = self.model.levels
        plus, minus = (levels[state] for state in to_pair(self.codes()))
        solution = solve_layout(plus, minus, layout)
        self._attenuations = (
            torch.tensor(solution.plus / plus, dtype=self.weight.dtype),
            torch.tensor(solution.minus / minus, dtype=self.weight.dtype),
        )

    def effective(self) -> Tensor:
        """Return the weights as they act behind the wires, shape (inputs, outputs)."""
        hosted = self.hosted()
        if self._attenuations is None:
            return hosted
        lowest = float(self.model.levels[0]) / self.scale
        plus, minus = self._attenuations
        return plus * (lowest + hosted.clamp(min=0)) - minus * (lowest - hosted.clamp(max=0))

    def forward(self, inputs: Tensor) -> Tensor:
        """Return x W + b, shape (..., outputs), for x of shape (..., inputs)."""
        return inputs @ self.effective() + self.bias

    def codes(self) -> Codes:
        """Return the signed codes of the weights, int8, shape (inputs, outputs)."""
        weights = self.weight.detach().numpy()
        return quantise(weights, self.model.levels, self.scale, self.positive, saturate=True)

    def program(
        self,
        rng: np.random.Generator,
        placement: Literal["separate", "interleaved", "rows"] = "separate",
        **options: Any,
    ) -> Crossbar:
        """Program the weights into a crossbar; options are those of `Crossbar.program`.

        The result computes `x W` as ``crossbar.infer(x * v, t) / (v * layer.scale)``.
        """
        return Crossbar.program(self.model, self.codes(), rng, placement, **options)
