"""The SI unit of each metric, from the last word of its name."""

from __future__ import annotations

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
