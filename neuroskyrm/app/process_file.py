"""A file that describes one ultrafast process, and the diagram over two of its parameters."""

from __future__ import annotations

from collections.abc import Iterable
from math import degrees
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from neuroskyrm import units
from neuroskyrm.app import quantities as q
from neuroskyrm.app.study import merge, parse_override
from neuroskyrm.atomistic.diagram import PAPER_DAMPINGS, PAPER_WIDTHS, Axis
from neuroskyrm.atomistic.dynamics import DampingForm
from neuroskyrm.atomistic.hamiltonian import Hamiltonian
from neuroskyrm.atomistic.process import Process
from neuroskyrm.atomistic.pulse import FieldPulse
from neuroskyrm.constants import BOHR_MAGNETON, RYDBERG
from neuroskyrm.units import parse_quantity
from neuroskyrm.validation import FrozenModel, check, read_yaml

Positive = Annotated[q.Number, Field(gt=0)]
Picoseconds = Annotated[q.Time, Field(gt=0, lt=1e-9)]
Damping = Annotated[q.Number, Field(ge=0, le=10)]
FieldVector = tuple[q.MagneticField, q.MagneticField, q.MagneticField]
Side = Annotated[q.Whole, Field(ge=4, le=10_000)]

DIMENSIONS = {
    "width": units.TIME, "centre": units.TIME, "polar": units.ANGLE, "azimuth": units.ANGLE,
    "amplitude": units.FIELD, "damping": units.PURE, "temperature": units.TEMPERATURE,
    "seed": units.PURE,
}  # fmt: skip
"""What an axis may vary, and in which kind of unit its ends are given."""


class LatticeSection(FrozenModel):
    """The spins; what is not given is as in the paper (pairs are counted twice)."""

    size: tuple[Side, Side] = Field((100, 100), description="sites in y, in x")
    periodic: tuple[bool, bool] = Field((True, True), description="in x, in y")
    moment: Positive = Field(0.75, description="of a site [Bohr magnetons]")
    exchange: q.Number = Field(0.03676, description="J [mRy]")
    dmi: q.Number = Field(0.008824, description="|D|, along the bonds [mRy]")
    anisotropy: q.Number = Field(0.00735, description="K [mRy]")
    field: FieldVector = Field((0.0, 0.0, 0.0), description="static field")

    def hamiltonian(self) -> Hamiltonian:
        """Return the couplings in SI units."""
        mry = 1e-3 * RYDBERG
        return Hamiltonian(
            exchange=self.exchange * mry,
            dmi=self.dmi * mry,
            anisotropy=self.anisotropy * mry,
            moment=self.moment * BOHR_MAGNETON,
            periodic=self.periodic,
            static_field=self.field,
        )


class ProcessSection(FrozenModel):
    """The motion, and when it is looked at."""

    damping: Damping = Field(0.36, description="Gilbert damping alpha")
    temperature: q.Temperature = Field(0.0, description="of the thermal field")
    core: Literal[1, -1] = Field(1, description="of the first skyrmion; background opposite")
    damping_form: DampingForm = Field("gilbert", description="Eq. (2), or without 1 + alpha^2")
    interval: Picoseconds = Field(15e-12, description="between frames, from 0 on")
    frames: Annotated[q.Whole, Field(ge=2, le=100_000)] = Field(7, description="frames")
    settle: Annotated[q.Time, Field(ge=0, lt=1e-8)] = Field(
        0.0, description="after the last frame, before the label is decided"
    )


class PulseSection(FrozenModel):
    """The Gaussian field pulse (Eq. 3)."""

    width: Picoseconds = Field(28e-12, description="Gaussian width tw")
    polar: q.Angle = Field(0.698131700797732, description="angle of the field to z")
    azimuth: q.Angle = Field(0.0, description="angle of its in-plane part to x")
    amplitude: q.MagneticField = Field(2.0, description="peak field B0")
    centre: q.Time = Field(40e-12, description="time of the peak")


class AxisSection(FrozenModel):
    """One axis of a diagram: evenly spaced, both ends included."""

    vary: Literal["width", "centre", "polar", "azimuth", "amplitude", "damping", "temperature",
                  "seed"] = Field(description="the parameter")  # fmt: skip
    first: float = Field(description="first value, with its unit")
    last: float = Field(description="last value, with its unit")
    points: Annotated[q.Whole, Field(ge=1, le=10_000)] = Field(description="how many")

    @model_validator(mode="before")
    @classmethod
    def _parse_ends(cls, given: Any) -> Any:
        if not isinstance(given, dict) or given.get("vary") not in DIMENSIONS:
            return given
        dimension = DIMENSIONS[given["vary"]]
        ends = {}
        for name in ("first", "last"):
            if name in given:
                try:
                    ends[name] = parse_quantity(given[name], dimension)
                except ValueError as problem:
                    raise ValueError(f"'{name}' = {given[name]!r} {problem}") from None
        return {**given, **ends}

    def axis(self) -> Axis:
        """Return the axis; angles in degrees, as processes have them."""
        turn = degrees if self.vary in ("polar", "azimuth") else float
        values = np.linspace(self.first, self.last, self.points)
        return Axis(self.vary, tuple(float(f"{turn(float(v)):.12g}") for v in values))


class DiagramSection(FrozenModel):
    """The two parameters of a process diagram; not given, the paper's 44 x 40 grid."""

    x: AxisSection = AxisSection(
        vary="width", first=PAPER_WIDTHS.values[0], last=PAPER_WIDTHS.values[-1], points=44
    )
    y: AxisSection = AxisSection(
        vary="damping", first=PAPER_DAMPINGS.values[0], last=PAPER_DAMPINGS.values[-1], points=40
    )
    quantiles: Annotated[q.Whole, Field(ge=0, le=10_000)] = Field(
        0, description="also keep this many quantiles of S_z of every frame (0: none)"
    )

    @model_validator(mode="after")
    def _axes_differ(self) -> Self:
        if self.x.vary == self.y.vary:
            raise ValueError(f"both axes vary '{self.x.vary}', but they must differ")
        return self


class ProcessFile(FrozenModel):
    """An ultrafast skyrmion process."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")] = "process"
    seed: Annotated[q.Whole, Field(ge=0, lt=2**63)] = Field(1, description="of the thermal field")
    process: ProcessSection
    pulse: PulseSection = PulseSection()
    lattice: LatticeSection = LatticeSection()
    diagram: DiagramSection = DiagramSection()

    def base(self) -> Process:
        """Return the process that the file describes."""
        section, pulse = self.process, self.pulse
        return Process(
            damping=section.damping,
            pulse=FieldPulse(
                width=pulse.width,
                polar=_in_degrees(pulse.polar),
                azimuth=_in_degrees(pulse.azimuth),
                amplitude=pulse.amplitude,
                centre=pulse.centre,
            ),
            temperature=section.temperature,
            hamiltonian=self.lattice.hamiltonian(),
            shape=self.lattice.size,
            core=section.core,
            frame_times=tuple(section.interval * k for k in range(section.frames)),
            settle=section.settle,
            seed=self.seed,
            damping_form=section.damping_form,
        )


def is_process(path: Path) -> bool:
    """Return whether the file `path` describes an ultrafast process."""
    return "process" in read_yaml(path)


def load_process(path: Path, overrides: Iterable[str] = ()) -> ProcessFile:
    """Read a process file, apply overrides, and check it.

    Parameters
    ----------
    path : Path
        The YAML file.
    overrides : iterable of str
        Texts like ``process.damping=0.2``.

    Raises
    ------
    ConfigError
        Names file, field, value and what is allowed.
    """
    content = read_yaml(path)
    for text in overrides:
        content = merge(content, parse_override(text))
    return check(ProcessFile, content, str(path))


def _in_degrees(angle: float) -> float:
    return float(f"{degrees(angle):.12g}")
