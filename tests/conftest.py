"""Shared fixtures."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("MPLBACKEND", "agg")


@pytest.fixture(scope="session")
def mnist_folder() -> Path:
    """Folder that holds MNIST/raw, or skip."""
    place = os.environ.get("NEUROSKYRM_DATA")
    if not place or not Path(place).is_dir():
        pytest.skip("NEUROSKYRM_DATA does not point to MNIST")
    return Path(place)
