"""Pictures of magnetisation: hue for the direction in plane, lightness for m_z; tables as lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.app.figures import drawing
from neuroskyrm.io.atomic import replacing

FRAME_TIME = 80
"""Time a frame of an animation is shown [ms]."""


def colours(m: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Return the colours of unit vectors: hue = angle in plane, lightness = (1 + m_z) / 2.

    Parameters
    ----------
    m : ndarray, shape (3, ny, nx)
        Unit vectors; empty cells (zero) come out grey.

    Returns
    -------
    ndarray of uint8, shape (ny, nx, 3)
        Up is white, down is black, the plane is the colour wheel with red along +x.
    """
    lightness = np.clip((1 + m[2]) / 2, 0, 1)
    chroma = (1 - np.abs(2 * lightness - 1)) * np.clip(np.hypot(m[0], m[1]) * 2, 0, 1)
    hue = np.mod(np.arctan2(m[1], m[0]) / (2 * np.pi), 1.0)
    # One smooth formula for the three channels (CSS Color 4, hslToRgb).
    channels = []
    for offset in (0.0, 8.0, 4.0):
        k = np.mod(offset + 12 * hue, 12)
        wave = np.clip(np.minimum(k - 3, 9 - k), -1, 1)
        channels.append(lightness - chroma / 2 * wave)
    picture = np.stack(channels, axis=-1)
    picture[(m == 0).all(axis=0)] = 0.6
    return np.asarray(np.rint(255 * np.clip(picture, 0, 1)), dtype=np.uint8)


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
        left.imshow(colours(m), origin="lower", extent=frame)
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


def animate(path: Path, snapshots: Sequence[NDArray[np.floating]], least: int = 320) -> None:
    """Write an animated GIF of one layer in colour.

    Parameters
    ----------
    path : Path
        A ``.gif`` file.
    snapshots : sequence of ndarray, shape (3, ny, nx)
        Unit vectors of each frame.
    least : int
        Cells are drawn as squares of whole pixels, so that the picture is at least this wide.
    """
    from PIL import Image

    zoom = max(1, -(-least // snapshots[0].shape[2]))
    frames = [
        Image.fromarray(colours(m)[::-1].repeat(zoom, axis=0).repeat(zoom, axis=1))
        for m in snapshots
    ]
    with replacing(path) as temporary:
        frames[0].save(
            temporary, save_all=True, append_images=frames[1:], duration=FRAME_TIME, loop=0
        )
