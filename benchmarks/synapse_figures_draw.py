"""The pictures of `synapse_figures.py`: a programme over time, and the range against the gap."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from neuroskyrm.io.atomic import replacing

# Okabe and Ito's colours, told apart with any colour vision.
CONDUCTANCE, POST, ALL = "#0072B2", "#D55E00", "0.45"


def draw_programmes(name: str, found: dict[str, Any], path: Path) -> None:
    """Draw conductance above and skyrmions below, a column for each case, a line for each seed.

    Error bars are the standard deviation of the reads of a pause; heavy lines are means over seeds.
    """
    from matplotlib.figure import Figure

    cases = found["runs"]
    figure = Figure(figsize=(3.2 * len(cases) + 0.8, 4.6), layout="constrained")
    panels = figure.subplots(
        2, len(cases), sharex="col", sharey="row", squeeze=False, height_ratios=(3, 2)
    )
    for (upper, lower), (label, runs) in zip(panels.T, cases.items(), strict=True):
        time = runs[0]["time"]
        shade(upper, lower, runs[0])
        for run in runs:
            upper.errorbar(
                time, run["conductance"], run["spread"],
                fmt=".-", ms=3, lw=0.7, capsize=1.5, color=CONDUCTANCE, alpha=0.4,
            )  # fmt: skip
            lower.plot(time, run["total"], color=ALL, lw=0.7, alpha=0.4)
            lower.plot(time, run["post"], color=POST, lw=0.7, alpha=0.4)
        for axes, key, style in (
            (upper, "conductance", {"color": CONDUCTANCE}),
            (lower, "total", {"color": ALL, "ls": "--", "label": "whole track"}),
            (lower, "post", {"color": POST, "label": "post-synapse"}),
        ):
            axes.plot(time, np.mean([run[key] for run in runs], axis=0), lw=1.8, **style)
        seeds = "one seed" if len(runs) == 1 else f"{len(runs)} seeds"
        upper.set_title(f"{label} ({seeds})", fontsize=10)
        lower.set(xlabel="time (ns)")
    panels[0, 0].set_ylabel("conductance ($G_0$)")
    panels[1, 0].set_ylabel("skyrmions")
    panels[1, 0].set_ylim(bottom=-0.4)
    panels[1, -1].legend(fontsize=8, loc="best")
    figure.suptitle(name, fontsize=11)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=130)


def shade(upper: Any, lower: Any, run: dict[str, Any]) -> None:
    """Shade depression in grey, long rests and initialisation too, each with its name."""
    time, polarity = run["time"], run["polarity"]
    down = [end for end, sign in zip(time[1:], polarity[1:], strict=True) if sign < 0]
    if down:
        name_span(upper, min(down), max(down), "depression")
    for start, end, sign in zip(time, time[1:], polarity[1:], strict=False):
        long = end - start > 10
        if sign < 0 or long:
            for axes in (upper, lower):
                axes.axvspan(start, end, color="0.92" if sign <= 0 else "#F7E7B4", lw=0)
        if long:
            name_span(upper, start, end, "rest" if sign == 0 else "initialisation")


def name_span(axes: Any, start: float, end: float, name: str) -> None:
    """Write a name at the top of a span of time."""
    place = axes.get_xaxis_transform()
    axes.text(
        (start + end) / 2, 0.98, name, transform=place, ha="center", va="top", fontsize=8
    )  # fmt: skip


def gaussian(x: np.ndarray, height: float, centre: float, width: float) -> np.ndarray:
    """Return a Gaussian."""
    return np.asarray(height * np.exp(-((x - centre) ** 2) / (2 * width**2)))


def draw_interspace(name: str, found: dict[str, Any], path: Path) -> None:
    """Draw the range against the gap."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.5, 3.4), layout="constrained")
    axes = figure.subplots()
    x, y = (np.array([row[key] for row in found["rows"]]) for key in ("interspace", "range"))
    axes.plot(x, y, "o", color=CONDUCTANCE, label="simulated")
    if found["gaussian"]:
        fine = np.linspace(x.min(), x.max(), 100)
        fit = gaussian(fine, *found["gaussian"].values())
        axes.plot(fine, fit, color=POST, label="Gaussian")
    axes.axvline(1.5, color="0.7", lw=0.8, ls="--", label="paper's optimum")
    axes.set(xlabel="interspace (diameters)", ylabel="range in cycle 2 ($G_0$)", title=name)
    axes.legend(fontsize=7)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)
