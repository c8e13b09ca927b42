"""The grid: equal cells in plane, and the magnetic layers of a stack one above the other.

Only magnetic layers are stored; a spacer is a distance between two of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.errors import ConfigError


@dataclass(frozen=True)
class Mesh:
    """Cells in plane and a list of magnetic layers.

    Parameters
    ----------
    nx, ny : int
        Cells along x and y.
    dx, dy : float
        Cell size in plane [m].
    thicknesses : tuple of float
        Thickness of every layer [m], bottom first.
    heights : tuple of float
        Height of the lower face of every layer [m], ascending, layers not overlapping.
    periodic : tuple of bool
        Whether x and y close on themselves.

    Raises
    ------
    ConfigError
        A size is not positive, or layers overlap.

    Examples
    --------
    >>> Mesh.multilayer(8, 4, 2e-9, 2e-9, repeats=2).shape
    (2, 4, 8)
    """

    nx: int
    ny: int
    dx: float
    dy: float
    thicknesses: tuple[float, ...]
    heights: tuple[float, ...]
    periodic: tuple[bool, bool] = (False, False)

    def __post_init__(self) -> None:
        for name in ("nx", "ny", "dx", "dy"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"Mesh {name} = {getattr(self, name)!r} must be positive.")
        if not self.thicknesses or len(self.thicknesses) != len(self.heights):
            raise ConfigError(
                f"Mesh needs one height for every layer thickness, but got "
                f"{len(self.thicknesses)} thicknesses and {len(self.heights)} heights."
            )
        if min(self.thicknesses) <= 0:
            raise ConfigError(f"Mesh thicknesses = {self.thicknesses} must all be positive.")
        if any(gap < -1e-6 * min(self.thicknesses) for gap in self.gaps):
            raise ConfigError(f"Mesh layers at heights {self.heights} must not overlap.")

    @classmethod
    def multilayer(
        cls,
        nx: int,
        ny: int,
        dx: float,
        dy: float,
        repeats: int = 1,
        thickness: float = 1e-9,
        period: float = 3e-9,
        periodic: tuple[bool, bool] = (False, False),
    ) -> Mesh:
        """Return the mesh of a stack of `repeats` equal layers.

        Parameters
        ----------
        nx, ny : int
            Cells along x and y.
        dx, dy : float
            Cell size in plane [m].
        repeats : int
            Number of magnetic layers.
        thickness : float
            Thickness of each [m].
        period : float
            Distance from the foot of one layer to the foot of the next [m]; `period` equal to
            `thickness` makes a solid film that is divided along z.
        periodic : tuple of bool
            Whether x and y close on themselves.

        Returns
        -------
        Mesh

        Raises
        ------
        ConfigError
            A size is not positive, or layers overlap.
        """
        heights = tuple(float(f"{period * i:.12g}") for i in range(repeats))
        return cls(nx, ny, dx, dy, (thickness,) * repeats, heights, periodic)

    @property
    def layers(self) -> int:
        """Number of magnetic layers."""
        return len(self.thicknesses)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of one number per cell: (layers, ny, nx)."""
        return (self.layers, self.ny, self.nx)

    @property
    def gaps(self) -> tuple[float, ...]:
        """Spacer thickness above every layer but the last [m]; 0 where layers touch."""
        tops = [z + t for z, t in zip(self.heights, self.thicknesses, strict=True)]
        return tuple(z - top for z, top in zip(self.heights[1:], tops[:-1], strict=True))

    def touches_next(self, layer: int) -> bool:
        """Whether `layer` and the one above it are in contact, so that exchange couples them."""
        return abs(self.gaps[layer]) < 1e-6 * self.thicknesses[layer]

    @property
    def volumes(self) -> NDArray[np.float64]:
        """Cell volume of every layer [m^3], shape (layers, 1, 1)."""
        return np.asarray(self.thicknesses).reshape(-1, 1, 1) * (self.dx * self.dy)

    @property
    def x(self) -> NDArray[np.floating]:
        """Cell centres along x [m], shape (nx,); the sample spans 0 to nx dx."""
        return (np.arange(self.nx) + 0.5) * self.dx

    @property
    def y(self) -> NDArray[np.floating]:
        """Cell centres along y [m], shape (ny,)."""
        return (np.arange(self.ny) + 0.5) * self.dy
