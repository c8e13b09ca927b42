"""Shared fixtures."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

os.environ.setdefault("MPLBACKEND", "agg")


@pytest.fixture(scope="session")
def mnist_folder() -> Path:
    """Folder that holds MNIST/raw, or skip."""
    place = os.environ.get("NEUROSKYRM_DATA")
    if not place or not Path(place).is_dir():
        pytest.skip("NEUROSKYRM_DATA does not point to MNIST")
    return Path(place)


@pytest.fixture(scope="session")
def paired_loss() -> Callable[..., tuple[float, float]]:
    """Return the accuracy that one classifier loses against another, and its standard error.

    Both decide on the same images, so only those count on which one is right and the other wrong
    (McNemar). A trained net differs in its last bits from one kind of processor to the next, so a
    bound on such a loss must leave room for this error.
    """

    def loss(
        better: NDArray[np.int64], worse: NDArray[np.int64], labels: NDArray[np.uint8]
    ) -> tuple[float, float]:
        change = (better == labels).astype(float) - (worse == labels)
        return float(change.mean()), float(change.std() / np.sqrt(change.size))

    return loss
