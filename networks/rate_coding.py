"""How grey values drive the first layer: as a constant 7-bit current, or as Poisson spikes.

Seven bits, because 127 · 127 · 2 < 2^15: integer kernels that add pairs of products in 16 bits
(AVX2's VPMADDUBSW, many microcontrollers) then never saturate, and 784 · 127 · 127 < 2^24, so
that single precision holds every sum exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.errors import ConfigError
from neuroskyrm.io.datasets import Bytes

FULL_DRIVE = 127
"""Drive of a white pixel with constant current."""

BLOCK = 100
"""Images whose Poisson spikes are drawn together (fixed: results must not depend on memory)."""

_STEPS_AT_ONCE = 4000  # images times steps held in memory


@dataclass(frozen=True)
class Coding:
    """The input code.

    Attributes
    ----------
    kind : {"constant", "poisson"}
        Constant current proportional to the grey value, or Poisson spikes with
        p = x · time_step · max_rate in each step (Chen et al., Appendix B).
    max_rate : float
        Firing rate of a white pixel [Hz] (Poisson).
    time_step : float
        Duration of a time step [s].
    """

    kind: Literal["constant", "poisson"] = "constant"
    max_rate: float = 1000.0
    time_step: float = 1e-3

    def __post_init__(self) -> None:
        if self.kind not in ("constant", "poisson"):
            raise ConfigError(f"coding = '{self.kind}': must be 'constant' or 'poisson'.")
        if not 0 < self.max_rate * self.time_step <= 1:
            raise ConfigError(
                f"max_rate = {self.max_rate}: times the time step of {self.time_step} s it must "
                "be above 0 and at most 1, as it is a probability."
            )

    @property
    def full(self) -> float:
        """Mean input of a white pixel in one step [input units]."""
        return FULL_DRIVE if self.kind == "constant" else self.max_rate * self.time_step


def constant_drive(images: Bytes) -> NDArray[np.uint8]:
    """Return the 7-bit drives of grey values 0..255, shape as `images`."""
    return np.right_shift(images, 1, dtype=np.uint8)


def poisson_spikes(
    images: Bytes, steps: int, probability: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Return Poisson spikes of a block of images, 0 or 1, shape (steps, N, n_in).

    Parameters
    ----------
    images : ndarray of uint8
        Grey values, shape (N, n_in).
    steps : int
        Time steps.
    probability : float
        Spike probability of a white pixel in one step.
    rng : numpy.random.Generator
        Source of the spikes.
    """
    chance = images.astype(np.float32) * np.float32(probability / 255)
    return (rng.random((steps, *images.shape), dtype=np.float32) < chance).astype(np.uint8)


def drive_blocks(
    coding: Coding, images: Bytes, steps: int, rng: np.random.Generator | None
) -> Iterator[NDArray[np.float32]]:
    """Yield the inputs of the first layer, block by block.

    Yields
    ------
    ndarray of float32
        Constant drives, shape (n, n_in), or spikes, shape (steps, n, n_in).

    Raises
    ------
    ConfigError
        Poisson spikes are asked for without `rng`.
    """
    if coding.kind == "constant":
        size = BLOCK * max(1, _STEPS_AT_ONCE // (BLOCK * steps))
        for k in range(0, len(images), size):
            yield constant_drive(images[k : k + size]).astype(np.float32)
        return
    if rng is None:
        raise ConfigError("rng: none given, but Poisson spikes need a numpy Generator.")
    for k in range(0, len(images), BLOCK):
        part = poisson_spikes(images[k : k + BLOCK], steps, coding.full, rng)
        yield part.astype(np.float32)
