"""The picture of a sweep: its metrics over its axes."""

from __future__ import annotations

from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neuroskyrm.app.figures import drawing
from neuroskyrm.app.sweep import Sweep

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
    if len(keys) == 1 and first in mean.dims:
        error = None if spread is None else spread.values
        axis.errorbar(x, mean.values, error, fmt="o-", capsize=3)
    else:
        axis.plot(x.ravel(), mean.values.ravel(), "o")
    axis.set(xlabel=_axis_label(results, first), ylabel=label)


def _draw_map(
    axis: Axes, mean: xr.DataArray, results: xr.Dataset, keys: list[str], label: str
) -> None:
    image = axis.imshow(mean.values.T, origin="lower", aspect="auto", cmap="viridis")
    for key, set_ticks in ((keys[0], axis.set_xticks), (keys[1], axis.set_yticks)):
        values = results[key].values
        chosen = np.unique(np.linspace(0, len(values) - 1, min(len(values), 5)).round().astype(int))
        texts = [
            f"{values[i]:.4g}" if values.dtype.kind in "fi" else str(values[i]) for i in chosen
        ]
        set_ticks(chosen, texts)
    axis.set(xlabel=_axis_label(results, keys[0]), ylabel=_axis_label(results, keys[1]))
    axis.grid(visible=False)
    axis.figure.colorbar(image, ax=axis, label=label)


def _axis_label(results: xr.Dataset, key: str) -> str:
    unit = results[key].attrs.get("units", "1")
    return key if unit == "1" else f"{key} [{unit}]"
