"""The picture of a process diagram, in the manner of the paper's Fig. 3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.atomistic.labels import LABELS
from neuroskyrm.atomistic.process import ProcessRun

if TYPE_CHECKING:
    import xarray

COLOURS = ("#4477aa", "#228833", "#ccbb44", "#bbbbbb")
"""Breathing, switching, collapse, mixed: the colour-blind safe set of P. Tol."""

_SCALE = {"width": (1e12, "pulse width $t_w$ (ps)"), "centre": (1e12, "pulse centre (ps)"),
          "damping": (1.0, r"damping $\alpha$"), "polar": (1.0, r"pulse angle $\theta$ (deg)"),
          "azimuth": (1.0, r"pulse angle $\varphi$ (deg)"), "amplitude": (1.0, "pulse $B_0$ (T)"),
          "temperature": (1.0, "temperature (K)"), "seed": (1.0, "seed")}  # fmt: skip


def draw_diagram(
    data: xarray.Dataset,
    title: str = "",
    examples: Sequence[ProcessRun] = (),
    boundaries: NDArray[np.integer] | None = None,
) -> Any:
    """Draw labels over the two axes, final states of a few processes, and boundaries.

    Parameters
    ----------
    data : xarray.Dataset
        From `process_diagram`.
    title : str
        Heading.
    examples : sequence of ProcessRun
        Runs whose final S_z is shown beside the diagram, and marked in it.
    boundaries : ndarray, optional
        Another label for each point, e.g. of a classifier: its boundaries are drawn as lines.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.colors import BoundaryNorm, ListedColormap
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    y_name, x_name = data["label"].dims
    x, y = _values(data, str(x_name)), _values(data, str(y_name))
    columns = -(-len(examples) // 3)
    figure = Figure(figsize=(6.4 + 1.6 * columns, 5.0), layout="constrained")
    grid = figure.add_gridspec(3, 3 + columns) if columns else figure.add_gridspec(3, 3)
    axes = figure.add_subplot(grid[:, :3])
    norm = BoundaryNorm(np.arange(-0.5, len(LABELS)), len(LABELS))
    axes.pcolormesh(x, y, data["label"], cmap=ListedColormap(COLOURS), norm=norm, shading="nearest")
    if boundaries is not None:
        _draw_boundaries(axes, x, y, boundaries)
    axes.set(xlabel=_SCALE[str(x_name)][1], ylabel=_SCALE[str(y_name)][1], title=title)
    handles = [Patch(color=c, label=n) for c, n in zip(COLOURS, LABELS, strict=True)]
    axes.legend(handles=handles, loc="lower center", bbox_to_anchor=(0.5, -0.22), ncols=4)
    for k, run in enumerate(examples):
        _draw_example(figure.add_subplot(grid[k % 3, 3 + k // 3]), run, chr(ord("a") + k))
        place = (_of(run, str(x_name)), _of(run, str(y_name)))
        axes.plot(*place, "o", ms=11, mfc="white", mec="black")
        axes.text(*place, chr(ord("a") + k), ha="center", va="center_baseline", fontsize=8)
    return figure


def _draw_boundaries(
    axes: Any, x: NDArray[np.float64], y: NDArray[np.float64], labels: NDArray[np.integer]
) -> None:
    """Draw a line between neighbouring points of different label."""
    half_x, half_y = np.diff(x).mean() / 2, np.diff(y).mean() / 2
    for i, j in np.argwhere(labels[:, 1:] != labels[:, :-1]):
        axes.plot([x[j] + half_x] * 2, [y[i] - half_y, y[i] + half_y], color="#882211", lw=1.3)
    for i, j in np.argwhere(labels[1:] != labels[:-1]):
        axes.plot([x[j] - half_x, x[j] + half_x], [y[i] + half_y] * 2, color="#882211", lw=1.3)


def _draw_example(axes: Any, run: ProcessRun, letter: str) -> None:
    axes.imshow(run.final_spins[2], cmap="RdBu_r", vmin=-1, vmax=1, origin="lower")
    axes.set(xticks=[], yticks=[])
    width = run.process.pulse.width * 1e12
    text = f"({letter}) {run.label_name}\n$\\alpha$={run.process.damping:g}, $t_w$={width:g} ps"
    axes.set_title(text, fontsize=7)


def _values(data: xarray.Dataset, name: str) -> NDArray[np.float64]:
    return np.asarray(data[name].values) * _SCALE[name][0]


def _of(run: ProcessRun, name: str) -> float:
    owner = run.process if hasattr(run.process, name) else run.process.pulse
    return float(getattr(owner, name)) * _SCALE[name][0]
