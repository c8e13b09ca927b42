"""The float network that is trained first: fully connected, rectified, without bias.

Chen et al., Appendix B: four layers 784-2400-2400-10, ReLU, no bias (a crossbar has none), plain
stochastic gradient descent. `PAPER` is that recipe; `BEST` is a better one for the same net.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from math import cos, pi
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from networks.augmentation import Distortion
from networks.quantisation import Grid, quantised, step_activation
from neuroskyrm.errors import ConfigError, DataError
from neuroskyrm.io.atomic import replacing
from neuroskyrm.io.datasets import Bytes

Weights = tuple[NDArray[np.float32], ...]
"""Weight matrices from the first layer to the last, each of shape (n_in, n_out)."""

Progress = Callable[[int, int], None]
"""Called with (epochs done, epochs in all)."""


@dataclass(frozen=True)
class Recipe:
    """How the float network is trained.

    Attributes
    ----------
    hidden : tuple of int
        Neurons in each hidden layer.
    epochs, batch : int
        Passes over the training images; images a step.
    rate, momentum : float
        Learning rate at the start; Nesterov momentum (0: plain descent).
    cosine : bool
        Let the learning rate fall to zero along half a cosine.
    initial : float or None
        Weights start uniform in [-initial, initial]; None: He et al. (2015), sqrt(6 / n_in).
    dropout : tuple of float
        Share of silenced inputs and of silenced hidden neurons.
    distortion : Distortion or None
        Distorted copies instead of the images themselves.
    activation_steps : int
        0: ReLU. T: ReLU in T steps, as a spiking neuron of T time steps can pass it on.
    weight_noise : float
        Standard deviation of noise on quantised weights in training, in units of the largest
        level (noise-aware training).
    bfloat16 : bool
        Multiply in bfloat16 (several times faster on processors that can).
    seed : int
        Seed of everything random.
    """

    hidden: tuple[int, ...] = (2400, 2400)
    epochs: int = 15
    batch: int = 100
    rate: float = 0.05
    momentum: float = 0.0
    cosine: bool = False
    initial: float | None = 0.1
    dropout: tuple[float, float] = (0.0, 0.0)
    distortion: Distortion | None = None
    activation_steps: int = 0
    weight_noise: float = 0.0
    bfloat16: bool = False
    seed: int = 0


PAPER = Recipe(rate=0.1, dropout=(0.2, 0.5))
"""Chen et al., Appendix B: ±0.1, batch 100, 15 epochs; cross-entropy and dropout are ours."""

BEST = Recipe(
    epochs=40,
    rate=0.03,
    momentum=0.9,
    cosine=True,
    initial=None,
    dropout=(0.1, 0.3),
    distortion=Distortion(),
    bfloat16=True,
)
"""The best recipe found for the same net: distorted copies, momentum, falling rate."""


@dataclass(frozen=True)
class TrainedAnn:
    """A trained rectified network.

    Attributes
    ----------
    weights : tuple of ndarray of float32
        One matrix a layer, shape (n_in, n_out).
    ceilings : tuple of float
        Activation of each hidden layer at which it saturates; empty for a plain ReLU net.
    activation_steps : int
        Steps of the activation between 0 and its ceiling (0: smooth).
    history : list of dict
        Loss and learning rate after each epoch.
    """

    weights: Weights
    ceilings: tuple[float, ...] = ()
    activation_steps: int = 0
    history: list[dict[str, float]] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """Short content hash (12 hexadecimal digits) of the weights."""
        sha = hashlib.sha256()
        for matrix in self.weights:
            sha.update(np.ascontiguousarray(matrix).tobytes())
        return sha.hexdigest()[:12]

    def activations(self, images: Bytes) -> list[NDArray[np.float32]]:
        """Return the activation of each layer; the last is the outputs before any rectifier.

        Parameters
        ----------
        images : ndarray of uint8
            Grey values, shape (N, n_in).

        Returns
        -------
        list of ndarray
            Shapes (N, n_out) from the first layer to the last.
        """
        signal: NDArray[np.float32] = images.astype(np.float32) / np.float32(255)
        found = []
        for index, matrix in enumerate(self.weights):
            signal = signal @ matrix
            if index + 1 < len(self.weights):
                np.maximum(signal, 0, out=signal)
                if self.activation_steps:
                    ceiling, steps = np.float32(self.ceilings[index]), self.activation_steps
                    signal = np.clip(np.floor(signal * (steps / ceiling) + 0.5), 0, steps)
                    signal *= ceiling / steps
            found.append(signal)
        return found

    def decide(self, images: Bytes) -> NDArray[np.int64]:
        """Return the class of each image, shape (N,)."""
        parts = [self.activations(images[k : k + 2000])[-1] for k in range(0, len(images), 2000)]
        decided: NDArray[np.int64] = np.concatenate(parts).argmax(1)
        return decided

    def accuracy(self, images: Bytes, labels: NDArray[np.uint8]) -> float:
        """Return the share of images that are classified as their label."""
        return float((self.decide(images) == labels).mean())

    def save(self, path: Path) -> None:
        """Write weights and ceilings as safetensors, in one step."""
        from safetensors.numpy import save_file

        content = {f"weights.{k}": np.ascontiguousarray(w) for k, w in enumerate(self.weights)}
        content["ceilings"] = np.array(self.ceilings, dtype=np.float64)
        with replacing(path) as temporary:
            save_file(content, temporary, metadata={"activation_steps": str(self.activation_steps)})


def load_ann(path: Path) -> TrainedAnn:
    """Read a network that `TrainedAnn.save` wrote.

    Raises
    ------
    DataError
        The file is missing, damaged, or holds something else.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            names = sorted(name for name in file.keys() if name.startswith("weights."))  # noqa: SIM118
            weights = tuple(file.get_tensor(name) for name in names)
            ceilings = tuple(float(c) for c in file.get_tensor("ceilings"))
            steps = int((file.metadata() or {})["activation_steps"])
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; it must be a saved network.") from None
    except (SafetensorError, OSError, KeyError, ValueError) as problem:
        raise DataError(f"{path}: not a saved network ({problem}); train it again.") from None
    fits = all(a.shape[1] == b.shape[0] for a, b in pairwise(weights))
    if not weights or not fits:
        raise DataError(f"{path}: the weight matrices do not fit together; train it again.")
    return TrainedAnn(weights, ceilings, steps)


def train_ann(
    images: Bytes,
    labels: NDArray[np.uint8],
    recipe: Recipe = PAPER,
    start: TrainedAnn | None = None,
    grids: tuple[Grid, ...] = (),
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
        training = _Training(images, labels, recipe, start, grids)
        if checkpoint is not None and checkpoint.is_file():
            training.resume(checkpoint)
        while training.epoch < recipe.epochs:
            training.run_epoch()
            if checkpoint is not None:
                training.save(checkpoint)
            if progress is not None:
                progress(training.epoch, recipe.epochs)
        return training.result()


@contextmanager
def single_thread() -> Iterator[None]:
    """Pin torch to one thread, so that sums are formed in one order only."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Training:
    """The state of one training: weights, optimiser, random stream, epoch."""

    def __init__(
        self,
        images: Bytes,
        labels: NDArray[np.uint8],
        recipe: Recipe,
        start: TrainedAnn | None,
        grids: tuple[Grid, ...],
    ) -> None:
        self.recipe, self.grids, self.epoch = recipe, grids, 0
        self.images = torch.from_numpy(images.astype(np.float32) / np.float32(255))
        self.labels = torch.from_numpy(labels.astype(np.int64))
        self.random = torch.Generator().manual_seed(recipe.seed)
        sizes = (images.shape[1], *recipe.hidden, int(labels.max()) + 1)
        if start is None:
            self.weights = [self._initial(n_in, n_out) for n_in, n_out in pairwise(sizes)]
        else:
            self.weights = [torch.from_numpy(w.copy()) for w in start.weights]
        self.ceilings = self._ceilings(start)
        trained = [*self.weights, *self.ceilings]
        for tensor in trained:
            tensor.requires_grad_()
        self.optimiser = torch.optim.SGD(
            trained,
            lr=recipe.rate,
            momentum=recipe.momentum,
            nesterov=recipe.momentum > 0,
            fused=True,
        )
        self.history: list[dict[str, float]] = []

    def _initial(self, n_in: int, n_out: int) -> Tensor:
        bound = self.recipe.initial if self.recipe.initial is not None else (6 / n_in) ** 0.5
        return (torch.rand(n_in, n_out, generator=self.random) * 2 - 1) * bound

    def _ceilings(self, start: TrainedAnn | None) -> list[Tensor]:
        """Return the activations at which each hidden layer saturates (99.9 %) to begin with."""
        if not self.recipe.activation_steps:
            return []
        if start is not None and start.ceilings:
            return [torch.tensor(c) for c in start.ceilings]
        weights = tuple(w.numpy() for w in self.weights)
        sample = (self.images[:2000].numpy() * 255).round().astype(np.uint8)
        found = TrainedAnn(weights).activations(sample)[:-1]
        return [torch.tensor(float(np.quantile(a, 0.999))) for a in found]

    def run_epoch(self) -> None:
        recipe = self.recipe
        steps = len(self.images) // recipe.batch
        order = torch.randperm(len(self.images), generator=self.random)
        total = 0.0
        for step in range(steps):
            rate = self._rate(self.epoch + step / steps)
            for group in self.optimiser.param_groups:
                group["lr"] = rate
            chosen = order[step * recipe.batch : (step + 1) * recipe.batch]
            total += self._step(self.images[chosen], self.labels[chosen])
        self.epoch += 1
        self.history.append({"epoch": self.epoch, "loss": total / steps, "rate": rate})

    def _rate(self, epoch: float) -> float:
        if not self.recipe.cosine:
            return self.recipe.rate
        return self.recipe.rate * 0.5 * (1 + cos(pi * epoch / self.recipe.epochs))

    def _step(self, images: Tensor, labels: Tensor) -> float:
        if self.recipe.distortion is not None:
            images = self.recipe.distortion(images, self.random)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.recipe.bfloat16):
            outputs = self._forward(images)
        loss = torch.nn.functional.cross_entropy(outputs.float(), labels)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        return float(loss.detach())

    def _forward(self, signal: Tensor) -> Tensor:
        recipe = self.recipe
        for index, matrix in enumerate(self.weights):
            signal = self._silence(signal, recipe.dropout[0 if index == 0 else 1])
            signal = signal @ self._held(index, matrix)
            if index + 1 < len(self.weights):
                signal = self._activated(index, signal)
        return signal

    def _activated(self, index: int, signal: Tensor) -> Tensor:
        if not self.recipe.activation_steps:
            return torch.relu(signal)
        return step_activation(signal, self.ceilings[index], self.recipe.activation_steps)

    def _held(self, index: int, matrix: Tensor) -> Tensor:
        """Return the weights as the devices hold them, where their levels are given."""
        if not self.grids:
            return matrix
        return quantised(matrix, self.grids[index], self.recipe.weight_noise, self.random)

    def _silence(self, signal: Tensor, share: float) -> Tensor:
        """Drop inputs at random; written out because torch's dropout takes no generator."""
        if share <= 0:
            return signal
        kept = torch.rand(signal.shape, generator=self.random) >= share
        return signal * (kept / (1 - share)).to(signal.dtype)

    def result(self) -> TrainedAnn:
        return TrainedAnn(
            tuple(w.detach().numpy().copy() for w in self.weights),
            tuple(float(c.detach()) for c in self.ceilings),
            self.recipe.activation_steps,
            list(self.history),
        )

    def _state(self) -> dict[str, Tensor]:
        """Return the tensors that a checkpoint holds, by name: trained ones and their momenta."""
        trained = [*self.weights, *self.ceilings]
        tensors = {f"trained.{k}": tensor.detach() for k, tensor in enumerate(trained)}
        for k, tensor in enumerate(trained):
            momentum = self.optimiser.state[tensor].get("momentum_buffer")
            if momentum is not None:
                tensors[f"momentum.{k}"] = momentum
        return tensors

    def save(self, path: Path) -> None:
        from safetensors.torch import save_file

        note = {"key": self._key(), "epoch": self.epoch, "history": self.history}
        tensors = {**self._state(), "random": self.random.get_state()}
        with replacing(path) as temporary:
            save_file(tensors, temporary, {"training": json.dumps(note)})

    def resume(self, path: Path) -> None:
        """Continue from a checkpoint of the same training; another one is left aside."""
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework="pt") as file:
                note: dict[str, Any] = json.loads((file.metadata() or {})["training"])
                saved = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, KeyError, ValueError, OSError) as problem:
            raise DataError(
                f"{path}: damaged training checkpoint ({problem}); remove it."
            ) from None
        if note["key"] != self._key():
            return
        for k, tensor in enumerate([*self.weights, *self.ceilings]):
            with torch.no_grad():
                tensor.copy_(saved[f"trained.{k}"])
            if f"momentum.{k}" in saved:
                self.optimiser.state[tensor]["momentum_buffer"] = saved[f"momentum.{k}"]
        self.random.set_state(saved["random"])
        self.history, self.epoch = note["history"], note["epoch"]

    def _key(self) -> str:
        """Return what must agree for a checkpoint to be continued."""
        shapes = [tuple(w.shape) for w in self.weights]
        return f"{self.recipe}|{shapes}|{len(self.images)}|{len(self.grids)}"
