"""Image sets for the networks: the embedded digits, any IDX folder, and MNIST.

Images are kept as the bytes they are stored in; coding them for a network is the network's work.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.errors import DataError
from neuroskyrm.io.atomic import replacing

Bytes = NDArray[np.uint8]

SIDE = 28
"""Pixels along one side of an image."""

ENVIRONMENT = "NEUROSKYRM_DATA"
"""Environment variable that names the folder above ``MNIST/raw``."""

MNIST_SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
"""SHA-256 of the uncompressed MNIST files (the gzip wrappers differ between mirrors)."""

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist",
    "https://storage.googleapis.com/cvdf-datasets/mnist",
    "https://raw.githubusercontent.com/fgnt/mnist/master",
)
"""Folders on the net that hold the four gzipped files, tried in this order."""

_UBYTE = 0x08  # IDX type code of unsigned bytes
_DIGITS_TEST = 497  # of 1,797, so that 1,300 remain for training


@dataclass(frozen=True)
class Dataset:
    """A labelled image set with a fixed split.

    Attributes
    ----------
    name : str
        Name of the set, as it stands in reports.
    train_images, test_images : ndarray of uint8
        Grey values 0..255, shape (images, 784).
    train_labels, test_labels : ndarray of uint8
        Class of each image, 0..9, shape (images,).
    """

    name: str
    train_images: Bytes
    train_labels: Bytes
    test_images: Bytes
    test_labels: Bytes

    @property
    def digest(self) -> str:
        """Short content hash (12 hexadecimal digits) of images, labels and split."""
        sha = hashlib.sha256(self.name.encode())
        for array in (self.train_images, self.train_labels, self.test_images, self.test_labels):
            sha.update(np.ascontiguousarray(array).tobytes())
        return sha.hexdigest()[:12]

    def first(self, train: int | None = None, test: int | None = None) -> Dataset:
        """Return the set cut to its first `train` and `test` images (None: all)."""
        return Dataset(
            self.name,
            self.train_images[:train],
            self.train_labels[:train],
            self.test_images[:test],
            self.test_labels[:test],
        )


def load_digits28() -> Dataset:
    """Return scikit-learn's embedded 8×8 handwritten digits, drawn as MNIST draws its digits.

    Each digit is resampled to a 20×20 box (cubic splines) and set into 28×28 pixels with its
    centre of mass in the middle, which is how LeCun et al. (Proc. IEEE 86, 2278, 1998) made
    MNIST. It is not MNIST: 1,797 digits, 1,300 of them for training, always the same ones.

    Returns
    -------
    Dataset
        Named ``"digits28"``.

    Examples
    --------
    >>> load_digits28().train_images.shape
    (1300, 784)
    """
    from sklearn.datasets import load_digits

    raw = load_digits()
    images = np.stack([_as_mnist(image) for image in raw.images]).reshape(-1, SIDE * SIDE)
    labels = raw.target.astype(np.uint8)
    order = np.random.Generator(np.random.PCG64(1797)).permutation(len(labels))
    train, test = order[_DIGITS_TEST:], order[:_DIGITS_TEST]
    return Dataset("digits28", images[train], labels[train], images[test], labels[test])


def _as_mnist(image: NDArray[np.float64]) -> Bytes:
    """Return an 8×8 image of values 0..16 as 28×28 bytes, centred by mass."""
    from scipy.ndimage import zoom

    box = np.clip(zoom(image / 16.0, 20 / 8, order=3), 0.0, 1.0)
    rows, columns = np.indices(box.shape)
    top = round(SIDE / 2 - float((rows * box).sum() / box.sum()) - 0.5)
    left = round(SIDE / 2 - float((columns * box).sum() / box.sum()) - 0.5)
    top, left = np.clip((top, left), 0, SIDE - box.shape[0])
    canvas = np.zeros((SIDE, SIDE))
    canvas[top : top + box.shape[0], left : left + box.shape[1]] = box
    return np.round(canvas * 255).astype(np.uint8)


def load_idx(folder: Path, name: str | None = None) -> Dataset:
    """Read an image set in MNIST's IDX format.

    Parameters
    ----------
    folder : Path
        Holds ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte`` and their ``t10k-``
        fellows, each raw or with ``.gz``.
    name : str, optional
        Name of the set; by default the folder's name.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        A file is missing, damaged, cut short, or does not fit the others.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; it must hold the four IDX files of the set.")
    train = _read_pair(folder, "train")
    test = _read_pair(folder, "t10k")
    return Dataset(name or folder.name, *train, *test)


def _read_pair(folder: Path, part: str) -> tuple[Bytes, Bytes]:
    """Return images (N, 784) and labels (N,) of one part of the set."""
    image_file = _find(folder, f"{part}-images-idx3-ubyte")
    label_file = _find(folder, f"{part}-labels-idx1-ubyte")
    images, labels = _read_array(image_file, 3), _read_array(label_file, 1)
    if images.shape[1:] != (SIDE, SIDE):
        shape = "×".join(str(n) for n in images.shape[1:])
        raise DataError(f"{image_file}: the image size is {shape}; it must be {SIDE}×{SIDE}.")
    if len(images) != len(labels):
        raise DataError(
            f"{label_file}: the number of labels is {len(labels)}; it must be {len(images)}, as "
            f"{image_file.name} holds that many images."
        )
    if labels.size and labels.max() > 9:
        raise DataError(f"{label_file}: a label is {labels.max()}; labels must be 0 to 9.")
    return images.reshape(len(images), -1), labels


def _find(folder: Path, stem: str) -> Path:
    for candidate in (folder / f"{stem}.gz", folder / stem):
        if candidate.is_file():
            return candidate
    raise DataError(f"{folder}: the file '{stem}' (or '{stem}.gz') is missing; it is needed.")


def _read_array(path: Path, dimensions: int) -> Bytes:
    """Return the array of one IDX file after checking its header against its length."""
    content = _content(path)
    header = 4 + 4 * dimensions
    if len(content) < header:
        raise DataError(
            f"{path}: the file is {len(content)} bytes long; the header alone must have {header}."
        )
    magic = int.from_bytes(content[:4], "big")
    wanted = _UBYTE << 8 | dimensions
    if magic != wanted:
        raise DataError(f"{path}: the magic number is {magic:#010x}; it must be {wanted:#010x}.")
    shape = [int(n) for n in np.frombuffer(content, ">u4", dimensions, 4)]
    if 0 in shape:
        raise DataError(f"{path}: the header counts {shape} entries; each must be at least 1.")
    needed = int(np.prod(shape, dtype=object))
    if len(content) - header != needed:
        raise DataError(
            f"{path}: {len(content) - header} bytes follow the header; it must be {needed}, as "
            f"the header counts {'×'.join(map(str, shape))}."
        )
    return np.frombuffer(content, np.uint8, needed, header).reshape(shape)


def _content(path: Path) -> bytes:
    """Return the uncompressed content of a raw or gzipped file."""
    try:
        raw = path.read_bytes()
        return gzip.decompress(raw) if path.suffix == ".gz" else raw
    except (gzip.BadGzipFile, EOFError, zlib.error) as problem:
        raise DataError(
            f"{path}: the gzip data is damaged or cut short ({problem}); fetch the file again."
        ) from None
    except OSError as problem:
        raise DataError(
            f"{path}: the file cannot be read ({problem.strerror}); it must be readable."
        ) from None


def load_mnist(data: Path | None = None) -> Dataset:
    """Return the MNIST handwritten digits (60,000 for training, 10,000 for the test).

    Parameters
    ----------
    data : Path, optional
        A folder with the IDX files, or with ``MNIST/raw`` below it. Without it the environment
        variable ``NEUROSKYRM_DATA`` is used, and without that a checked download into the
        user's cache (once).

    Returns
    -------
    Dataset
        Named ``"mnist"``.

    Raises
    ------
    DataError
        The folder holds no MNIST, a file is damaged, or the download failed.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner, Proc. IEEE 86, 2278 (1998).
    """
    given = data if data is not None else os.environ.get(ENVIRONMENT)
    if not given:
        return load_idx(_downloaded(), "mnist")
    folder = Path(given)
    below = folder / "MNIST" / "raw"
    if not folder.is_dir():
        source = "the data folder" if data is not None else ENVIRONMENT
        raise DataError(f"{folder}: {source} does not exist; give a folder that holds MNIST/raw.")
    return load_idx(below if below.is_dir() else folder, "mnist")


def _downloaded() -> Path:
    """Return the cache folder with the four MNIST files, after fetching what is missing."""
    import pooch

    folder = Path(pooch.os_cache("neuroskyrm")) / "MNIST" / "raw"
    for stem, sha in MNIST_SHA256.items():
        if not (folder / stem).is_file():
            content = _fetch(f"{stem}.gz", sha)
            with replacing(folder / stem) as temporary:
                temporary.write_bytes(content)
    return folder


def _fetch(name: str, sha: str) -> bytes:
    """Return the uncompressed content of `name` from the first mirror that has the right one."""
    import tempfile

    import pooch

    problem = "no mirror was tried"
    with tempfile.TemporaryDirectory() as scratch:
        for mirror in MIRRORS:
            target = Path(scratch) / name
            try:
                pooch.HTTPDownloader(timeout=30)(f"{mirror}/{name}", str(target), None)
                content = gzip.decompress(target.read_bytes())
            except (OSError, ValueError, EOFError, zlib.error) as error:
                problem = type(error).__name__
                continue
            if hashlib.sha256(content).hexdigest() == sha:
                return content
            problem = "the content's SHA-256 is not MNIST's"
    raise DataError(
        f"MNIST: '{name}' could not be downloaded from any of {len(MIRRORS)} mirrors ({problem}); "
        f"go online, or set {ENVIRONMENT} to a folder that holds MNIST/raw."
    )
