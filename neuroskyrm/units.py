"""Quantities with a unit, as users write them in a study: parsed once, at the edge, into SI."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import pi

PREFIXES = {
    "": 1.0, "f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "µ": 1e-6, "μ": 1e-6,
    "m": 1e-3, "c": 1e-2, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
}  # fmt: skip

_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*$")


@dataclass(frozen=True)
class Dimension:
    """A kind of quantity: its SI unit, and how to read other units of it.

    Parameters
    ----------
    unit : str
        SI unit, e.g. ``"m"``.
    bases : dict
        Prefixable unit symbols and their size in SI units.
    display : str
        The unit people read it in, for printing.
    """

    unit: str
    bases: dict[str, float]
    display: str

    def factor(self, text: str) -> float | None:
        """Return the size of unit `text` in SI units, or None if it is not of this kind."""
        for base, size in self.bases.items():
            prefix = text.removesuffix(base)
            if text.endswith(base) and prefix in PREFIXES:
                return PREFIXES[prefix] * size
        return None

    def examples(self) -> str:
        """Return a few unit texts that are understood, for error messages."""
        return ", ".join(dict.fromkeys([self.display, self.unit])).removesuffix(", 1")


LENGTH = Dimension("m", {"m": 1.0, "Å": 1e-10}, "nm")
TIME = Dimension("s", {"s": 1.0}, "ns")
FIELD = Dimension("T", {"T": 1.0, "Oe": 1e-4}, "mT")
TEMPERATURE = Dimension("K", {"K": 1.0}, "K")
CURRENT_DENSITY = Dimension(
    "A/m^2",
    {"A/m^2": 1.0, "A/cm^2": 1e4, "A/m2": 1.0, "A/cm2": 1e4},
    "MA/cm^2",
)
VOLTAGE = Dimension("V", {"V": 1.0}, "V")
CONDUCTANCE = Dimension("S", {"S": 1.0}, "uS")
RESISTANCE = Dimension("ohm", {"ohm": 1.0, "Ohm": 1.0, "Ω": 1.0}, "ohm")
RESISTIVITY = Dimension(
    "ohm m", {"ohm m": 1.0, "Ω m": 1.0, "ohm cm": 1e-2, "Ω cm": 1e-2}, "uohm cm"
)
MAGNETISATION = Dimension("A/m", {"A/m": 1.0}, "kA/m")
EXCHANGE = Dimension("J/m", {"J/m": 1.0}, "pJ/m")
AREAL_ENERGY = Dimension("J/m^2", {"J/m^2": 1.0, "J/m2": 1.0}, "mJ/m^2")
ENERGY_DENSITY = Dimension("J/m^3", {"J/m^3": 1.0, "J/m3": 1.0}, "kJ/m^3")
FREQUENCY = Dimension("Hz", {"Hz": 1.0}, "Hz")
ANGLE = Dimension("rad", {"rad": 1.0, "deg": pi / 180, "°": pi / 180}, "deg")
PURE = Dimension("1", {"%": 0.01}, "")


def format_quantity(value: float, dimension: Dimension) -> str:
    """Return `value` [SI] as people write it, e.g. ``"80 mT"``.

    Examples
    --------
    >>> format_quantity(0.08, FIELD)
    '80 mT'
    """
    factor = dimension.factor(dimension.display) or 1.0
    return f"{value / factor:.12g} {dimension.display}".rstrip()


def parse_quantity(value: object, dimension: Dimension) -> float:
    """Return `value` in SI units.

    Parameters
    ----------
    value : float, int or str
        A plain number (already SI), or text such as ``"2 ns"``, ``"30 MA/cm^2"``, ``"1e-11"``.
    dimension : Dimension
        What kind of quantity it must be.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If `value` is not a number, or its unit is not of this kind.

    Examples
    --------
    >>> parse_quantity("80 mT", FIELD)
    0.08
    >>> parse_quantity("1e-11", EXCHANGE)
    1e-11
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    match = _NUMBER.match(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(
            f"must be a number in {dimension.unit}, or a number with a unit "
            f"(such as {dimension.examples()})"
        )
    number, unit = match.groups()
    if not unit:
        return float(number)
    factor = dimension.factor(unit)
    if factor is None:
        raise ValueError(
            f"has the unit '{unit}', but must be in a unit such as {dimension.examples()}"
        )
    # 15 digits give back the number a person would write: 0.08 for "80 mT".
    return float(f"{float(number) * factor:.15g}")
