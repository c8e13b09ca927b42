"""Regions: any parameter per cell from shapes, their combinations, or an image."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuroskyrm.errors import ConfigError, DataError
from neuroskyrm.micromagnetics.mesh import Mesh

Mask = NDArray[np.bool_]
Grid = NDArray[np.floating]


class Shape:
    """A part of the plane, as a test whether a point lies in it.

    Shapes combine with ``|`` (either), ``&`` (both), ``-`` (first without second) and ``~``
    (outside). Positions are measured from the corner of the sample [m].

    Parameters
    ----------
    contains : callable
        contains(x, y) returns a boolean array for points x, y [m].

    Examples
    --------
    >>> mesh = Mesh.multilayer(10, 10, 1e-9, 1e-9)
    >>> ring = disc((5e-9, 5e-9), 5e-9) - disc((5e-9, 5e-9), 2e-9)
    >>> int(ring.mask(mesh).sum())
    68
    """

    def __init__(self, contains: Callable[[Grid, Grid], NDArray[np.bool_]]) -> None:
        self.contains = contains

    def mask(self, mesh: Mesh) -> Mask:
        """Return which cells have their centre inside, shape (ny, nx)."""
        x, y = np.meshgrid(mesh.x, mesh.y)
        return np.broadcast_to(self.contains(x, y), x.shape).copy()

    def __or__(self, other: Shape) -> Shape:
        return Shape(lambda x, y: self.contains(x, y) | other.contains(x, y))

    def __and__(self, other: Shape) -> Shape:
        return Shape(lambda x, y: self.contains(x, y) & other.contains(x, y))

    def __sub__(self, other: Shape) -> Shape:
        return Shape(lambda x, y: self.contains(x, y) & ~other.contains(x, y))

    def __invert__(self) -> Shape:
        return Shape(lambda x, y: ~self.contains(x, y))


def rectangle(
    centre: tuple[float, float], width: float, height: float, corner: float = 0.0
) -> Shape:
    """Return a rectangle with its sides along x and y, its corners rounded if wanted.

    Parameters
    ----------
    centre : tuple of float
        Middle (x, y) [m].
    width, height : float
        Sides along x and y [m].
    corner : float
        Radius of the corners [m], at most half a side.

    Raises
    ------
    ConfigError
        A side is not positive, or the corner does not fit.
    """
    if not min(width, height) > 0 or not 0 <= corner <= min(width, height) / 2 * (1 + 1e-12):
        raise ConfigError(
            f"rectangle: width = {width!r} and height = {height!r} must be positive, and "
            f"corner = {corner!r} between 0 and half the shorter side."
        )

    def contains(x: Grid, y: Grid) -> NDArray[np.bool_]:
        out_x = np.abs(x - centre[0]) - (width / 2 - corner)
        out_y = np.abs(y - centre[1]) - (height / 2 - corner)
        beyond = np.hypot(np.maximum(out_x, 0), np.maximum(out_y, 0))
        return np.asarray(beyond <= corner + 1e-9 * width)

    return Shape(contains)


def disc(centre: tuple[float, float], radius: float) -> Shape:
    """Return a disc.

    Parameters
    ----------
    centre : tuple of float
        Middle (x, y) [m].
    radius : float
        Its radius [m].

    Raises
    ------
    ConfigError
        The radius is not positive.
    """
    if not radius > 0:
        raise ConfigError(f"disc: radius = {radius!r} must be a positive length.")
    return Shape(lambda x, y: np.asarray(np.hypot(x - centre[0], y - centre[1]) <= radius))


def image(path: Path | str, width: float, height: float, dark: float = 0.5) -> Shape:
    """Return the dark parts of an image that is stretched over width x height, corner at 0.

    Parameters
    ----------
    path : Path or str
        A picture of any kind that Pillow reads; its upper edge is at large y.
    width, height : float
        Size of the picture on the sample [m].
    dark : float
        Grey value (0 black, 1 white) below which a point is inside.

    Raises
    ------
    DataError
        The file is missing or not a picture.
    """
    from PIL import Image

    try:
        with Image.open(path) as picture:
            grey = np.asarray(picture.convert("L"), dtype=np.float64)[::-1] / 255
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file.") from None
    except OSError:
        raise DataError(f"{path}: this is not a picture that can be read.") from None
    lines, columns = grey.shape

    def contains(x: Grid, y: Grid) -> NDArray[np.bool_]:
        i = np.floor(y / height * lines).astype(int)
        j = np.floor(x / width * columns).astype(int)
        on_picture = (i >= 0) & (i < lines) & (j >= 0) & (j < columns)
        value = grey[np.clip(i, 0, lines - 1), np.clip(j, 0, columns - 1)]
        return np.asarray(on_picture & (value < dark))

    return Shape(contains)


def paint(
    mesh: Mesh, background: ArrayLike, *regions: tuple[Shape, ArrayLike]
) -> NDArray[np.float64]:
    """Return a parameter per cell: `background`, overpainted by each region in turn.

    Parameters
    ----------
    mesh : Mesh
        The cells.
    background : float or array broadcastable to mesh.shape
        Value outside all regions.
    *regions : tuple of Shape and value
        A value is a number, or one per layer as an array of shape (layers, 1, 1).

    Returns
    -------
    array of shape mesh.shape

    Examples
    --------
    >>> mesh = Mesh.multilayer(4, 2, 1e-9, 1e-9)
    >>> paint(mesh, 7e5, (rectangle((1e-9, 1e-9), 2e-9, 2e-9), 8e5))[0, 0].tolist()
    [800000.0, 800000.0, 700000.0, 700000.0]
    """
    values = np.array(np.broadcast_to(np.asarray(background, dtype=np.float64), mesh.shape))
    for shape, value in regions:
        painted = np.broadcast_to(np.asarray(value, dtype=np.float64), mesh.shape)
        values = np.where(shape.mask(mesh), painted, values)
    return values
