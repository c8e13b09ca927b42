"""The float network that is trained first: fully connected, rectified, without bias.

Chen et al., Appendix B: four layers 784-2400-2400-10, ReLU, no bias (a crossbar has none), plain
stochastic gradient descent. `PAPER` is that recipe, `TOOLBOX` the constants of the code it builds
on; `BEST` is a better one for the same net.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from networks.quantisation import Grid
from networks.recipe import BEST, PAPER, TOOLBOX, Recipe
from networks.trained_ann import TrainedAnn, Weights, load_ann
from networks.training import Training
from neuroskyrm.errors import ConfigError
from neuroskyrm.io.datasets import Bytes
from neuroskyrm.torch_threads import single_thread

__all__ = ["BEST", "PAPER", "TOOLBOX", "Recipe", "TrainedAnn", "Weights", "load_ann", "train_ann"]

Progress = Callable[[int, int], None]
"""Called with (epochs done, epochs in all)."""


def train_ann(
    images: Bytes,
    labels: NDArray[np.uint8],
    recipe: Recipe = PAPER,
    start: TrainedAnn | None = None,
    grids: tuple[Grid, ...] = (),
    teacher: TrainedAnn | None = None,
    checkpoint: Path | None = None,
    progress: Progress | None = None,
) -> TrainedAnn:
    """Train a network on images, from scratch or further from `start`.

    The same arguments give the same bits whatever number of threads torch is set to: training
    pins it to one.

    Parameters
    ----------
    images : ndarray of uint8
        Grey values, shape (N, n_in).
    labels : ndarray of uint8
        Classes, shape (N,).
    recipe : Recipe
        How to train; its `hidden` is not used when `start` is given.
    start : TrainedAnn, optional
        Network to continue from.
    grids : tuple of Grid, optional
        Device levels of each layer: the forward pass then uses the weights as the devices can
        hold them (quantisation-aware training); the returned weights are still smooth.
    teacher : TrainedAnn, optional
        Smooth net whose answers to the same (distorted) images are learnt in place of the labels.
    checkpoint : Path, optional
        File that is written after each epoch, and continued from if it fits.
    progress : callable, optional
        See `Progress`.

    Returns
    -------
    TrainedAnn

    Raises
    ------
    ConfigError
        There are fewer images than one batch, or images and labels do not pair up.
    """
    if len(images) != len(labels) or len(images) < recipe.batch:
        raise ConfigError(
            f"images: {len(images)} images with {len(labels)} labels; there must be as many "
            f"labels as images, and at least one batch of {recipe.batch}."
        )
    with single_thread():
        training = Training(images, labels, recipe, start, grids, teacher)
        if checkpoint is not None and checkpoint.is_file():
            training.resume(checkpoint)
        while training.epoch < recipe.epochs:
            training.run_epoch()
            if checkpoint is not None:
                training.save(checkpoint)
            if progress is not None:
                progress(training.epoch, recipe.epochs)
        return training.result()
