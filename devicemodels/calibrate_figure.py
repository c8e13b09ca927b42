"""Pictures of a calibration: the staircase of conductance, and the card's transitions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devicemodels.calibrate_visits import Visits
from devicemodels.card import DeviceCard
from neuroskyrm.io.atomic import replacing


def plot_programme(runs: Sequence[Visits], axes: Any, G0: float = 20e-6) -> None:
    """Draw conductance (left) and skyrmion count (right) against pulse, as Fig. 3 of Chen et al.

    Parameters
    ----------
    runs : sequence of Visits
        One for each noise seed, of the same drive; some may have stopped early.
    axes : matplotlib Axes
        Where to draw.
    G0 : float
        Unit of conductance [S].
    """
    longest = max(runs, key=lambda run: len(run.polarity))
    pulse = np.arange(len(longest.polarity))
    for start in np.flatnonzero(longest.polarity < 0):
        axes.axvspan(start - 0.5, start + 0.5, color="0.93", lw=0)
    for run in runs:
        mine = pulse[: len(run.mean)]
        axes.errorbar(
            mine, run.mean / G0, run.sd / G0, color="tab:red", alpha=0.35, lw=0.8, capsize=1.5
        )
    G, count = (_padded([getattr(run, name) for run in runs]) for name in ("mean", "count"))
    axes.plot(pulse, np.nanmean(G, axis=0) / G0, "o-", color="tab:red", ms=3)
    axes.set(xlabel="pulse", ylabel="conductance (G0)")
    axes.yaxis.label.set_color("tab:red")
    twin = axes.twinx()
    twin.step(pulse, count.T, where="mid", color="tab:blue", alpha=0.3, lw=0.8)
    twin.plot(pulse, np.nanmean(count, axis=0), "s--", color="tab:blue", ms=2.5, lw=0.8)
    twin.set_ylabel("skyrmions in the post-synapse", color="tab:blue")
    twin.set_ylim(bottom=-0.3)


def _padded(rows: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
    """Return rows of unequal length as one array, filled up with NaN."""
    whole = np.full((len(rows), max(map(len, rows))), np.nan)
    for target, row in zip(whole, rows, strict=True):
        target[: len(row)] = row
    return whole


def plot_card(card: DeviceCard, axes: Sequence[Any]) -> None:
    """Draw levels and the transition matrices of potentiation and depression.

    Parameters
    ----------
    card : DeviceCard
        The card.
    axes : sequence of 3 matplotlib Axes
        For levels, potentiation, depression.
    """
    state = np.arange(card.states)
    spread = np.hypot(card.levels.read_sd, card.levels.visit_sd)
    axes[0].errorbar(state, card.conductance * 1e6, 2 * spread * 1e6, fmt="o", ms=3, capsize=2)
    axes[0].set(xlabel="state", ylabel="conductance (µS), 2 s.d.")
    branches = {"potentiation": card.potentiation, "depression": card.depression}
    for place, (name, branch) in zip(axes[1:], branches.items(), strict=True):
        place.imshow(branch.later, origin="lower", cmap="Blues", vmin=0, vmax=1)
        place.set(xlabel="to state", ylabel="from state", title=name)


def save_calibration_figure(
    card: DeviceCard, runs: Sequence[Visits], path: Path, title: str = ""
) -> None:
    """Write one figure with the staircase above and the card below, as PNG or SVG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 6), layout="constrained")
    grid = figure.add_gridspec(2, 3)
    plot_programme(runs, figure.add_subplot(grid[0, :]))
    plot_card(card, [figure.add_subplot(grid[1, column]) for column in range(3)])
    figure.suptitle(title or card.name)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)
