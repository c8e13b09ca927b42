"""`neuroskyrm evaluate NETWORK.safetensors`: a saved STDP network on any set of images."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from networks.stdp import StdpNetwork
from networks.stdp_files import load_stdp
from networks.stdp_labels import Evaluation
from neuroskyrm.app.stages.images import load_images
from neuroskyrm.errors import ConfigError
from neuroskyrm.io.datasets import Dataset

THREADS = 2
METHODS = {
    "vote": "vote",
    "proportion": "class-proportion vote",
    "likelihood": "likelihood vote",
}
"""Label assignments by the name they have in `Evaluation.accuracy`."""


def evaluate_file(
    file: Path,
    source: str,
    data: Path | None = None,
    relabel: int = 0,
    test: int | None = None,
    figure: Path | None = None,
) -> Evaluation:
    """Classify the test images of a set with a saved network, print and return the result.

    Parameters
    ----------
    file : Path
        Written by `save_stdp`.
    source : str
        ``digits28``, ``mnist``, or a folder of IDX files.
    data : Path, optional
        Folder that holds MNIST.
    relabel : int
        Training images of the set that say anew what the neurons stand for; 0 keeps the
        assignment that the file holds.
    test : int, optional
        Only so many test images.
    figure : Path, optional
        PNG or SVG file for the confusion matrix.

    Raises
    ------
    DataError
        The file or the images cannot be read.
    ConfigError
        The file holds no assignment and `relabel` is 0, or the images do not fit the network.
    """
    if figure is not None and figure.suffix not in (".png", ".svg"):
        raise ConfigError(f"--figure {figure}: must end in .png or .svg.")
    network = load_stdp(file)
    images = load_images(source, data).first(None, test)
    if network.assignment is None and not relabel:
        raise ConfigError(f"{file}: its neurons have no labels yet; give --relabel IMAGES.")
    if relabel:
        some = images.train_images[:relabel], images.train_labels[:relabel]
        network.label(*some, threads=THREADS)
    result = network.evaluate(images.test_images, images.test_labels, threads=THREADS)
    _print(file, network, images, result)
    if figure is not None:
        _draw(figure, result, f"{file.stem} on {images.name}")
    return result


def _print(file: Path, network: StdpNetwork, images: Dataset, result: Evaluation) -> None:
    table = Table("quantity", "value", title=f"{file} on {images.name}")
    for method, name in METHODS.items():
        table.add_row(f"accuracy, {name}", f"{result.accuracy[method]:.2%}")
    table.add_row("test images", str(len(images.test_images)))
    table.add_row("output spikes an image", f"{result.spikes:.1f}")
    table.add_row("neurons", str(len(network.neurons.v)))
    costs, ledger = network.costs, network.ledger
    table.add_row("device", costs.name + (f", card {costs.card}" if costs.card else ""))
    table.add_row("trained on", f"{network.presented} images, {ledger.pulses} pulses")
    table.add_row("energy of these pulses", f"{ledger.energy * 1e6:.3g} uJ")
    Console().print(table)


def _draw(path: Path, result: Evaluation, title: str) -> None:
    from networks.stdp_figures import confusion_figure
    from neuroskyrm.app.figures import save_figure

    save_figure(lambda: confusion_figure(result, title), path)
