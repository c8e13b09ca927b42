"""`neuroskyrm evaluate` with a saved STDP network, on any images in IDX format."""

import gzip

import numpy as np
import pytest

from devicemodels import SkyrmionDevice, load_card
from networks.stdp import StdpNetwork
from networks.stdp_files import save_stdp
from neuroskyrm.io.datasets import load_digits28


def write_idx(path, array):
    """Write `array` of bytes in IDX format, gzipped if the name says so."""
    shape = b"".join(int(n).to_bytes(4, "big") for n in array.shape)
    content = bytes([0, 0, 8, array.ndim]) + shape + array.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A small network on the card, trained on a few digits and saved with its labels."""
    digits = load_digits28()
    network = StdpNetwork(SkyrmionDevice(load_card("rim-n4-300K")), 30, seed=1)
    network.train(digits.train_images[:150])
    network.label(digits.train_images[:150], digits.train_labels[:150])
    path = tmp_path_factory.mktemp("net") / "net.safetensors"
    save_stdp(network, path)
    return path, network


def test_a_saved_network_is_evaluated_on_the_embedded_digits(neuroskyrm, saved):
    path, network = saved
    done = neuroskyrm("evaluate", str(path), "--test", "60")
    assert done.code == 0, done.err
    digits = load_digits28()
    expected = network.evaluate(digits.test_images[:60], digits.test_labels[:60]).accuracy
    assert f"{expected['proportion']:.2%}" in done.out
    assert f"{expected['likelihood']:.2%}" in done.out
    assert load_card("rim-n4-300K").digest in done.out
    assert "150 images" in done.out


def test_a_second_data_set_in_idx_format_goes_through_the_same_command(neuroskyrm, saved, tmp_path):
    digits = load_digits28()
    folder = tmp_path / "negatives"  # other images with other classes: mirrored, digits 0 to 4
    folder.mkdir()
    few = digits.train_labels < 5, digits.test_labels < 5
    mirrored = digits.train_images[few[0]].reshape(-1, 28, 28)[:, :, ::-1]
    write_idx(folder / "train-images-idx3-ubyte.gz", mirrored)
    write_idx(folder / "train-labels-idx1-ubyte", digits.train_labels[few[0]])
    mirrored = digits.test_images[few[1]].reshape(-1, 28, 28)[:, :, ::-1]
    write_idx(folder / "t10k-images-idx3-ubyte", mirrored)
    write_idx(folder / "t10k-labels-idx1-ubyte.gz", digits.test_labels[few[1]])
    figure = tmp_path / "confusion.png"
    options = ("--images", str(folder), "--relabel", "100", "--test", "50", "--figure", str(figure))
    done = neuroskyrm("evaluate", str(saved[0]), *options)
    assert done.code == 0, done.err
    assert "on negatives" in done.out
    assert figure.stat().st_size > 5000


def test_networks_without_labels_and_missing_images_are_refused(neuroskyrm, tmp_path):
    path = tmp_path / "young.safetensors"
    save_stdp(StdpNetwork(SkyrmionDevice(load_card("rim-n4-300K")), 10), path)
    done = neuroskyrm("evaluate", str(path))
    assert done.code == 2
    assert "--relabel" in done.err
    done = neuroskyrm("evaluate", str(path), "--images", "nowhere")
    assert done.code == 2
    assert "'nowhere'" in done.err
    done = neuroskyrm("evaluate", str(tmp_path / "none.safetensors"))
    assert done.code == 2
    assert "no such file" in done.err
