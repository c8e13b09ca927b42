"""Distorted copies of training images: shifts, turns, sizes and elastic waves.

Simard, Steinkraus and Platt (ICDAR 2003) showed that a plain two-layer perceptron learns MNIST
from such copies as well as a convolutional network does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

SIDE = 28
_KNOTS = 6  # coarse grid of the elastic field: waves of about five pixels


@dataclass(frozen=True)
class Distortion:
    """How far training images are distorted; every number is a limit, or a standard deviation.

    Attributes
    ----------
    shift : float
        Largest shift along each axis [pixels].
    turn : float
        Largest rotation [rad].
    zoom : float
        Largest relative change of size along each axis [1].
    shear : float
        Largest horizontal shear [1].
    elastic : float
        Standard deviation of the elastic displacement at its knots [pixels].
    """

    shift: float = 2.0
    turn: float = 0.2
    zoom: float = 0.15
    shear: float = 0.2
    elastic: float = 1.2

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Return one distorted copy of each image.

        Parameters
        ----------
        images : Tensor
            Grey values, shape (N, 784).
        generator : torch.Generator
            Source of the random distortions.

        Returns
        -------
        Tensor
            Shape (N, 784), type as `images`.
        """
        count = len(images)
        grid = functional.affine_grid(
            self._affine(count, generator), [count, 1, SIDE, SIDE], align_corners=False
        )
        if self.elastic > 0:
            knots = torch.randn(count, 2, _KNOTS, _KNOTS, generator=generator)
            field = functional.interpolate(
                knots, size=(SIDE, SIDE), mode="bicubic", align_corners=True
            )
            grid = grid + field.permute(0, 2, 3, 1) * (self.elastic * 2 / SIDE)
        square = images.view(count, 1, SIDE, SIDE)
        moved = functional.grid_sample(square, grid, mode="bilinear", align_corners=False)
        return moved.view(count, -1)

    def _affine(self, count: int, generator: torch.Generator) -> Tensor:
        """Return the random affine maps, shape (N, 2, 3), in the grid's units of half a side."""
        draw = torch.rand(count, 6, generator=generator) * 2 - 1
        turn = draw[:, 0] * self.turn
        wide, high = (torch.exp(draw[:, k] * math.log1p(self.zoom)) for k in (1, 2))
        shear = draw[:, 3] * self.shear
        cosine, sine = torch.cos(turn), torch.sin(turn)
        maps = torch.empty(count, 2, 3)
        maps[:, 0, 0], maps[:, 0, 1] = cosine * wide, shear - sine * high
        maps[:, 1, 0], maps[:, 1, 1] = sine * wide, cosine * high
        maps[:, :, 2] = draw[:, 4:] * (self.shift * 2 / SIDE)
        return maps
