"""Named random streams: one study seed, one independent generator for every purpose."""

from __future__ import annotations

from zlib import crc32

import numpy as np


def seed_sequence(seed: int, *path: str | int) -> np.random.SeedSequence:
    """Return the seed sequence that belongs to `path` under `seed`.

    Parameters
    ----------
    seed : int
        The study's seed.
    *path : str or int
        What the stream is for, e.g. ``("stdp", "poisson", 3)``. Different paths give
        independent streams; the same path always gives the same one, whatever else was drawn.

    Returns
    -------
    numpy.random.SeedSequence
    """
    words = [part if isinstance(part, int) else crc32(part.encode()) for part in path]
    return np.random.SeedSequence([seed, *words])


def generator(seed: int, *path: str | int) -> np.random.Generator:
    """Return the random generator of `path` under `seed` (see `seed_sequence`).

    Examples
    --------
    >>> bool(generator(1, "read").random() == generator(1, "read").random())
    True
    """
    return np.random.Generator(np.random.PCG64(seed_sequence(seed, *path)))
