"""Field types of a study: numbers with units, parsed at the edge into SI."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from neuroskyrm import units
from neuroskyrm.units import Dimension, parse_quantity


def _quantity(dimension: Dimension) -> tuple[BeforeValidator, WithJsonSchema]:
    schema = {
        "anyOf": [{"type": "number"}, {"type": "string"}],
        "description": f"a number in {dimension.unit}, or text with a unit",
    }
    return BeforeValidator(partial(parse_quantity, dimension=dimension)), WithJsonSchema(schema)


def _whole(value: Any) -> Any:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError("must be a whole number")
    return value


Length = Annotated[float, *_quantity(units.LENGTH)]
Time = Annotated[float, *_quantity(units.TIME)]
MagneticField = Annotated[float, *_quantity(units.FIELD)]
Temperature = Annotated[float, *_quantity(units.TEMPERATURE), Field(ge=0, le=2000)]
CurrentDensity = Annotated[float, *_quantity(units.CURRENT_DENSITY)]
Resistance = Annotated[float, *_quantity(units.RESISTANCE), Field(ge=0)]
Resistivity = Annotated[float, *_quantity(units.RESISTIVITY), Field(gt=0)]
Magnetisation = Annotated[float, *_quantity(units.MAGNETISATION), Field(gt=0, lt=1e7)]
MagnetisationOrHole = Annotated[float, *_quantity(units.MAGNETISATION), Field(ge=0, lt=1e7)]
ExchangeStiffness = Annotated[float, *_quantity(units.EXCHANGE), Field(gt=0, lt=1e-9)]
ArealEnergy = Annotated[float, *_quantity(units.AREAL_ENERGY), Field(gt=-0.1, lt=0.1)]
EnergyDensity = Annotated[float, *_quantity(units.ENERGY_DENSITY), Field(gt=-1e8, lt=1e8)]
Voltage = Annotated[float, *_quantity(units.VOLTAGE)]
Conductance = Annotated[float, *_quantity(units.CONDUCTANCE), Field(gt=0)]
Angle = Annotated[float, *_quantity(units.ANGLE)]
Frequency = Annotated[float, *_quantity(units.FREQUENCY), Field(gt=0)]
Number = Annotated[float, *_quantity(units.PURE)]
Whole = Annotated[int, BeforeValidator(_whole)]
