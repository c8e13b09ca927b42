"""Updates of the synaptic device as short films: done, failed, or a skyrmion annihilated.

A pulse is one process. Its frames are the sorted m_z of the pre- and of the post-synapse, apart:
a skyrmion that crosses the barrier leaves the one and enters the other, one that is annihilated
leaves and enters nowhere. The first frame is the state before the pulse, and all are taken
relative to it: how much is reversed at the start differs from device to device.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from networks.monitor_training import ProfileSet
from neuroskyrm.errors import DataError

OUTCOMES = ("potentiated", "depressed", "failed", "lost")
"""Post-synapse gained, lost to the pre-synapse, nothing moved, fewer skyrmions than before."""

POTENTIATED, DEPRESSED, FAILED, LOST = range(4)

FRAME_INTERVAL = 0.25e-9
"""Time between frames in the second half of a pause, where the device is at rest [s]."""

REGIONS = 2
"""Pre- and post-synapse."""

_MOVED = 0.5  # mean over the layers: more than half of a column


def outcome(before: tuple[float, float], after: tuple[float, float]) -> int:
    """Return what became of an update, as an index into `OUTCOMES`.

    Parameters
    ----------
    before, after : tuple of float
        Skyrmions in the pre- and in the post-synapse, mean over the layers.
    """
    if sum(after) < sum(before) - _MOVED:
        return LOST
    moved = after[1] - before[1]
    if abs(moved) < _MOVED:
        return FAILED
    return POTENTIATED if moved > 0 else DEPRESSED


def updates_of(
    profiles: NDArray[np.floating],
    pulse: NDArray[np.integer],
    counts: NDArray[np.floating],
    frames: int,
) -> ProfileSet:
    """Cut the frames of a programmed device into labelled updates.

    Parameters
    ----------
    profiles : ndarray
        Profiles of all frames in order, shape (frames, inputs), pre-synapse first.
    pulse : ndarray
        Number of the pulse that each frame belongs to; 0 is before the first.
    counts : ndarray
        Skyrmions in pre- and post-synapse at each frame, shape (frames, 2).
    frames : int
        Length of a film; shorter updates stand still in the beginning, longer ones lose their
        frames after the first.

    Returns
    -------
    ProfileSet
        Labels are indices into `OUTCOMES`.
    """
    films, labels = [], []
    for number in np.unique(pulse[pulse > 0]):
        own = np.flatnonzero(pulse == number)
        before = own[0] - 1
        if before < 0:
            continue
        later = own[-(frames - 1) :]
        still = np.full(frames - len(later), before)
        films.append(profiles[np.concatenate([still, later])] - profiles[before])
        labels.append(outcome(tuple(counts[before]), tuple(counts[own[-1]])))
    return ProfileSet(
        np.array(films, dtype=np.float32).reshape(-1, frames, profiles.shape[-1]),
        np.array(labels, dtype=np.int64),
        FRAME_INTERVAL,
        "uniform",
        REGIONS,
        relative=True,
    )


def mirrored(updates: ProfileSet) -> ProfileSet:
    """Return the updates of the mirror-image device: pre and post change places."""
    half = updates.profiles.shape[-1] // REGIONS
    labels = updates.labels.copy()
    labels[updates.labels == POTENTIATED] = DEPRESSED
    labels[updates.labels == DEPRESSED] = POTENTIATED
    return replace(updates, profiles=np.roll(updates.profiles, half, axis=-1), labels=labels)


def load_frames(path: Path) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float64]]:
    """Read the frames of one programmed device.

    Parameters
    ----------
    path : Path
        An npz file: `quantiles` (frames, 2, count), `labels` (frames, columns) and the names of
        its `columns`, among them pulse, count_pre and count_post.

    Returns
    -------
    profiles, pulse, counts : ndarray
        As `updates_of` takes them.

    Raises
    ------
    DataError
        The file is missing, damaged, or lacks a column.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            columns = [str(name) for name in file["columns"]]
            table = {name: file["labels"][:, k] for k, name in enumerate(columns)}
            quantiles = np.sort(file["quantiles"].astype(np.float32), axis=-1)
            pulse = table["pulse"].astype(np.int64)
            counts = np.stack([table["count_pre"], table["count_post"]], axis=1)
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file.") from None
    except (OSError, ValueError, KeyError, IndexError) as problem:
        raise DataError(f"{path}: not frames of a programmed device ({problem}).") from None
    return quantiles.reshape(len(quantiles), -1), pulse, counts.astype(np.float64)
