"""Figures of the STDP network: what the neurons have learned, and how it went."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from networks.stdp_labels import Evaluation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from networks.stdp import TrainingCurve


def weight_mosaic(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the weights of all neurons as one image, neuron by neuron in a square grid.

    Parameters
    ----------
    weights : float32 array, shape (side * side, neurons)
        Weights of square images.

    Returns
    -------
    float32 array, shape (rows * side, columns * side)
        Empty places are 0.
    """
    inputs, neurons = weights.shape
    side = round(inputs**0.5)
    columns = int(np.ceil(np.sqrt(neurons)))
    rows = -(-neurons // columns)
    tiles = np.zeros((rows * columns, side, side), np.float32)
    tiles[:neurons] = weights.T.reshape(neurons, side, side)
    return tiles.reshape(rows, columns, side, side).swapaxes(1, 2).reshape(rows * side, -1)


def weight_map_figure(weights: NDArray[np.float32], title: str = "") -> Figure:
    """Return the map of all neurons' weights, dark where they are high (Fig. 6b of Chen et al.)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 6), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(weight_mosaic(weights), cmap="Greys", interpolation="nearest")
    axes.set(xticks=[], yticks=[], title=title)
    figure.colorbar(image, ax=axes, label="weight", shrink=0.8)
    return figure


def training_figure(curve: TrainingCurve) -> Figure:
    """Return accuracy and pulse energy against presented images."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(curve.presented, 100 * curve.accuracy)
    axes.set(xlabel="images presented", ylabel="accuracy by labels so far (%)", ylim=(0, 100))
    right = axes.twinx()
    right.plot(curve.presented, curve.energy * 1e6, color="C1", linestyle="--")
    right.set_ylabel("energy of all pulses (µJ)")
    return figure


def confusion_figure(evaluation: Evaluation, title: str = "") -> Figure:
    """Return the confusion matrix of the class-proportion vote, rows in per cent."""
    from matplotlib.figure import Figure

    matrix = evaluation.confusion
    share = 100 * matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(5.6, 5), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(share, cmap="Blues", vmin=0, vmax=100)
    for (row, column), value in np.ndenumerate(share):
        if value >= 0.5:
            colour = "white" if value > 50 else "black"
            axes.text(column, row, f"{value:.0f}", ha="center", va="center", color=colour)
    axes.set(xlabel="taken for", ylabel="true class", title=title)
    axes.set(xticks=range(len(matrix)), yticks=range(len(matrix)))
    figure.colorbar(image, ax=axes, label="share of the class (%)")
    return figure
