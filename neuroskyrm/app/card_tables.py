"""Device cards in the terminal: all of them, a line each, or one with what it rests on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from devicemodels.card import Branch, DeviceCard, load_card, shipped_cards

UNITS = {"temperature": (1.0, " K"), "layers": (1.0, ""), "torque_current": (1e10, " MA/cm²")}
"""Unit that each known condition is shown in."""


def list_cards() -> None:
    """Print the shipped cards, a line each."""
    table = Table(
        caption="n: layers simulated; kept: skyrmions still there at the end of all runs",
        box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False,
    )  # fmt: skip
    columns = "card", "n", "T", "states", "range", "pulse", "kept", "seeds", "film"
    for column in columns:
        table.add_column(column, no_wrap=True)
    for name in shipped_cards():
        card = load_card(name)
        G = card.levels.mean
        known = card.provenance
        table.add_row(
            name,
            _range(card, "layers"),
            _range(card, "temperature"),
            str(card.states),
            f"{G[-1] / G[0] - 1:.3f} G0",
            f"{card.pulse.energy * 1e15:.0f} fJ",
            _kept(known),
            str(len(known.get("seeds", [])) or "?"),
            "effective" if "effective film" in known.get("fidelity", "") else "layers",
        )
    Console().print(table)


def show_card(name: str, figure: Path | None) -> None:
    """Print a card, and draw it into `figure` if one is given."""
    card = load_card(name)
    console = Console()
    console.print(f"{card.name}: {card.description}", markup=False)
    console.print(_states(card))
    console.print(_facts(card))
    if figure is not None:
        from neuroskyrm.app.figures import draw_card

        draw_card(card, figure)
        console.print(f"drawn into {figure}", markup=False)


def _states(card: DeviceCard) -> Table:
    """Return what is known of each state, and what a pulse does there."""
    columns = "state", "skyrmions", "visits", "G / µS", "read sd", "visit sd", "up", "stays", "down"
    table = Table(*columns)
    for state, G in enumerate(card.levels.mean):
        up, down = card.potentiation.later[state], card.depression.later[state]
        table.add_row(
            str(state),
            f"{card.levels.skyrmions[state]:.1f}",
            str(card.levels.visits[state]) if card.levels.visits else "?",
            f"{G * 1e6:.3f}",
            f"{card.levels.read_sd[state] * 1e6:.3f}",
            f"{card.levels.visit_sd[state] * 1e6:.3f}",
            f"{sum(up[state + 1 :]):.2f}",
            f"{up[state]:.2f} / {down[state]:.2f}",
            f"{sum(down[:state]):.2f}",
        )
    return table


def _facts(card: DeviceCard) -> Table:
    """Return what the card says as a whole, and what it rests on."""
    known, pulse, G = card.provenance, card.pulse, card.levels.mean
    rows = {
        "range": f"{G[-1] / G[0] - 1:.3f} G0, {(G[-1] - G[0]) * 1e6:.2f} µS"
        + _interval(card, "levels.range", 1e6, " µS"),
        "pulse": f"{pulse.energy * 1e15:.0f} fJ, {pulse.width * 1e9:g} ns, "
        f"then {pulse.pause * 1e9:g} ns of rest, {pulse.current_density / 1e10:g} MA/cm² nominal",
        "up moves the state": _success(card, "potentiation", card.potentiation),
        "down moves the state": _success(card, "depression", card.depression),
        "pulses that cost a skyrmion": _losses(known),
        "device to device": card.device_spread and f"{card.device_spread:.1%} of the range",
        "valid for": ", ".join(f"{c.replace('_', ' ')} {_range(card, c)}" for c in card.validity),
        "held-back runs": _held_back(known.get("held_back")),
        "seeds": str(known.get("seeds", "")).strip("[]"),
        "fidelity": known.get("fidelity"),
        "limits": known.get("limits"),
        "made by": known.get("command"),
        "hash": card.digest,
    }
    table = Table(show_header=False)
    for name, text in rows.items():
        if text:
            table.add_row(name, Text(str(text)))  # what a card says may hold brackets
    return table


def _range(card: DeviceCard, condition: str) -> str:
    if condition not in card.validity:
        return "?"
    factor, unit = UNITS.get(condition, (1.0, ""))
    low, high = (end / factor for end in card.validity[condition])
    return f"{low:g}{unit}" if low == high else f"{low:g} to {high:g}{unit}"


def _interval(card: DeviceCard, name: str, factor: float = 1.0, unit: str = "") -> str:
    if name not in card.intervals:
        return ""
    low, high = card.intervals[name]
    return f" ({low * factor:.3g} to {high * factor:.3g}{unit})"


def _success(card: DeviceCard, polarity: str, branch: Branch) -> str:
    """Return the share of pulses that move the state, over the pulses seen, and its interval."""
    pulses = sum(branch.observed)
    if not pulses:
        return "no pulse seen"
    stays = sum(n * branch.later[state][state] for state, n in enumerate(branch.observed))
    return (
        f"{1 - stays / pulses:.2f}{_interval(card, f'{polarity}.later.success')} of {pulses} pulses"
    )


def _kept(known: dict[str, Any]) -> str:
    if "skyrmions_at_start" not in known:
        return "?"
    return f"{sum(known['skyrmions_at_end'])}/{sum(known['skyrmions_at_start'])}"


def _losses(known: dict[str, Any]) -> str | None:
    if not {"pulses", "pulses_with_a_loss"} <= known.keys():
        return None
    return f"{known['pulses_with_a_loss']} of {known['pulses']}"


def _held_back(found: Any) -> str | None:
    """Return how well the card foretells runs it was not made of."""
    wanted = {"ks", "ks_p", "moves", "moves_sampled"}
    if not (isinstance(found, dict) and wanted <= found.keys()):
        return None
    return (
        f"Kolmogorov-Smirnov distance {found['ks']:.3f} (p = {found['ks_p']:.2g}); "
        f"{found['moves']:.2f} level changes a pulse, {found['moves_sampled']:.2f} in samples"
    )
