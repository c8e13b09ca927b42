"""The skyrmionic synapse as a device: a track, its barrier, its rim, its stack, its skyrmions.

Chen et al. (Phys. Rev. Applied 14, 014096, 2020), Fig. 1d and Appendix A. Lengths run along the
track (x), across it (y) and through the stack (z). Masks have the shape (ny, nx) and are taken
at cell centres.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.constants import MU0
from neuroskyrm.errors import ConfigError
from neuroskyrm.micromagnetics.track_regions import Region

Mask = NDArray[np.bool_]
Driven = Literal["outer", "opposite", "all"]


def _positive(field: str, value: float) -> None:
    if not value > 0:
        raise ConfigError(f"'{field}' = {value:g} must be greater than 0.")


@dataclass(frozen=True)
class Film:
    """One magnetic layer of the stack, and what lies between two of them.

    Attributes
    ----------
    Ms : float
        Saturation magnetisation [A/m].
    A : float
        Exchange stiffness [J/m].
    D : float
        Interfacial DMI [J/m^2].
    Ku : float
        Uniaxial anisotropy along z [J/m^3].
    alpha : float
        Gilbert damping.
    thickness, period : float
        Thickness of a magnetic layer, and distance from one layer to the next [m].
    interlayer : float
        Exchange between neighbouring layers [J/m^2]; positive is ferromagnetic.
    """

    Ms: float = 956e3
    A: float = 10e-12
    D: float = 1.7e-3
    Ku: float = 717e3
    alpha: float = 0.1
    thickness: float = 1e-9
    period: float = 3e-9
    interlayer: float = 0.0

    def __post_init__(self) -> None:
        for name in ("Ms", "A", "Ku", "alpha", "thickness"):
            _positive(f"film.{name}", getattr(self, name))
        if self.period < self.thickness:
            raise ConfigError(
                f"'film.period' = {self.period:g} m is less than the layer thickness "
                f"({self.thickness:g} m); it must be at least that."
            )


@dataclass(frozen=True)
class Barrier:
    """A rounded rectangle of raised anisotropy in the middle of the track.

    Attributes
    ----------
    along, across : float
        Sides along and across the track [m]; 0 across means that there is no barrier.
    corner : float
        Radius of the corners [m].
    Ku : float
        Anisotropy inside [J/m^3].
    shift : float
        Shift of the centre across the track [m]: unequal gaps for a one-sided lane.
    """

    along: float = 60e-9
    across: float = 145e-9
    corner: float = 15e-9
    Ku: float = 860e3
    shift: float = 0.0

    def mask(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> Mask:
        """Return which points lie inside; `x`, `y` [m] are measured from the track's centre."""
        if self.across <= 0 or self.along <= 0:
            return np.zeros(np.broadcast_shapes(x.shape, y.shape), dtype=bool)
        corner = min(self.corner, self.along / 2, self.across / 2)
        out_x = np.abs(x) - (self.along / 2 - corner)
        out_y = np.abs(y - self.shift) - (self.across / 2 - corner)
        beyond = np.hypot(np.maximum(out_x, 0), np.maximum(out_y, 0))
        return np.asarray((beyond <= corner) & (np.maximum(out_x, out_y) <= corner))


@dataclass(frozen=True)
class Rim:
    """A band of raised anisotropy along every edge, which keeps skyrmions off it.

    Attributes
    ----------
    width : float
        Width of the band [m]; 0 for none.
    Ku : float
        Anisotropy inside [J/m^3].
    """

    width: float = 0.0
    Ku: float = 1.5e6


@dataclass(frozen=True)
class Track:
    """A synapse: pre-synapse (x < 0), barrier, post-synapse (x > 0) on one track.

    Attributes
    ----------
    name : str
        What it is called in results.
    length, width : float
        Size of the track [m].
    layers : int
        Number n of magnetic layers.
    cell : float
        Cell size in plane [m]; length and width must be whole numbers of cells.
    film, barrier, rim : Film, Barrier, Rim
        Material and regions.
    field : float
        Applied field along +z, against the skyrmion cores [T].
    temperature : float
        Temperature [K].
    driven : {"outer", "opposite", "all"}
        Layers that feel the spin-orbit torque: bottom and top (Legrand et al. 2018), these two
        with opposite polarisation (heavy metal outside either), or each.
    skyrmions : int
        Number seeded in the pre-synapse.
    rows : int
        Rows across the track in which they are seeded.
    places : tuple of (float, float)
        Or where each of them is seeded, from the track's middle [m].
    regions : tuple of Region
        Parts with a Ku or D of their own, drawn over film, barrier and rim; later ones win.
    """

    name: str
    length: float = 800e-9
    width: float = 220e-9
    layers: int = 4
    cell: float = 4e-9
    film: Film = Film()
    barrier: Barrier = Barrier()
    rim: Rim = Rim()
    field: float = 80e-3
    temperature: float = 300.0
    driven: Driven = "outer"
    skyrmions: int = 10
    rows: int = 2
    places: tuple[tuple[float, float], ...] = ()
    regions: tuple[Region, ...] = ()

    def __post_init__(self) -> None:
        for name in ("length", "width", "cell"):
            _positive(f"track.{name}", getattr(self, name))
        for name in ("length", "width"):
            cells = getattr(self, name) / self.cell
            if abs(cells - round(cells)) > 1e-6:
                raise ConfigError(
                    f"'track.{name}' = {getattr(self, name):g} m is {cells:.6g} cells of "
                    f"{self.cell:g} m; it must be a whole number."
                )
        if self.temperature < 0:
            raise ConfigError(f"'track.temperature' = {self.temperature:g} K must be 0 or more.")
        if self.driven not in get_args(Driven):
            raise ConfigError(
                f"'track.driven' = {self.driven!r} must be 'outer', 'opposite' or 'all'."
            )
        for name in ("layers", "skyrmions", "rows"):
            if getattr(self, name) < 1:
                raise ConfigError(f"'track.{name}' = {getattr(self, name)} must be 1 or more.")
        if self.gap < 0:
            raise ConfigError(
                f"'track.barrier.across' = {self.barrier.across:g} m and two rims of "
                f"{self.rim.width:g} m are wider than the track ({self.width:g} m)."
            )
        self._check_places()
        self.region_masks()

    def _check_places(self) -> None:
        if self.places and len(self.places) != self.skyrmions:
            raise ConfigError(
                f"'track.places' has {len(self.places)} positions for 'track.skyrmions' = "
                f"{self.skyrmions}; give one for each, or none."
            )
        for number, (x, y) in enumerate(self.places):
            if abs(x) > self.length / 2 or abs(y) > self.width / 2:
                raise ConfigError(
                    f"'track.places[{number}]' = ({x:g} m, {y:g} m) lies outside the track, which "
                    f"spans {self.length:g} m x {self.width:g} m around its middle."
                )

    @property
    def shape(self) -> tuple[int, int]:
        """Cells in plane, (ny, nx)."""
        return round(self.width / self.cell), round(self.length / self.cell)

    @property
    def gap(self) -> float:
        """Free width between the barrier and the rim (or edge) on each side, on average [m]."""
        return (self.width - self.barrier.across) / 2 - self.rim.width

    @property
    def driven_layers(self) -> list[int]:
        """Indices of the layers that feel the torque."""
        return list(range(self.layers)) if self.driven == "all" else sorted({0, self.layers - 1})

    def torque_of_layers(self) -> NDArray[np.float64]:
        """Return the factor of the torque in each layer: 1, 0, or -1 for the opposite one."""
        factor = np.isin(np.arange(self.layers), self.driven_layers).astype(np.float64)
        if self.driven == "opposite" and self.layers > 1:
            factor[-1] = -1.0
        return factor

    def coordinates(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return x of shape (1, nx) and y of shape (ny, 1) from the track's centre [m]."""
        ny, nx = self.shape
        x = (np.arange(nx, dtype=np.float64) + 0.5 - nx / 2) * self.cell
        y = (np.arange(ny, dtype=np.float64) + 0.5 - ny / 2) * self.cell
        return x[None, :], y[:, None]

    def barrier_mask(self) -> Mask:
        """Return the cells of the barrier, shape (ny, nx)."""
        return self.barrier.mask(*self.coordinates())

    def rim_mask(self) -> Mask:
        """Return the cells of the rim, shape (ny, nx)."""
        x, y = self.coordinates()
        margin = np.minimum(self.length / 2 - np.abs(x), self.width / 2 - np.abs(y))
        return np.asarray(margin < self.rim.width)

    def region_masks(self) -> list[Mask]:
        """Return the cells of each region, each of shape (ny, nx)."""
        x, y = self.coordinates()
        return [
            region.mask(x, y, f"track.regions[{number}]")
            for number, region in enumerate(self.regions)
        ]

    def outlines(self) -> Mask:
        """Return the cells of barrier and regions together, shape (ny, nx)."""
        return np.asarray(np.any([self.barrier_mask(), *self.region_masks()], axis=0))

    def anisotropy(self) -> NDArray[np.float64]:
        """Return Ku [J/m^3] of each cell, shape (1, ny, nx), the same in every layer."""
        Ku = np.full(self.shape, self.film.Ku)
        Ku[self.barrier_mask()] = self.barrier.Ku
        Ku[self.rim_mask()] = self.rim.Ku
        for region, mask in zip(self.regions, self.region_masks(), strict=True):
            if region.Ku is not None:
                Ku[mask] = region.Ku
        return Ku[None]

    def dmi(self) -> NDArray[np.float64]:
        """Return D [J/m^2] of each cell, shape (1, ny, nx), the same in every layer."""
        D = np.full(self.shape, self.film.D)
        for region, mask in zip(self.regions, self.region_masks(), strict=True):
            if region.D is not None:
                D[mask] = region.D
        return D[None]

    def nuclei(self) -> list[tuple[float, float]]:
        """Return where the skyrmions are seeded [m from the lower left corner], row by row."""
        if self.places:
            return [(x + self.length / 2, y + self.width / 2) for x, y in self.places]
        margin = self.rim.width + 2 * self.cell
        start, end = margin, self.length / 2 - self.barrier.along / 2 - 2 * self.cell
        low, high = margin, self.width - margin
        places = []
        for row in range(self.rows):
            count = self.skyrmions // self.rows + (row < self.skyrmions % self.rows)
            y = low + (row + 0.5) * (high - low) / self.rows
            places += [(start + (i + 0.5) * (end - start) / count, y) for i in range(count)]
        return places

    def effective(self) -> Track:
        """Return this track with its stack as one film: quick, but colder than the truth.

        With f the magnetic share of the height: Ms, A and D go with f, and Ku becomes
        f Ku - mu0 Ms^2 (f - f^2) / 2, since each layer of the stack feels its own whole
        demagnetising field (S. Woo et al., Nat. Mater. 15, 501 (2016), supplement; I. Lemesh
        et al., Phys. Rev. B 95, 174423 (2017)). The whole film is driven, noise is averaged over
        the layers, and layers cannot part company. A torque of current j on each layer is one of
        ``layers * j`` on the film.

        Raises
        ------
        ConfigError
            The outer layers are driven against each other, which one film cannot be.
        """
        if self.driven == "opposite":
            raise ConfigError(
                "a track with 'driven' = 'opposite' has no effective film: one film cannot be "
                "driven both ways."
            )
        film, height = self.film, self.layers * self.film.period
        share = self.layers * film.thickness / height
        shape = MU0 * film.Ms**2 * (share - share**2) / 2
        scaled = {name: getattr(film, name) * share for name in ("Ms", "A", "D")}
        spread = replace(film, thickness=height, period=height, interlayer=0.0, **scaled)

        def in_film(region: Region) -> Region:
            Ku = None if region.Ku is None else share * region.Ku - shape
            return replace(region, Ku=Ku, D=None if region.D is None else share * region.D)

        return replace(
            self,
            layers=1,
            driven="all",
            film=replace(spread, Ku=share * film.Ku - shape),
            barrier=replace(self.barrier, Ku=share * self.barrier.Ku - shape),
            rim=replace(self.rim, Ku=share * self.rim.Ku - shape),
            regions=tuple(map(in_film, self.regions)),
        )

    def with_gap(self, gap: float) -> Track:
        """Return this track with the barrier's side across chosen so that each gap is `gap` [m]."""
        across = self.width - 2 * (self.rim.width + gap)
        return replace(self, barrier=replace(self.barrier, across=across))


PAPER = Track("paper", skyrmions=16)
"""The device of Chen et al., Appendix A: outer layers driven, no rim, 37.5 nm gaps.

The 145 nm side of the barrier lies across the track: 37.5 nm is the paper's interspace of 1.5
diameters when the diameter is taken at zero crossings of a single layer. The paper does not say
how many skyrmions fill the pre-synapse; 16 fill it to about the density of its Fig. 3.
"""

RIM = Track(
    "rim",
    film=Film(interlayer=0.2e-3),
    barrier=Barrier(along=60e-9, across=84e-9, corner=15e-9),
    rim=Rim(width=24e-9, Ku=1.5e6),
    driven="all",
)
"""A design that keeps its skyrmions: rim of raised anisotropy, every layer driven, weak
ferromagnetic exchange through the spacers, 44 nm gaps."""

COMPACT = Track(
    "compact",
    length=480e-9,
    width=200e-9,
    cell=5e-9,
    film=Film(D=2.1e-3, interlayer=0.5e-3),
    barrier=Barrier(along=40e-9, across=50e-9, corner=15e-9),
    rim=Rim(width=25e-9, Ku=1.5e6),
    field=90e-3,
    driven="all",
    skyrmions=6,
)
"""A design on half the area whose skyrmions are larger, stiffer and harder to destroy.

Stronger DMI (2.1 mJ/m^2 in place of 1.7) and field keep the radius near 20 nm with six or with one
skyrmion in a half; stronger exchange through the spacers keeps columns whole. The gaps are 50 nm.
"""

REGISTER = Track(
    "register",
    length=715e-9,
    width=100e-9,
    cell=5e-9,
    film=Film(D=2.1e-3, interlayer=0.5e-3),
    barrier=Barrier(along=0.0, across=0.0),
    rim=Rim(width=25e-9, Ku=1.5e6),
    field=88e-3,
    driven="all",
    skyrmions=5,
    rows=1,
    places=tuple((-35e-9 - 70e-9 * well, 0.0) for well in reversed(range(5))),
    regions=(Region(along=35e-9, across=50e-9, copies=9, pitch=70e-9, Ku=767e3),),
)
"""A shift register: five skyrmions in single file in a channel of ten wells.

Gates of raised anisotropy, as wide as the wells between them, part the wells: a skyrmion rests in
the middle of one and nowhere else, so each that has passed the middle gate adds the same area to
what the junction sees, and no other can push it back.
"""

DEMO = Track(
    "demo",
    length=280e-9,
    width=140e-9,
    layers=2,
    film=Film(interlayer=0.2e-3),
    barrier=Barrier(along=32e-9, across=24e-9, corner=12e-9, Ku=800e3),
    rim=Rim(width=16e-9, Ku=1.5e6),
    field=40e-3,
    driven="all",
    skyrmions=3,
)
"""A small track with two layers, quick enough to simulate while one waits.

Half the paper's field and a low barrier make skyrmions that two layers hold at 300 K.
"""

PRESETS = {track.name: track for track in (PAPER, RIM, COMPACT, REGISTER, DEMO)}
"""The tracks by name."""


def preset(name: str) -> Track:
    """Return a track by name.

    Raises
    ------
    ConfigError
        There is no such preset.
    """
    if name not in PRESETS:
        raise ConfigError(f"there is no track '{name}'; the presets are {', '.join(PRESETS)}.")
    return PRESETS[name]
