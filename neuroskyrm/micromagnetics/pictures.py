"""Pictures of the magnetisation: hue is the in-plane angle, lightness is m_z."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.errors import ConfigError
from neuroskyrm.io.atomic import replacing
from neuroskyrm.io.trajectory import Trajectory

_OUTSIDE = 0.75
"""Grey of cells without material."""


def colours(m: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Return the colours of one layer, as OOMMF and mumax3 users know them.

    Hue is the angle of (m_x, m_y) (red along +x, green-yellow along +y), lightness is
    (m_z + 1) / 2 (white up, black down), saturation is the in-plane length.

    Parameters
    ----------
    m : array of shape (3, ny, nx)
        Unit vectors; zero outside the sample, which turns grey.

    Returns
    -------
    uint8 array of shape (ny, nx, 3)
        Red, green, blue; large y at the top, as pictures need it.

    Raises
    ------
    ConfigError
        The shape is not (3, ny, nx).
    """
    if m.ndim != 3 or m.shape[0] != 3:
        raise ConfigError(f"m of shape {m.shape} must be one layer, (3, ny, nx).")
    hue = np.arctan2(m[1], m[0]) / (2 * np.pi) % 1
    light = np.clip((m[2] + 1) / 2, 0, 1)
    chroma = (1 - np.abs(2 * light - 1)) * np.clip(np.hypot(m[0], m[1]), 0, 1)
    # Each primary is a trapezium of the hue, a third of a turn apart.
    parts = [np.clip(np.abs((hue + shift) % 1 * 6 - 3) - 1, 0, 1) for shift in (0, 2 / 3, 1 / 3)]
    rgb = np.stack([light + chroma * (part - 0.5) for part in parts], axis=-1)
    rgb[~np.any(m != 0, axis=0)] = _OUTSIDE
    return np.asarray(np.round(255 * np.clip(rgb[::-1], 0, 1)), dtype=np.uint8)


def save_picture(path: Path | str, m: NDArray[np.floating], layer: int = 0, scale: int = 2) -> None:
    """Write one layer of a magnetisation as PNG.

    Parameters
    ----------
    path : Path or str
        The file.
    m : array of shape (3, layers, ny, nx)
        Unit vectors.
    layer : int
        Which layer.
    scale : int
        Pixels per cell.
    """
    from PIL import Image

    picture = Image.fromarray(np.kron(colours(m[:, layer]), np.ones((scale, scale, 1), np.uint8)))
    with replacing(Path(path)) as temporary:
        picture.save(temporary)


def save_plot(path: Path | str, trajectory: Trajectory, *columns: str) -> None:
    """Write columns of a trajectory's table against time as a line plot (PNG, SVG or PDF).

    Parameters
    ----------
    path : Path or str
        The file; its suffix chooses the format.
    trajectory : Trajectory
        The run.
    *columns : str
        Which columns; the mean magnetisation if none is named.
    """
    import matplotlib.pyplot as plt
    from matplotlib.ticker import EngFormatter

    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    for name in columns or ("mx", "my", "mz"):
        axes.plot(trajectory["t"], trajectory[name], label=name)
    axes.xaxis.set_major_formatter(EngFormatter("s"))
    axes.set(xlabel="t", ylabel=columns[0] if len(columns) == 1 else "")
    axes.legend()
    with replacing(Path(path)) as temporary:
        figure.savefig(temporary)
    plt.close(figure)


def save_film(
    path: Path | str, trajectory: Trajectory, layer: int = 0, scale: int = 2, per_second: int = 12
) -> None:
    """Write the snapshots of a trajectory as an animated GIF.

    Parameters
    ----------
    path : Path or str
        The file.
    trajectory : Trajectory
        A run with `snapshot_every`.
    layer : int
        Which layer.
    scale : int
        Pixels per cell.
    per_second : int
        Frames per second.

    Raises
    ------
    ConfigError
        The trajectory has no snapshots.
    """
    from PIL import Image

    if not len(trajectory.snapshots):
        raise ConfigError("The trajectory has no snapshots; run with snapshot_every to get some.")
    ones = np.ones((scale, scale, 1), np.uint8)
    frames = [Image.fromarray(np.kron(colours(m[:, layer]), ones)) for m in trajectory.snapshots]
    with replacing(Path(path)) as temporary:
        frames[0].save(
            temporary, save_all=True, append_images=frames[1:], duration=1000 // per_second, loop=0
        )
