"""The images of a study, split so that nothing is chosen on the test set."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from neuroskyrm.app.study import Study
from neuroskyrm.errors import ConfigError, DataError
from neuroskyrm.io.datasets import Dataset, load_digits28, load_idx, load_mnist

HELD_OUT = 0.1
"""Share of the training images that thresholds and scales are chosen on, if not said."""


@lru_cache(maxsize=2)
def load_images(source: str, data: Path | None) -> Dataset:
    """Return the image set `source`: digits28, mnist, or a folder of IDX files.

    Raises
    ------
    DataError
        The set is not there, or damaged.
    """
    if source == "digits28":
        return load_digits28()
    if source == "mnist":
        return load_mnist(data)
    folder = Path(source)
    if not folder.is_dir():
        raise DataError(
            f"images '{source}': must be digits28, mnist or a folder of IDX files "
            "(data.source, --images)."
        )
    return load_idx(folder)


def images_of(study: Study, data: Path | None) -> Dataset:
    """Return the images that the study uses."""
    return load_images(study.data.source, data).first(study.data.train, study.data.test)


def image_digest(study: Study, data: Path | None) -> dict[str, str]:
    """Return the hash of the images, for the stages that depend on them."""
    return {"images": images_of(study, data).digest}


def held_out(study: Study, images: Dataset) -> int:
    """Return the index in the training images from which they are held out."""
    count = len(images.train_images)
    kept = study.data.held_out or max(1, round(HELD_OUT * count))
    if kept >= count:
        raise ConfigError(
            f"'data.held_out' = {kept} must be less than the {count} training images."
        )
    return count - kept
