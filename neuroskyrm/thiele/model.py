"""The rigid skyrmion as data: what Thiele's equation needs to know of a material."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.constants import BOLTZMANN
from neuroskyrm.errors import DataError
from neuroskyrm.io.atomic import write_json

FORMAT = 2


@dataclass(frozen=True)
class ThieleModel:
    """One skyrmion column of a stack, at one temperature.

    G z x v + Gamma v = F, with F the sum of drive, landscape, edge, other skyrmions and noise
    (A. A. Thiele, Phys. Rev. Lett. 30, 230 (1973)); all layers move as one.

    Attributes
    ----------
    gyration : float
        G = 4 pi Q Ms t n / gamma, with its sign [kg/s].
    dissipation : float
        Gamma = alpha D [kg/s].
    push : float
        Force of the spin-orbit torque along x per current density [N m^2/A].
    temperature : float
        Temperature [K].
    pair_force, pair_range : float
        Repulsion of two skyrmions at the distance of two radii [N], and its decay length [m].
    edge_force, edge_range : float
        Repulsion of a free edge at the distance of one radius [N], and its decay length [m].
    loss_distance : float
        A skyrmion whose centre comes closer to a free edge leaves through it [m].
    merge_distance : float
        Of two skyrmions whose centres come closer one is annihilated [m].
    radius : float
        Mean radius of the line m_z = 0 [m].
    area_sd : float
        Standard deviation of a skyrmion's area, mean over the layers, between reads [m^2].
    speckle : float
        Share of the area without skyrmions with m_z < 0.
    depth : tuple of float
        Anisotropy that a skyrmion lacks, <m_z^2> without - with it, at distances `step` apart
        from its centre: its energy in a landscape of anisotropy is the overlap with it.
    step : float
        Distance of two entries of `depth` [m].
    softness : float
        A wall higher than the film by this [J/m^3] has half the force that it would have on the
        rigid profile: soft skyrmions shrink where rigid ones would climb. 0: they are rigid.
    area_memory : float
        Time over which a skyrmion's area is remembered [s]; 0: reads are independent.
    collapse_area : float
        A skyrmion whose area falls below this is annihilated [m^2]; 0: none is.
    contact : float
        Share of the forces on a skyrmion that presses on its area; the rest changes its shape.
    provenance : dict
        Where the numbers come from.
    """

    gyration: float
    dissipation: float
    push: float
    temperature: float
    pair_force: float
    pair_range: float
    edge_force: float
    edge_range: float
    loss_distance: float
    merge_distance: float
    radius: float
    area_sd: float
    speckle: float
    depth: tuple[float, ...]
    step: float
    softness: float = 0.0
    area_memory: float = 0.0
    collapse_area: float = 0.0
    contact: float = 1.0
    provenance: dict[str, Any] = field(default_factory=dict)

    @property
    def mobility(self) -> NDArray[np.float64]:
        """The matrix M in v = M F [s/kg], shape (2, 2)."""
        G, Gamma = self.gyration, self.dissipation
        return np.array([[Gamma, G], [-G, Gamma]]) / (G**2 + Gamma**2)

    @property
    def hall_angle(self) -> float:
        """Angle of the velocity to the drive's force, atan2(-G, Gamma) [rad]."""
        return float(np.arctan2(-self.gyration, self.dissipation))

    @property
    def collapse(self) -> tuple[float, float, float]:
        """Barrier to collapse [kB T], squeeze that takes it away [N], rate without barrier [1/s].

        The area A has a minimum of energy at its mean A0 and a saddle at the smallest area Ac.
        The simplest energy with both is a cubic; its curvature at A0 is kB T / sd^2, so that the
        barrier is x^2 / 6 with x = (A0 - Ac) / sd. Forces of magnitude f around a disc of radius R
        are a pressure f / (2 pi R); the share `contact` of it tilts the cubic, so that the barrier
        is x^2 / 6 (1 - f / f1)^(3/2), gone at f1 = x kB T 2 pi R / (4 sd contact). The rate is
        that of H. A. Kramers, Physica 7, 284 (1940): exp(-barrier) / (2 pi memory). 0: none.
        """
        known = (self.collapse_area, self.area_memory, self.area_sd, self.contact)
        if not all(value > 0 for value in known):
            return 0.0, 1.0, 0.0
        x = (np.pi * self.radius**2 - self.collapse_area) / self.area_sd
        around = 2 * np.pi * self.radius / self.area_sd
        squeeze = x * BOLTZMANN * self.temperature * around / (4 * self.contact)
        return float(x**2 / 6), float(squeeze), float(1 / (2 * np.pi * self.area_memory))

    def velocity(self, current: float) -> NDArray[np.float64]:
        """Return the velocity of a free skyrmion under a current density [m/s], shape (2,)."""
        return np.asarray(self.mobility @ [self.push * current, 0.0])

    def save(self, path: Path) -> None:
        """Write the model as JSON, in one step."""
        write_json(path, {"format": FORMAT, **asdict(self)})

    @classmethod
    def load(cls, path: Path) -> ThieleModel:
        """Read a model.

        Raises
        ------
        DataError
            The file is missing, damaged, or of a newer format.
        """
        import json

        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if content.pop("format") != FORMAT:
                raise DataError(f"{path}: this is no Thiele model of format {FORMAT}.")
            content["depth"] = tuple(content["depth"])
            return cls(**{f.name: content[f.name] for f in fields(cls)})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
            raise DataError(f"{path}: no Thiele model can be read from it ({problem}).") from None
