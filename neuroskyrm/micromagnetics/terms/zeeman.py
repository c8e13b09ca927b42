"""Applied magnetic field: uniform or per cell, constant or in time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuroskyrm.errors import ConfigError
from neuroskyrm.micromagnetics.sample import Array, State
from neuroskyrm.micromagnetics.terms.base import Term, moment_product


class Zeeman(Term):
    """Applied field, energy -moment . B.

    Parameters
    ----------
    B : 3 floats, or array broadcastable to (3, layers, ny, nx)
        Flux density of the applied field [T].
    envelope : callable, optional
        Factor as a function of time [s]; 1 if missing.

    Raises
    ------
    ConfigError
        `B` is not finite, or not a vector or a field of vectors.
    """

    def __init__(self, B: ArrayLike, envelope: Callable[[float], float] | None = None) -> None:
        self.B: NDArray[np.float64] = np.asarray(B, dtype=np.float64)
        if self.B.ndim not in (1, 4) or self.B.shape[0] != 3 or not np.isfinite(self.B).all():
            raise ConfigError(
                f"Zeeman B of shape {self.B.shape} must be 3 finite numbers [T], or an array "
                f"(3, layers, ny, nx)."
            )
        self.envelope = envelope

    @property
    def is_uniform(self) -> bool:
        """Whether the field is the same in all cells, so that the fused kernel adds it."""
        return self.B.ndim == 1

    def uniform(self, t: float) -> NDArray[np.float64]:
        """Return the field at time `t` [T], shape (3,) or (3, layers, ny, nx)."""
        return self.B if self.envelope is None else self.B * self.envelope(t)

    def field(self, state: State, out: Array) -> None:
        """Add the field [T] to `out`, shape (3, layers, ny, nx)."""
        B = self.uniform(state.t)
        out += B.reshape(3, 1, 1, 1) if self.is_uniform else B

    def energy(self, state: State) -> float:
        """Return -sum of Ms V m.B [J]."""
        B = self.uniform(state.t)
        full = np.broadcast_to(B.reshape(3, 1, 1, 1) if self.is_uniform else B, state.m.shape)
        return -moment_product(state, full)
