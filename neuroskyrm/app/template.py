"""Writes a study with every key, its value in familiar units and what it means."""

from __future__ import annotations

from functools import partial
from typing import Any

from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from neuroskyrm.app.study import Study, default_study
from neuroskyrm.units import Dimension, format_quantity

HEADER = """\
# A neuroskyrm study: one experiment, from the spins to the exported model.
# Quantities take a unit ("2 ns", "80 mT", "30 MA/cm^2") or are plain SI numbers.
# Every line may be left out; the values here are the defaults. Lines that start with '#' show
# what the device preset brings along: take the '#' away to change them. Run it with
#   neuroskyrm run {file}
"""

PRESET_SECTIONS = ("device", "drive")
"""Sections whose values come from the device preset, where they are not given."""


def commented_study(file: str, study: Study | None = None) -> str:
    """Return the YAML text of `study` (the defaults, if not given), commented line by line.

    Parameters
    ----------
    file : str
        File name to mention in the header.
    study : Study, optional
        The study to write.
    """
    lines = [HEADER.format(file=file)]
    lines += _section(study or default_study(), indent=0)
    return "\n".join(lines) + "\n"


def _section(model: BaseModel, indent: int) -> list[str]:
    lines = []
    for name, info in type(model).model_fields.items():
        part = _entry(name, getattr(model, name), info, indent)
        if indent == 0 and name in PRESET_SECTIONS:
            part = [line if "preset" in line.split(":")[0] else f"# {line}" for line in part]
        if name == "device":
            part[0] = part[0].removeprefix("# ")
        lines += (
            ["", *part] if indent == 0 and isinstance(getattr(model, name), BaseModel) else part
        )
    return lines


def _entry(name: str, value: Any, info: FieldInfo, indent: int) -> list[str]:
    """Return the lines of one key; a section is its header and its own entries."""
    pad = "  " * indent
    if isinstance(value, BaseModel):
        summary = (type(value).__doc__ or "").strip().splitlines()[0]
        return [f"{pad}{name}:  # {summary}", *_section(value, indent + 1)]
    entry = f"{pad}{name}: {_text(value, info)}"
    return [f"{entry:<34}  # {info.description}"]


def _text(value: Any, info: FieldInfo) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        dimension = dimension_of(info)
        return f"{value:.12g}" if dimension is None else format_quantity(value, dimension)
    return str(value)


def dimension_of(info: FieldInfo) -> Dimension | None:
    """Return the kind of quantity that a field of a study takes; None for plain values."""
    for item in info.metadata:
        if isinstance(item, BeforeValidator) and isinstance(item.func, partial):
            dimension = item.func.keywords.get("dimension")
            return dimension if isinstance(dimension, Dimension) else None
    return None
