"""Regions of a track that the user draws: parts with an anisotropy or a DMI of their own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.errors import ConfigError
from neuroskyrm.micromagnetics.shapes import Shape, disc, image, rectangle

Mask = NDArray[np.bool_]
Grid = NDArray[np.float64]


@dataclass(frozen=True)
class Region:
    """A part of the track with another Ku or D, in one or several copies along the track.

    Attributes
    ----------
    shape : {"rectangle", "disc", "image"}
        An image is stretched over the whole track; its dark parts are inside.
    x, y : float
        Middle of the copies, from the track's middle [m].
    along, across : float
        Sides of a rectangle; a disc has the diameter `along` [m].
    corner : float
        Radius of a rectangle's corners [m].
    file : str
        Picture of an image.
    copies : int
        How many there are along the track, with their common middle at x.
    pitch : float
        From the middle of one copy to that of the next [m].
    Ku : float or None
        Anisotropy inside [J/m^3]; None for what is there without the region.
    D : float or None
        Interfacial DMI inside [J/m^2]; None for the film's.
    """

    shape: Literal["rectangle", "disc", "image"] = "rectangle"
    x: float = 0.0
    y: float = 0.0
    along: float = 0.0
    across: float = 0.0
    corner: float = 0.0
    file: str = ""
    copies: int = 1
    pitch: float = 0.0
    Ku: float | None = None
    D: float | None = None

    def mask(self, x: Grid, y: Grid, field: str = "region") -> Mask:
        """Return which cells lie inside.

        Parameters
        ----------
        x, y : ndarray, shapes (1, nx) and (ny, 1)
            Cell centres from the track's middle [m].
        field : str
            What the region is called in errors.

        Raises
        ------
        ConfigError
            The region changes nothing, its sizes do not make the shape, or a copy lies off the
            track.
        """
        if self.Ku is None and self.D is None:
            raise ConfigError(f"'{field}' sets neither Ku nor D; give it at least one of them.")
        cell = x[0, 1] - x[0, 0]
        ends = x[0, 0] - cell / 2, y[0, 0] - cell / 2
        copies = [shape.contains(x - ends[0], y - ends[1]) for shape in self._shapes(ends, field)]
        for number, copy in enumerate(copies):
            if not copy.any():
                which = f"copy {number + 1} of " if len(copies) > 1 else ""
                raise ConfigError(
                    f"{which}'{field}' covers no cell of the track, which spans "
                    f"{2 * ends[0]:.4g} m x {2 * ends[1]:.4g} m around its middle."
                )
        return np.broadcast_to(reduce(or_, copies), (y.size, x.size))

    def _shapes(self, ends: tuple[float, float], field: str) -> list[Shape]:
        """Return the copies; `ends` are x and y of the track's lower left corner [m]."""
        if self.shape == "image":
            if not self.file:
                raise ConfigError(f"'{field}.file' is missing, but an image needs it.")
            return [image(self.file, -2 * ends[0], -2 * ends[1])]
        sizes = ("along", "across") if self.shape == "rectangle" else ("along",)
        if self.shape not in ("rectangle", "disc"):
            raise ConfigError(f"'{field}.shape' = {self.shape!r} must be rectangle, disc or image.")
        for name in sizes:
            if not getattr(self, name) > 0:
                raise ConfigError(
                    f"'{field}.{name}' = {getattr(self, name):g} m must be above 0 for a "
                    f"{self.shape}."
                )
        if self.copies < 1 or (self.copies > 1 and not self.pitch > 0):
            raise ConfigError(
                f"'{field}.copies' = {self.copies} must be 1 or more, and with several copies "
                f"'{field}.pitch' = {self.pitch:g} m above 0."
            )
        shifts = (np.arange(self.copies) - (self.copies - 1) / 2) * self.pitch
        centres = [(self.x + float(shift) - ends[0], self.y - ends[1]) for shift in shifts]
        if self.shape == "disc":
            return [disc(centre, self.along / 2) for centre in centres]
        return [rectangle(centre, self.along, self.across, self.corner) for centre in centres]
