"""Where the points of a sweep lie: on a grid, at random, or on a Latin hypercube."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, get_args

import numpy as np
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from neuroskyrm.app.study import Study
from neuroskyrm.app.sweep import Axis, RangeAxis, Sweep
from neuroskyrm.app.template import dimension_of
from neuroskyrm.errors import ConfigError
from neuroskyrm.seeds import seed_sequence
from neuroskyrm.units import PURE, Dimension, parse_quantity


@dataclass(frozen=True)
class Point:
    """One point of a sweep.

    Attributes
    ----------
    number : int
        From 0, in the order of the sweep; does not depend on how it is run.
    values : dict
        Value of each axis, by dotted study key.
    repeat : int
        Which of the repeats; the seed is the study's plus this.
    """

    number: int
    values: dict[str, Any]
    repeat: int


def place_points(sweep: Sweep) -> list[Point]:
    """Return the points of a sweep, repeats last and fastest.

    Raises
    ------
    ConfigError
        A range is not one of numbers, or its ends do not allow its spacing.
    """
    places = _grid(sweep) if sweep.sampling == "grid" else _samples(sweep)
    keys = list(sweep.axes)
    pairs = product(places, range(sweep.repeats))
    return [
        Point(number, dict(zip(keys, place, strict=True)), repeat)
        for number, (place, repeat) in enumerate(pairs)
    ]


def grid_values(key: str, axis: Axis) -> list[Any]:
    """Return the values of one axis of a grid [SI for ranges]."""
    if not isinstance(axis, RangeAxis):
        dimension = field_at(key)[1]
        return [_si(value, dimension) for value in axis]
    positions = np.linspace(0, 1, axis.count or 1)
    return [_at(key, axis, float(position)) for position in positions]


def field_at(key: str) -> tuple[FieldInfo, Dimension | None]:
    """Return the field of the study at a dotted key, and its kind of quantity."""
    model: type[BaseModel] = Study
    *sections, last = key.split(".")
    for part in sections:
        model = _model_of(model.model_fields[part].annotation)
    info = model.model_fields[last]
    return info, dimension_of(info)


def unit_of(key: str) -> str:
    """Return the SI unit of the study's value at a dotted key; "1" for plain numbers."""
    dimension = field_at(key)[1]
    return PURE.unit if dimension is None else dimension.unit


def _grid(sweep: Sweep) -> list[tuple[Any, ...]]:
    return list(product(*(grid_values(key, axis) for key, axis in sweep.axes.items())))


def _samples(sweep: Sweep) -> list[tuple[Any, ...]]:
    """Draw `sweep.points` points; the same seed gives the same ones."""
    count = sweep.points or 1
    rng = np.random.Generator(np.random.PCG64(seed_sequence(sweep.seed, "sweep")))
    if sweep.sampling == "random":
        unit = rng.random((count, len(sweep.axes)))
    else:
        from scipy.stats.qmc import LatinHypercube

        unit = LatinHypercube(len(sweep.axes), rng=rng).random(count)
    axes = list(sweep.axes.items())
    return [
        tuple(_at(key, axis, float(x)) for (key, axis), x in zip(axes, row, strict=True))
        for row in unit
    ]


def _at(key: str, axis: Axis, position: float) -> Any:
    """Return the value at `position` (0 to 1) along an axis."""
    info, dimension = field_at(key)
    if not isinstance(axis, RangeAxis):
        return _si(axis[min(int(position * len(axis)), len(axis) - 1)], dimension)
    start, to = axis_ends(key, axis)
    if axis.spacing == "log":
        value = start * (to / start) ** position
    else:
        value = start + (to - start) * position
    # Twelve digits: the value that a person would write, so that it can be found again.
    return round(value) if is_whole(info) else float(f"{value:.12g}")


def axis_ends(key: str, axis: RangeAxis, section: str = "axes") -> tuple[float, float]:
    """Return first and last value of a range [SI]; `section` of the file is named in complaints.

    Raises
    ------
    ConfigError
        They are not quantities of the key's kind, or are not positive where steps are even ratios.
    """
    dimension = field_at(key)[1] or PURE
    try:
        start, to = (parse_quantity(end, dimension) for end in (axis.start, axis.to))
    except ValueError as problem:
        raise ConfigError(f"'{section}.{key}' {problem}.") from None
    if axis.spacing == "log" and not (start > 0 and to > 0):
        raise ConfigError(f"'{section}.{key}' from {start:g} to {to:g} must be positive to be log.")
    return start, to


def _si(value: Any, dimension: Dimension | None) -> Any:
    if dimension is None or not isinstance(value, (int, float, str)) or isinstance(value, bool):
        return value
    try:
        return parse_quantity(value, dimension)
    except ValueError:
        return value  # the study complains when the point is built, with the field's name


def is_whole(info: FieldInfo) -> bool:
    """Return whether a field of the study takes whole numbers."""
    return int in _members(info.annotation)


def _members(annotation: Any) -> Sequence[Any]:
    """Return an annotation and the types it is made of."""
    return [annotation, *(part for inner in get_args(annotation) for part in _members(inner))]


def _model_of(annotation: Any) -> type[BaseModel]:
    for member in _members(annotation):
        if isinstance(member, type) and issubclass(member, BaseModel):
            return member
    raise ConfigError(f"{annotation} is no section of a study.")
