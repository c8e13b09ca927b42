"""Pictures of magnetisation: hue for the direction in plane, lightness for m_z; tables as lines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.app.figures import drawing
from neuroskyrm.micromagnetics.pictures import colours


def draw_magnetisation(path: Path, m: NDArray[np.floating], extent: tuple[float, float]) -> None:
    """Draw one layer in colour beside its m_z.

    Parameters
    ----------
    path : Path
        File to write.
    m : ndarray, shape (3, ny, nx)
        Unit vectors.
    extent : tuple of float
        Length and width [m].
    """
    length, width = (1e9 * side for side in extent)
    frame = (0, length, 0, width)
    with drawing(path, 8.0, 0.8 + 3.4 * width / length) as figure:
        left, right = figure.subplots(1, 2, sharey=True)
        left.imshow(colours(m), extent=frame)  # large y is its first row
        image = right.imshow(m[2], origin="lower", cmap="RdBu_r", vmin=-1, vmax=1, extent=frame)
        left.set(xlabel="x [nm]", ylabel="y [nm]", title="direction (hue), m_z (lightness)")
        right.set(xlabel="x [nm]", title="m_z")
        for axis in (left, right):
            axis.grid(visible=False)
        figure.colorbar(image, ax=[left, right], shrink=0.7)


def draw_table(path: Path, table: Mapping[str, NDArray[Any]]) -> None:
    """Draw the mean magnetisation and the energy against time."""
    time = table["t"] * 1e9
    with drawing(path, 8.0, 3.0) as figure:
        left, right = figure.subplots(1, 2)
        for name in ("mx", "my", "mz"):
            left.plot(time, table[name], label=f"$m_{name[1]}$")
        left.set(xlabel="time [ns]", ylabel="mean magnetisation")
        left.legend()
        right.plot(time, table["energy"] * 1e18, color="black")
        right.set(xlabel="time [ns]", ylabel="energy [aJ]")
