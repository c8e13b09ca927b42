"""The picture of a sweep: its metrics over its axes."""

from __future__ import annotations

from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neuroskyrm.app.figures import drawing
from neuroskyrm.app.sweep import Sweep
from neuroskyrm.app.sweep_points import field_at

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

MOST = 6
"""Metrics that are drawn at most."""


def draw_sweep(results: xr.Dataset, sweep: Sweep, path: Path) -> None:
    """Draw the metrics of a sweep: lines over one axis, maps over two, points over samples.

    Parameters
    ----------
    results : xarray.Dataset
        See `neuroskyrm.app.sweep_results.dataset`.
    sweep : Sweep
        Its axes and metrics.
    path : Path
        PNG or SVG file.
    """
    names = [str(n) for n in results.data_vars if n != "failed"][:MOST] or ["failed"]
    rows, columns = ceil(len(names) / 3), min(len(names), 3)
    with drawing(path, 3.4 * columns, 2.7 * rows) as figure:
        panels = np.atleast_1d(figure.subplots(rows, columns, squeeze=False)).ravel()
        for axis, name in zip(panels, names, strict=False):
            _draw(axis, results, name, list(sweep.axes))
            axis.set_title(name)
        for axis in panels[len(names) :]:
            axis.set_visible(False)


def _draw(axis: Axes, results: xr.Dataset, name: str, keys: list[str]) -> None:
    import xarray as xr

    mean = results[name]
    spread = None
    if "repeat" in mean.dims:
        mean, spread = mean.mean("repeat"), mean.std("repeat")
    unit = results[name].attrs["units"]
    label = name if unit == "1" else f"{name} [{unit}]"
    if mean.dims == tuple(keys) and len(keys) == 2 and min(mean.shape) > 1:
        _draw_map(axis, mean, results, keys, label)
        return
    first = keys[0]
    x = xr.broadcast(results[first], mean)[0].transpose(*mean.dims).values
    if x.dtype.kind in "fi":
        x = x / _shown_unit(first)[1]
    if len(keys) == 1 and first in mean.dims:
        error = None if spread is None else spread.values
        axis.errorbar(x, mean.values, error, fmt="o-", capsize=3)
    else:
        axis.plot(x.ravel(), mean.values.ravel(), "o")
    axis.set(xlabel=_axis_label(first), ylabel=label)


def _draw_map(
    axis: Axes, mean: xr.DataArray, results: xr.Dataset, keys: list[str], label: str
) -> None:
    image = axis.imshow(mean.values.T, origin="lower", aspect="auto", cmap="viridis")
    for key, set_ticks in ((keys[0], axis.set_xticks), (keys[1], axis.set_yticks)):
        values = results[key].values
        ticks = np.linspace(0, len(values) - 1, min(len(values), 4))
        chosen = np.unique(ticks.round().astype(int))
        unit = _shown_unit(key)[1] if values.dtype.kind in "fi" else None
        texts = [str(v) if unit is None else f"{v / unit:.3g}" for v in values[chosen]]
        set_ticks(chosen, texts)
    axis.set(xlabel=_axis_label(keys[0]), ylabel=_axis_label(keys[1]))
    axis.grid(visible=False)
    axis.figure.colorbar(image, ax=axis, label=label)


def _axis_label(key: str) -> str:
    unit = _shown_unit(key)[0]
    return f"{key} [{unit}]" if unit else key


def _shown_unit(key: str) -> tuple[str, float]:
    """Return the unit that people read a key of the study in, and its size [SI]."""
    dimension = field_at(key)[1]
    if dimension is None or not dimension.display:
        return "", 1.0
    return dimension.display, dimension.factor(dimension.display) or 1.0
