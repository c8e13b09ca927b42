"""Image sets: known content, checked headers, one sentence for every kind of damage."""

from __future__ import annotations

import gzip
import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from neuroskyrm.errors import DataError
from neuroskyrm.io import datasets
from neuroskyrm.io.datasets import load_digits28, load_idx, load_mnist


def idx(array: np.ndarray, magic: int | None = None) -> bytes:
    magic = 0x0800 + array.ndim if magic is None else magic
    sizes = b"".join(n.to_bytes(4, "big") for n in array.shape)
    return magic.to_bytes(4, "big") + sizes + array.astype(np.uint8).tobytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for part, count in (("train", 6), ("t10k", 3)):
        images = rng.integers(0, 256, (count, 28, 28))
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(idx(np.arange(count)))
    return tmp_path


class TestDigits28:
    def test_split_is_fixed_and_disjoint(self) -> None:
        first, second = load_digits28(), load_digits28()
        assert first.digest == second.digest
        assert first.train_images.shape == (1300, 784)
        assert first.test_images.shape == (497, 784)
        assert set(first.train_labels) == set(first.test_labels) == set(range(10))

    def test_digits_are_centred_by_mass_and_use_the_whole_grey_range(self) -> None:
        images = load_digits28().train_images.reshape(-1, 28, 28).astype(float)
        rows = np.arange(28)[:, None]
        centre = (images * rows).sum((1, 2)) / images.sum((1, 2))
        assert np.abs(centre - 13.5).max() <= 0.6
        assert images.max() == 255

    def test_cutting_keeps_the_order(self) -> None:
        whole = load_digits28()
        part = whole.first(train=7, test=5)
        np.testing.assert_array_equal(part.train_images, whole.train_images[:7])
        assert len(part.test_labels) == 5


class TestIdx:
    def test_raw_and_gzipped_files_mix(self, folder: Path) -> None:
        data = load_idx(folder, "mine")
        assert data.name == "mine"
        assert data.train_images.shape == (6, 784)
        np.testing.assert_array_equal(data.test_labels, [0, 1, 2])

    @pytest.mark.parametrize(
        ("name", "content", "message"),
        [
            ("train-labels-idx1-ubyte", b"\0\0", r"is 2 bytes long; .* must have 8"),
            ("train-labels-idx1-ubyte", idx(np.arange(6), 0x0803), "magic number is 0x00000803"),
            ("train-labels-idx1-ubyte", idx(np.arange(6))[:-1], "5 bytes follow .* must be 6"),
            ("train-labels-idx1-ubyte", idx(np.arange(6)) + b"x", "7 bytes follow .* must be 6"),
            ("train-labels-idx1-ubyte", idx(np.arange(5)), "number of labels is 5; it must be 6"),
            ("train-labels-idx1-ubyte", idx(np.arange(6) + 9), "a label is 14; .* 0 to 9"),
            ("train-labels-idx1-ubyte", idx(np.zeros(0)), r"counts \[0\]"),
            ("t10k-images-idx3-ubyte.gz", b"not gzip at all", "gzip data is damaged"),
            ("t10k-images-idx3-ubyte.gz", gzip.compress(b"x" * 999)[:-9], "gzip data is damaged"),
            (
                "t10k-images-idx3-ubyte.gz",
                gzip.compress(idx(np.zeros((3, 8, 8)))),
                "image size is 8×8; it must be 28×28",
            ),
        ],
    )
    def test_damage_is_named(self, folder: Path, name: str, content: bytes, message: str) -> None:
        (folder / name).write_bytes(content)
        with pytest.raises(DataError, match=message) as caught:
            load_idx(folder)
        assert name in str(caught.value)

    def test_every_truncation_is_refused(self, folder: Path) -> None:
        path = folder / "t10k-images-idx3-ubyte.gz"
        whole = path.read_bytes()
        for length in range(0, len(whole), 97):
            path.write_bytes(whole[:length])
            with pytest.raises(DataError, match="t10k-images-idx3-ubyte"):
                load_idx(folder)

    def test_missing_file_and_folder_are_named(self, folder: Path) -> None:
        (folder / "t10k-labels-idx1-ubyte").unlink()
        with pytest.raises(DataError, match="'t10k-labels-idx1-ubyte'"):
            load_idx(folder)
        with pytest.raises(DataError, match="no such folder"):
            load_idx(folder / "nowhere")


class TestMnist:
    def test_environment_names_the_folder(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NEUROSKYRM_DATA", str(folder))
        assert load_mnist().name == "mnist"
        monkeypatch.setenv("NEUROSKYRM_DATA", str(folder / "nowhere"))
        with pytest.raises(DataError, match="NEUROSKYRM_DATA does not exist"):
            load_mnist()
        assert len(load_mnist(folder).train_labels) == 6

    def test_offline_gives_one_sentence(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("NEUROSKYRM_DATA", raising=False)
        monkeypatch.setattr(datasets, "MIRRORS", ("http://127.0.0.1:9/mnist",))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        with pytest.raises(DataError, match="could not be downloaded from any of 1 mirrors"):
            load_mnist()

    def test_download_is_checked_by_its_content(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path
    ) -> None:
        """A mirror with the wrong content is passed over; the right one is used."""
        served = {}
        for stem in datasets.MNIST_SHA256:
            path = folder / f"{stem}.gz"
            raw = gzip.decompress(path.read_bytes()) if path.exists() else None
            served[stem] = raw or (folder / stem).read_bytes()
        hashes = {stem: hashlib.sha256(raw).hexdigest() for stem, raw in served.items()}
        monkeypatch.setattr(datasets, "MNIST_SHA256", hashes)
        monkeypatch.setattr(datasets, "MIRRORS", ("bad", "good"))
        monkeypatch.delenv("NEUROSKYRM_DATA", raising=False)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

        class Mirror:
            def __init__(self, timeout: float) -> None: ...

            def __call__(self, url: str, target: str, pooch: None) -> None:
                where, name = url.split("/")
                content = served[name.removesuffix(".gz")] if where == "good" else b"tampered"
                Path(target).write_bytes(gzip.compress(content))

        monkeypatch.setattr("pooch.HTTPDownloader", Mirror)
        assert load_mnist().digest == load_idx(folder, "mnist").digest

    @pytest.mark.skipif("NEUROSKYRM_DATA" not in os.environ, reason="NEUROSKYRM_DATA is not set")
    def test_real_mnist_has_its_published_content(self) -> None:
        data = load_mnist()
        assert data.train_images.shape == (60000, 784)
        sha = hashlib.sha256(idx(data.test_images.reshape(-1, 28, 28))).hexdigest()
        assert sha == datasets.MNIST_SHA256["t10k-images-idx3-ubyte"]
