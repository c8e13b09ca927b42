"""The SI unit of each metric, from the last word of its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

UNITS = {
    "energy": "J", "energy_per_update": "J", "energy_per_image": "J", "inference_energy": "J",
    "latency": "s", "inference_latency": "s", "simulated_time": "s", "update_time": "s",
    "wall_time": "s", "converter_energy": "J", "area": "m^2", "temperature": "K", "radius": "m",
    "size": "byte", "hall_angle": "rad", "push": "N m^2/A", "dissipation": "kg/s",
}  # fmt: skip
"""Unit of each metric whose last word is not a plain number or share."""


def metric_unit(name: str) -> str:
    """Return the SI unit of a metric; "1" for counts, shares and texts.

    Examples
    --------
    >>> metric_unit("program.energy")
    'J'
    """
    return UNITS.get(name.rpartition(".")[2], "1")


def labelled(name: str, unit: str) -> str:
    """Return a name with its unit, as tables and axes show it.

    Examples
    --------
    >>> labelled("program.energy", "J"), labelled("card.states", "1")
    ('program.energy [J]', 'card.states')
    """
    return name if unit == "1" else f"{name} [{unit}]"


def heading(name: str, unit: str) -> str:
    r"""Return a name with its unit as head of a narrow column of a `rich` table.

    Examples
    --------
    >>> heading("program.energy", "J")
    'program.\nenergy\n\\[J]'
    """
    return labelled(name, unit).replace(".", ".\n").replace(" [", "\n\\[")


def number_text(value: Any) -> str:
    """Return a value as tables show it: numbers with four digits.

    Examples
    --------
    >>> number_text(5e-8), number_text(3), number_text(None)
    ('5e-08', '3', 'None')
    """
    return f"{value:.4g}" if isinstance(value, float) else str(value)


READABLE = {
    "J": (("J", 1.0), ("mJ", 1e-3), ("uJ", 1e-6), ("nJ", 1e-9), ("pJ", 1e-12), ("fJ", 1e-15)),
    "s": (("s", 1.0), ("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9), ("ps", 1e-12)),
    "m": (("m", 1.0), ("mm", 1e-3), ("um", 1e-6), ("nm", 1e-9)),
    "m^2": (("m^2", 1.0), ("mm^2", 1e-6), ("um^2", 1e-12), ("nm^2", 1e-18)),
    "A/m^2": (("MA/cm^2", 1e10),),
}
"""Units that people write, from large to small, and their size, for each SI unit."""


def column(name: str, unit: str, values: Sequence[Any]) -> tuple[str, list[str]]:
    r"""Return head and cells of a table's column, in one unit that makes its numbers readable.

    Examples
    --------
    >>> column("program.energy", "J", [3.2e-9, 1.4e-8])
    ('program.\nenergy\n\\[nJ]', ['3.2', '14'])
    """
    numbers = [abs(v) for v in values if isinstance(v, (int, float)) and v]
    scales = READABLE.get(unit)
    if not scales or not numbers:
        return heading(name, unit), [number_text(value) for value in values]
    fitting = [pair for pair in scales if pair[1] <= max(numbers)] or [scales[-1]]
    shown, size = fitting[0]
    texts = [
        number_text(float(v) / size) if isinstance(v, (int, float)) else str(v) for v in values
    ]
    return heading(name, shown), texts
