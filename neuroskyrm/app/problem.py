"""A plain micromagnetic problem: sample, material, start and steps, without any network."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from neuroskyrm.app import quantities as q
from neuroskyrm.app.study import FilmSection, merge, parse_override
from neuroskyrm.validation import FrozenModel, check, read_yaml

Side = Annotated[q.Length, Field(gt=0, lt=1e-3)]
Point = tuple[q.Length, q.Length]
Vector = tuple[q.Number, q.Number, q.Number]
FieldVector = tuple[q.MagneticField, q.MagneticField, q.MagneticField]


class MeshSection(FrozenModel):
    """The grid and the layers."""

    length: Side = Field(description="along x")
    width: Side = Field(description="along y")
    cell: Annotated[q.Length, Field(gt=0, lt=1e-6)] = Field(2e-9, description="cell size in plane")
    layers: Annotated[q.Whole, Field(ge=1, le=256)] = Field(1, description="magnetic layers")
    periodic: tuple[bool, bool] = Field((False, False), description="in x, in y")


class ShapeSection(FrozenModel):
    """A region of the plane, measured from the middle of the mesh."""

    shape: Literal["rectangle", "disc", "image", "union", "intersection", "difference", "outside"]
    of: list[ShapeSection] = Field(
        [], description="union, intersection, difference (first without the others), outside (all)"
    )
    length: Side | None = Field(None, description="rectangle: along x")
    width: Side | None = Field(None, description="rectangle: along y")
    corner: Annotated[q.Length, Field(ge=0)] = Field(0.0, description="rectangle: corner radius")
    radius: Side | None = Field(None, description="disc: radius")
    centre: Point = Field((0.0, 0.0), description="middle")
    file: Path | None = Field(None, description="image: PNG, dark inside")


class RegionSection(ShapeSection):
    """A region with other parameters."""

    Ms: q.MagnetisationOrHole | None = Field(
        None, description="saturation magnetisation inside; 0 cuts a hole"
    )
    A: q.ExchangeStiffness | None = Field(None, description="exchange stiffness inside")
    Ku: q.EnergyDensity | None = Field(None, description="anisotropy inside")
    D: q.ArealEnergy | None = Field(None, description="interfacial DMI inside")
    alpha: Annotated[q.Number, Field(gt=0, le=10)] | None = Field(None, description="damping")


class TorqueSection(FrozenModel):
    """What the current of a step does."""

    kind: Literal["spin-orbit", "zhang-li", "slonczewski"] = Field(
        "spin-orbit", description="heavy metals beside each layer, in plane, or from a fixed layer"
    )
    spin_hall: q.Number = Field(0.6, description="spin-orbit: spin Hall angle of every layer")
    field_like: q.Number = Field(0.0, description="spin-orbit, slonczewski: field-like part")
    layers: list[q.Number] | None = Field(
        None, description="spin-orbit, slonczewski: factor per layer, e.g. [1, 0, 0, 1]"
    )
    polarisation: q.Number = Field(0.5, description="zhang-li, slonczewski: of the current")
    xi: q.Number = Field(0.05, description="zhang-li: non-adiabaticity")
    fixed: Vector = Field((0.0, 0.0, 1.0), description="slonczewski: direction of the fixed layer")


class SkyrmionSeed(FrozenModel):
    """A skyrmion to begin with."""

    position: Point = Field((0.0, 0.0), description="centre, from the middle of the mesh")
    radius: Side = Field(12e-9, description="where m_z = 0")
    kind: Literal["neel", "bloch"] = Field("neel", description="of the wall")


class StartSection(FrozenModel):
    """The magnetisation to begin with."""

    m: Vector = Field((0.0, 0.0, 1.0), description="uniform direction")
    skyrmions: list[SkyrmionSeed] = Field([], description="written into it")
    ovf: Path | None = Field(None, description="or an OVF file of the same mesh")


class SolverSection(FrozenModel):
    """How the equation is integrated."""

    scheme: Literal["heun", "rk4", "dormand-prince"] = Field("rk4", description="integrator")
    dt: Annotated[q.Time, Field(gt=0, lt=1e-9)] | None = Field(None, description="time step")
    precision: Literal["single", "double"] = Field("single", description="of the numbers")
    threads: Annotated[q.Whole, Field(ge=1, le=256)] = Field(1, description="side by side")
    device: Annotated[str, Field(pattern=r"^(cpu|torch-cpu|cuda(:\d+)?)$")] = Field(
        "cpu", description="cpu, cuda, cuda:1, ... or torch-cpu (the code of cuda, on the cpu)"
    )
    demag: bool = Field(True, description="with the demagnetising field")


class StepSection(FrozenModel):
    """One thing to do: find the minimum, or run in time."""

    do: Literal["minimise", "run"] = Field(description="minimise the energy, or run in time")
    time: Annotated[q.Time, Field(gt=0, lt=1)] | None = Field(None, description="run: how long")
    current: q.CurrentDensity = Field(0.0, description="run: current density of the torque")
    every: Annotated[q.Time, Field(gt=0, lt=1)] | None = Field(
        None, description="run: between rows of the table; null = 100 rows"
    )
    frames: Annotated[q.Whole, Field(ge=0, le=10000)] = Field(10, description="run: snapshots")


class Problem(FrozenModel):
    """A micromagnetic problem."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")] = "problem"
    seed: Annotated[q.Whole, Field(ge=0, lt=2**63)] = 1
    mesh: MeshSection
    film: FilmSection
    torque: TorqueSection = TorqueSection()
    bulk_dmi: q.ArealEnergy = Field(0.0, description="bulk DMI; sign as mumax3's Dbulk")
    dmi_boundary: Literal["omit", "extrapolate"] = Field(
        "omit", description="missing neighbours as in OOMMF (omit) or mumax3 (extrapolate)"
    )
    sample: ShapeSection | None = Field(None, description="where there is material")
    regions: list[RegionSection] = Field([], description="with other parameters")
    field: FieldVector = Field((0.0, 0.0, 0.0), description="applied field")
    temperature: q.Temperature = 0.0
    start: StartSection = StartSection()
    solver: SolverSection = SolverSection()
    steps: list[StepSection] = Field(min_length=1)


def is_problem(path: Path) -> bool:
    """Return whether the file `path` is a micromagnetic problem rather than a study."""
    return "mesh" in read_yaml(path)


def load_problem(path: Path, overrides: Iterable[str] = ()) -> Problem:
    """Read a problem file, apply overrides, and check it.

    Parameters
    ----------
    path : Path
        The YAML file. What it does not say of the film is as in the paper's stack.
    overrides : iterable of str
        Texts like ``mesh.layers=4``.

    Returns
    -------
    Problem

    Raises
    ------
    ConfigError
        Names file, field, value and what is allowed.
    """
    from dataclasses import asdict

    from neuroskyrm.micromagnetics.track import Film

    content = merge({"film": asdict(Film())}, read_yaml(path))
    for text in overrides:
        content = merge(content, parse_override(text))
    return check(Problem, content, str(path))
