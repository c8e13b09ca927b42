"""Shapes in the plane: where a sample is, and where a parameter differs.

Lengths are measured from the middle of the mesh [m]. Shapes combine with ``|`` (or), ``&`` (and),
``-`` (without) and ``~`` (not).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.errors import ConfigError, DataError
from neuroskyrm.micromagnetics.mesh import Mesh

Mask = NDArray[np.bool_]
Points = NDArray[np.float64]


class Shape(ABC):
    """A region of the plane."""

    @abstractmethod
    def contains(self, x: Points, y: Points) -> Mask:
        """Return which points lie inside; `x` of shape (1, nx), `y` of shape (ny, 1) [m]."""

    def mask(self, mesh: Mesh) -> Mask:
        """Return the cells of `mesh` whose centre lies inside, shape (ny, nx)."""
        x = (np.arange(mesh.nx) + 0.5 - mesh.nx / 2) * mesh.dx
        y = (np.arange(mesh.ny) + 0.5 - mesh.ny / 2) * mesh.dy
        inside = self.contains(x[None, :], y[:, None])
        return np.broadcast_to(inside, (mesh.ny, mesh.nx)).copy()

    def __or__(self, other: Shape) -> Shape:
        return Combination(np.logical_or, self, other)

    def __and__(self, other: Shape) -> Shape:
        return Combination(np.logical_and, self, other)

    def __sub__(self, other: Shape) -> Shape:
        return Combination(np.greater, self, other)

    def __invert__(self) -> Shape:
        return Everywhere() - self


class Everywhere(Shape):
    """The whole plane."""

    def contains(self, x: Points, y: Points) -> Mask:
        """Return True for every point."""
        return np.ones(np.broadcast_shapes(x.shape, y.shape), dtype=bool)


@dataclass(frozen=True)
class Combination(Shape):
    """Two shapes joined by a Boolean operation on their masks."""

    operation: np.ufunc
    first: Shape
    second: Shape

    def contains(self, x: Points, y: Points) -> Mask:
        """Return the operation on both masks."""
        return np.asarray(self.operation(self.first.contains(x, y), self.second.contains(x, y)))


@dataclass(frozen=True)
class Rectangle(Shape):
    """A rectangle, with rounded corners if `corner` is given.

    Attributes
    ----------
    length, width : float
        Sides along x and y [m].
    centre : tuple of float
        Middle (x, y) [m].
    corner : float
        Radius of the corners [m].
    """

    length: float
    width: float
    centre: tuple[float, float] = (0.0, 0.0)
    corner: float = 0.0

    def __post_init__(self) -> None:
        if not (self.length > 0 and self.width > 0 and self.corner >= 0):
            raise ConfigError(
                f"Rectangle of {self.length!r} x {self.width!r} m with corners of "
                f"{self.corner!r} m: sides must be positive, and corners not negative."
            )

    def contains(self, x: Points, y: Points) -> Mask:
        """Return which points lie inside."""
        corner = min(self.corner, self.length / 2, self.width / 2)
        beyond_x = np.abs(x - self.centre[0]) - (self.length / 2 - corner)
        beyond_y = np.abs(y - self.centre[1]) - (self.width / 2 - corner)
        distance = np.hypot(np.maximum(beyond_x, 0), np.maximum(beyond_y, 0))
        return np.asarray(distance <= corner)


@dataclass(frozen=True)
class Disc(Shape):
    """A disc.

    Attributes
    ----------
    radius : float
        Radius [m].
    centre : tuple of float
        Middle (x, y) [m].
    """

    radius: float
    centre: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        if not self.radius > 0:
            raise ConfigError(f"Disc radius = {self.radius!r} must be a positive length in metres.")

    def contains(self, x: Points, y: Points) -> Mask:
        """Return which points lie inside."""
        return np.asarray(np.hypot(x - self.centre[0], y - self.centre[1]) <= self.radius)


def mask_from_image(path: Path, mesh: Mesh) -> Mask:
    """Return the dark cells of a black-and-white picture stretched over the mesh.

    Parameters
    ----------
    path : Path
        A PNG file; its upper edge is the mesh's largest y.
    mesh : Mesh
        The mesh.

    Returns
    -------
    ndarray of bool, shape (ny, nx)

    Raises
    ------
    DataError
        The file is missing or not a PNG picture.
    """
    from matplotlib.image import imread

    try:
        with path.open("rb") as file:
            picture = np.atleast_3d(imread(file, format="png"))
    except (OSError, SyntaxError, ValueError):
        raise DataError(f"{path}: not a readable PNG picture.") from None
    grey = picture[::-1, :, : min(3, picture.shape[2])].mean(axis=2)
    rows = ((np.arange(mesh.ny) + 0.5) * grey.shape[0] / mesh.ny).astype(int)
    columns = ((np.arange(mesh.nx) + 0.5) * grey.shape[1] / mesh.nx).astype(int)
    return np.asarray(grey[np.ix_(rows, columns)] < 0.5)
