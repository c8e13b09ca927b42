"""The monitor in the terminal: map, verdict, probabilities, curves and alarms, drawn by rich."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from networks.monitor_board import Board, picture_of

COLOURS = ("#4477aa", "#228833", "#ccbb44", "#999999", "#aa3377", "#ee7733")
_BLOCKS = "▁▂▃▄▅▆▇█"
_MAP = 40
_CURVE = 40


def live_panel(board: Board, console: Console) -> Live:
    """Return the live display of `board`; use it as a context manager."""
    return Live(
        get_renderable=lambda: panel(board.snapshot()),
        console=console,
        refresh_per_second=4,
        transient=False,
    )


def panel(state: dict[str, Any]) -> Panel:
    """Return one picture of a board's snapshot."""
    curves = state["curves"]
    label = state["label"] or "-"
    head = Text.assemble(
        (f"{label:<12}", "bold red" if state["alarm"] else "bold green"),
        f" t = {time_text(_last(curves['time']))}   since pulse {time_text(state['since_pulse'])}"
        f"   novelty {_number(_last(curves['novelty']))}",
    )
    body = Table.grid(padding=(0, 2))
    body.add_row(_map(state), Group(head, Text(), _numbers(state), Text(), _alarms(state)))
    foot = Text(f"{state['state']}  {state['doing']}", style="dim")
    bar = ProgressBar(total=1.0, completed=state["progress"], width=60)
    below = Table.grid(padding=(0, 2))
    below.add_row(bar, foot)
    return Panel(Group(body, below), title=state["title"], expand=False)


def time_text(seconds: float | None) -> str:
    """Return a time in ps or ns, e.g. ``"45.00 ps"``."""
    if seconds is None:
        return "-"
    return f"{seconds * 1e12:.2f} ps" if abs(seconds) < 1e-9 else f"{seconds * 1e9:.2f} ns"


def _numbers(state: dict[str, Any]) -> Table:
    """Return bars of the probabilities, then the curves as lines of blocks."""
    table = Table.grid(padding=(0, 1))
    curves = state["curves"]
    for k, name in enumerate(state["classes"]):
        value = _last(curves[name]) or 0.0
        bar = Text("█" * round(20 * value), style=COLOURS[k % len(COLOURS)])
        table.add_row(name, f"{value:5.3f}", bar)
    most = max([1.0, *(abs(q) for q in curves["charge"])])
    for name, reach in (("mx", 1.0), ("my", 1.0), ("mz", 1.0), ("charge", most)):
        values = np.array(curves[name])
        table.add_row(name, _number(_last(curves[name])), sparkline(values, -reach, reach))
    return table


def _alarms(state: dict[str, Any]) -> RenderableType:
    counts = "  ".join(f"{name} {value}" for name, value in state["counts"].items())
    lines = [Text(f"alarms {state['alarm_count']}   frames: {counts}", style="dim")]
    for alarm in state["alarms"][-3:]:
        what = alarm.get("label") or alarm["event"]
        lines.append(Text(f"  {time_text(alarm['time'])}  {what}", style="red"))
    return Group(*lines)


def _map(state: dict[str, Any]) -> Text:
    """Return the picture in half blocks: two rows of pixels to a line."""
    if not state["rows"]:
        return Text("no frame yet")
    stored = np.frombuffer(b64decode(state["picture"]), dtype=np.uint8)
    whole = stored.reshape(state["rows"], state["columns"]) / 127.5 - 1.0
    pixels = picture_of(whole, _MAP)[::-1]
    text = Text()
    for k in range(0, len(pixels) - 1, 2):
        for upper, lower in zip(pixels[k], pixels[k + 1], strict=True):
            text.append("▀", style=f"{_colour(upper)} on {_colour(lower)}")
        text.append("\n")
    text.right_crop(1)
    return text


def _colour(value: np.uint8) -> str:
    """Return blue for -1, white for 0 and red for +1, as #rrggbb."""
    m = float(value) / 127.5 - 1.0
    dark = (33, 84, 160) if m < 0 else (178, 34, 40)
    mixed = (round(part + (247 - part) * (1 - abs(m))) for part in dark)
    return "#" + "".join(f"{part:02x}" for part in mixed)


def sparkline(
    values: NDArray[np.floating], low: float | None = None, high: float | None = None
) -> str:
    """Return up to 40 values as a line of blocks.

    Examples
    --------
    >>> sparkline(np.array([0.0, 0.5, 1.0]))
    '▁▄█'
    """
    if not len(values):
        return ""
    chosen = values[np.linspace(0, len(values) - 1, min(len(values), _CURVE)).astype(int)]
    bottom = float(values.min()) if low is None else low
    span = (float(values.max()) if high is None else high) - bottom
    share = (chosen - bottom) / span if span > 0 else np.zeros(len(chosen))
    steps = np.clip(share * (len(_BLOCKS) - 1), 0, len(_BLOCKS) - 1).astype(int)
    return "".join(_BLOCKS[step] for step in steps)


def _last(values: list[float]) -> float | None:
    return values[-1] if values else None


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
