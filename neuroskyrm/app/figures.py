"""Figures of the run: one function each, data in, PNG out, one style for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from devicemodels.card import DeviceCard
from neuroskyrm.io.atomic import replacing

STYLE = str(files("neuroskyrm.app") / "neuroskyrm.mplstyle")
MZ_MAP = "RdBu_r"
UP, DOWN = "#0072B2", "#D55E00"


@contextmanager
def drawing(path: Path, width: float = 6.4, height: float = 3.2) -> Iterator[Figure]:
    """Give an empty figure in the common style; save it to `path` when the block ends well.

    Parameters
    ----------
    path : Path
        PNG or SVG file.
    width, height : float
        Size in inches.
    """
    with mpl.rc_context(fname=STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure
        with replacing(path) as temporary:
            figure.savefig(temporary, metadata={"Software": None} if path.suffix == ".png" else {})


def save_figure(make: Callable[[], Figure], path: Path) -> None:
    """Draw the figure that `make` returns in the common style and save it to `path`."""
    with mpl.rc_context(fname=STYLE):
        figure = make()
        with replacing(path) as temporary:
            figure.savefig(temporary, metadata={"Software": None})


def draw_snapshots(
    path: Path,
    fields: Sequence[NDArray[np.floating]],
    titles: Sequence[str],
    extent: Sequence[float],
    region: NDArray[np.bool_],
) -> None:
    """Draw m_z of one layer at several times, one below the other.

    Parameters
    ----------
    path : Path
        File to write.
    fields : sequence of ndarray, shape (ny, nx)
        m_z.
    titles : sequence of str
        One a field.
    extent : sequence of float
        Length and width [m].
    region : ndarray of bool, shape (ny, nx)
        Cells to outline: the barrier.
    """
    length, width = (1e9 * side for side in extent)
    frame = (0, length, 0, width)
    with drawing(path, 6.4, 0.4 + len(fields) * 6.0 * width / length) as figure:
        axes = np.atleast_1d(figure.subplots(len(fields), 1, sharex=True))
        for axis, mz, title in zip(axes, fields, titles, strict=True):
            image = axis.imshow(mz, origin="lower", cmap=MZ_MAP, vmin=-1, vmax=1, extent=frame)
            if region.any():
                axis.contour(region, [0.5], colors="black", linewidths=0.8, extent=frame)
            axis.set(title=title, ylabel="y [nm]")
            axis.grid(visible=False)
        axes[-1].set_xlabel("x [nm]")
        figure.colorbar(image, ax=list(axes), label="$m_z$", shrink=0.6)


def draw_conductance(
    path: Path,
    conductance: NDArray[np.float64],
    spread: NDArray[np.float64],
    count: NDArray[np.integer],
    polarity: NDArray[np.integer],
) -> None:
    """Draw conductance and skyrmion number after each pulse, as Figs 2 and 3 of Chen et al.

    Parameters
    ----------
    path : Path
        File to write.
    conductance, spread : ndarray, shape (pulses + 1,)
        Mean and standard deviation of the reads after each pulse, in units of G0.
    count : ndarray of int, shape (pulses + 1,)
        Skyrmions in the post-synapse.
    polarity : ndarray of int, shape (pulses + 1,)
        Sign of each pulse; 0 for the state before the first.
    """
    pulse = np.arange(len(conductance))
    with drawing(path) as figure:
        axis = figure.subplots()
        axis.plot(pulse, conductance, color="0.6", zorder=1)
        for sign, colour, label in ((1, UP, "potentiation"), (-1, DOWN, "depression")):
            chosen = polarity == sign
            axis.errorbar(
                pulse[chosen], conductance[chosen], spread[chosen],
                fmt="o", color=colour, capsize=2, label=label,
            )  # fmt: skip
        axis.errorbar(pulse[:1], conductance[:1], spread[:1], fmt="o", color="black", capsize=2)
        axis.set(xlabel="pulse", ylabel="conductance [$G_0$]")
        axis.legend(loc="upper left")
        right = axis.twinx()
        right.step(pulse, count, where="mid", color="0.4", linestyle=":")
        right.set_ylabel("skyrmions in the post-synapse (dotted)")
        right.set_ylim(bottom=0)
        right.yaxis.set_major_locator(MaxNLocator(integer=True))
        right.grid(visible=False)


def draw_card(card: DeviceCard, path: Path) -> None:
    """Draw a card: its levels with their spread, and its transition probabilities."""
    G = card.conductance * 1e6
    with drawing(path, 8.4, 2.8) as figure:
        levels, up, down = figure.subplots(1, 3)
        levels.errorbar(
            range(card.states), G, np.array(card.levels.read_sd) * 1e6, fmt="o", capsize=3
        )
        levels.set(xlabel="state", ylabel="conductance [µS]", title="levels, read noise")
        for axis, branch, title in (
            (up, card.potentiation, "potentiating pulse"),
            (down, card.depression, "depressing pulse"),
        ):
            image = axis.imshow(branch.later, origin="lower", cmap="viridis", vmin=0, vmax=1)
            axis.set(xlabel="to state", ylabel="from state", title=title)
            axis.grid(visible=False)
            axis.yaxis.set_major_locator(MaxNLocator(integer=True))
        for axis in (levels, up, down):
            axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        figure.colorbar(image, ax=[up, down], label="probability")


def draw_confusion(path: Path, matrix: NDArray[np.integer], title: str) -> None:
    """Draw a confusion matrix.

    Parameters
    ----------
    path : Path
        File to write.
    matrix : ndarray of int, shape (classes, classes)
        Images of each class (row) that were given each answer (column).
    title : str
        Above the figure.
    """
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    with drawing(path, 4.2, 3.6) as figure:
        axis = figure.subplots()
        image = axis.imshow(share, cmap="Blues", vmin=0, vmax=1)
        for row, column in np.argwhere(matrix > 0):
            colour = "white" if share[row, column] > 0.5 else "black"
            axis.text(
                column, row, str(matrix[row, column]),
                ha="center", va="center", fontsize=6, color=colour,
            )  # fmt: skip
        axis.set(xlabel="answer", ylabel="digit", title=title, xticks=range(10), yticks=range(10))
        axis.grid(visible=False)
        figure.colorbar(image, label="share of the digit")


def draw_crossbar(
    path: Path, plus: NDArray[np.integer], minus: NDArray[np.integer], achieved: NDArray[Any]
) -> None:
    """Draw the states of W+ and W- of one layer and the histogram of signed conductances.

    Parameters
    ----------
    path : Path
        File to write.
    plus, minus : ndarray of int, shape (n_in, n_out)
        Device states.
    achieved : ndarray, shape (n_in, n_out)
        Signed conductances [S].
    """
    with drawing(path, 8.4, 3.0) as figure:
        axes = figure.subplots(1, 3)
        top = max(int(plus.max()), int(minus.max()), 1)
        for axis, states, title in zip(axes[:2], (plus, minus), ("W+", "W−"), strict=True):
            image = axis.imshow(states, aspect="auto", cmap="viridis", vmin=0, vmax=top)
            axis.set(xlabel="output", ylabel="input", title=f"{title}: device states")
            axis.grid(visible=False)
        figure.colorbar(image, ax=list(axes[:2]), label="state")
        axes[2].hist(np.ravel(achieved) * 1e6, bins=101, color=UP)
        axes[2].set_yscale("log")
        axes[2].set(xlabel="G+ − G− [µS]", ylabel="pairs", title="signed conductances")


def draw_probabilities(
    path: Path, times: NDArray[np.float64], shares: dict[str, NDArray[np.float64]], title: str
) -> None:
    """Draw the monitor's class probabilities frame by frame.

    Parameters
    ----------
    path : Path
        File to write.
    times : ndarray, shape (frames,)
        Time of each frame [s].
    shares : dict of str to ndarray, shape (frames,)
        Probability of each class.
    title : str
        Above the figure.
    """
    with drawing(path, 6.4, 2.6) as figure:
        axis = figure.subplots()
        for marker, (name, share) in zip("sovD", shares.items(), strict=False):
            axis.plot(times * 1e12, share, marker=marker, label=name)
        axis.set(xlabel="time [ps]", ylabel="probability", ylim=(-0.03, 1.03), title=title)
        axis.legend()
