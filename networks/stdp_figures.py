"""Figures of the STDP network: what the neurons have learned, and how it went."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from networks.stdp_labels import Evaluation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from networks.stdp import TrainingCurve

SMOOTHED = 8
"""Chunks of images that the accuracy of a training curve is averaged over: 2,000 images."""


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

    figure = Figure(figsize=(7.6, 7), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(weight_mosaic(weights), cmap="Greys")
    side = round(len(weights) ** 0.5)
    height, width = image.get_array().shape  # type: ignore[union-attr]
    for edge in range(side, width, side):
        axes.axvline(edge - 0.5, color="0.8", linewidth=0.5)
    for edge in range(side, height, side):
        axes.axhline(edge - 0.5, color="0.8", linewidth=0.5)
    axes.set(xticks=[], yticks=[], title=title)
    figure.colorbar(image, ax=axes, label="weight", shrink=0.6)
    return figure


def training_figure(curve: TrainingCurve) -> Figure:
    """Return accuracy, chunk by chunk and smoothed, and pulse energy against presented images."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4), layout="constrained")
    axes = figure.add_subplot()
    thousands = curve.presented / 1000
    axes.plot(thousands, 100 * curve.accuracy, color="C0", alpha=0.3, linewidth=0.8)
    smooth = running_mean(100 * curve.accuracy, SMOOTHED)
    axes.plot(thousands, smooth, color="C0")
    axes.set(xlabel="images presented (thousands)", ylim=(0, 100))
    axes.set_ylabel("accuracy by the labels so far (%)", color="C0")
    right = axes.twinx()
    right.plot(thousands, curve.energy * 1e6, color="C1", linestyle="--")
    right.set_ylim(bottom=0)
    right.set_ylabel("energy of all pulses (µJ)", color="C1")
    return figure


def running_mean(values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return the mean of each value and those up to ``count - 1`` before it, without NaNs.

    Examples
    --------
    >>> running_mean(np.array([np.nan, 2.0, 4.0, 6.0]), 2).tolist()
    [nan, 2.0, 3.0, 5.0]
    """
    known = np.isfinite(values)
    sums, counts = (np.convolve(part, np.ones(count))[: len(values)] for part in
                    (np.where(known, values, 0.0), known.astype(np.float64)))  # fmt: skip
    mean = np.full(len(values), np.nan)
    np.divide(sums, counts, out=mean, where=counts > 0)
    return mean


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
