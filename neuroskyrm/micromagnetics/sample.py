"""What every term looks at: the sample (mesh and magnetisation) and its momentary state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuroskyrm.errors import ConfigError
from neuroskyrm.micromagnetics.mesh import Mesh

Array = NDArray[np.floating]


class Sample:
    """A mesh filled with magnetic material.

    Parameters
    ----------
    mesh : Mesh
        The cells.
    Ms : float or array broadcastable to mesh.shape
        Saturation magnetisation [A/m]; 0 outside the sample.

    Raises
    ------
    ConfigError
        `Ms` has the wrong shape, is negative or not finite, or is zero everywhere.
    """

    def __init__(self, mesh: Mesh, Ms: ArrayLike) -> None:
        self.mesh = mesh
        self.Ms = self.spread(Ms, "Ms")
        self.inside: NDArray[np.bool_] = self.Ms > 0
        if self.Ms.min() < 0 or not self.inside.any():
            raise ConfigError("Ms must be 0 outside the sample, and positive somewhere.")

    def spread(self, values: ArrayLike, name: str) -> NDArray[np.float64]:
        """Return a parameter as one float64 number per cell, shape mesh.shape (read-only)."""
        try:
            array = np.broadcast_to(np.asarray(values, dtype=np.float64), self.mesh.shape)
        except (ValueError, TypeError):
            shape = np.shape(values)
            raise ConfigError(
                f"{name} of shape {shape} must be a number or fit the mesh shape {self.mesh.shape}."
            ) from None
        if not np.isfinite(array).all():
            raise ConfigError(f"{name} holds NaN or infinity, but must be finite everywhere.")
        return array

    def per_moment(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return `values` / Ms, and 0 where there is no material."""
        return np.divide(values, self.Ms, out=np.zeros(self.mesh.shape), where=self.inside)

    @property
    def moments(self) -> NDArray[np.float64]:
        """Magnetic moment of every cell [A m^2], shape mesh.shape."""
        return self.Ms * self.mesh.volumes


@dataclass
class State:
    """Magnetisation at one moment.

    Parameters
    ----------
    sample : Sample
        What it is the state of.
    m : array of shape (3, layers, ny, nx)
        Unit vectors; zero outside the sample.
    t : float
        Time [s].
    current : float
        Current density of the drive at that time [A/m^2].
    """

    sample: Sample
    m: Array
    t: float = 0.0
    current: float = 0.0

    @property
    def mesh(self) -> Mesh:
        """The cells."""
        return self.sample.mesh

    def mean(self, component: int | None = None) -> NDArray[np.float64]:
        """Return the moment-weighted mean of m (3 numbers), or of one component of it."""
        weights = self.sample.moments
        parts = self.m if component is None else self.m[component : component + 1]
        means = np.array([np.sum(weights * part, dtype=np.float64) for part in parts])
        means /= weights.sum()
        return means if component is None else means[0]


def relative_moments(sample: Sample, strongest: float, dtype: np.dtype[Any]) -> Array | None:
    """Return Ms / strongest, or None where m alone says it all (one Ms, zero outside)."""
    relative = sample.Ms / strongest
    if np.isin(relative, (0.0, 1.0)).all():
        return None
    return relative.astype(dtype)
