"""Training of the recurrent process classifier: true back-propagation through time, in torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi

import numpy as np
import torch
from numpy.typing import NDArray

from networks.recurrent import RecurrentClassifier
from neuroskyrm.errors import ConfigError
from neuroskyrm.torch_threads import single_thread


@dataclass(frozen=True)
class Training:
    """How to train.

    Parameters
    ----------
    hidden : int
        Hidden neurons (paper: 512).
    epochs : int
        Largest number of passes over the training set.
    batch : int
        Processes of one gradient step.
    rate : float
        Adam's learning rate.
    validation : float
        Part held out; training stops when its loss no longer falls (paper: 10 %).
    patience : int
        Epochs without a lower validation loss before stopping.
    decay : float
        Weight decay.
    noise : float
        Width of Gaussian noise added to the profiles while training.
    anneal : bool
        Whether the rate falls to zero along half a cosine over all epochs: the last of a fit to
        borders that are a few sites wide needs small steps.
    seed : int
        Seed of initial weights, order, hold-out and noise.
    """

    hidden: int = 512
    epochs: int = 200
    batch: int = 64
    rate: float = 2e-3
    validation: float = 0.1
    patience: int = 40
    decay: float = 0.0
    noise: float = 0.0
    anneal: bool = False
    seed: int = 0


@dataclass(frozen=True)
class TrainingHistory:
    """Losses by epoch, and the epoch whose weights were kept.

    Parameters
    ----------
    training, validation : tuple of float
        Cross-entropy after each epoch.
    best : int
        Epoch with the lowest validation loss.
    """

    training: tuple[float, ...]
    validation: tuple[float, ...]
    best: int


class _Network(torch.nn.Module):
    """The same equations as `RecurrentClassifier`, with gradients."""

    def __init__(self, inputs: int, hidden: int, classes: int, generator: torch.Generator) -> None:
        super().__init__()
        self.V = _random((inputs, hidden), inputs, generator)
        self.U = _random((hidden, hidden), hidden, generator)
        self.W = _random((hidden, classes), hidden, generator)
        self.b = torch.nn.Parameter(torch.zeros(hidden))
        self.c = torch.nn.Parameter(torch.zeros(classes))

    def forward(self, profiles: torch.Tensor) -> torch.Tensor:
        """Return the logits after the last frame; profiles are (batch, frames, inputs)."""
        drive = profiles @ self.V + self.b
        state = torch.zeros(profiles.shape[0], self.U.shape[0])
        for t in range(profiles.shape[1]):
            state = torch.sigmoid(drive[:, t] + state @ self.U)
        return state @ self.W + self.c

    def classifier(self, classes: tuple[str, ...]) -> RecurrentClassifier:
        """Return the same network for use without torch."""
        return RecurrentClassifier(
            inputs=self.V.detach().numpy().copy(),
            recurrent=self.U.detach().numpy().copy(),
            outputs=self.W.detach().numpy().copy(),
            hidden_bias=self.b.detach().numpy().copy(),
            output_bias=self.c.detach().numpy().copy(),
            classes=classes,
        )


def train_classifier(
    profiles: NDArray[np.float32],
    labels: NDArray[np.integer],
    classes: tuple[str, ...],
    training: Training | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[RecurrentClassifier, TrainingHistory]:
    """Train a classifier on whole processes; same seed, same weights.

    Parameters
    ----------
    profiles : ndarray
        Shape (processes, frames, inputs).
    labels : ndarray
        Class index of each process, shape (processes,).
    classes : tuple of str
        Names of the classes.
    training : Training, optional
        How to train.
    progress : callable, optional
        Called with (epoch, epochs).

    Returns
    -------
    classifier : RecurrentClassifier
    history : TrainingHistory

    Raises
    ------
    ConfigError
        Too few processes, or a label without a class.
    """
    options = training or Training()
    _check(profiles, labels, classes)
    with single_thread():
        generator = torch.Generator().manual_seed(options.seed)
        network = _Network(profiles.shape[-1], options.hidden, len(classes), generator)
        history = _fit(network, profiles, labels, options, generator, progress)
    return network.classifier(classes), history


def _fit(
    network: _Network,
    profiles: NDArray[np.float32],
    labels: NDArray[np.integer],
    options: Training,
    generator: torch.Generator,
    progress: Callable[[int, int], None] | None,
) -> TrainingHistory:
    x = torch.from_numpy(np.ascontiguousarray(profiles, dtype=np.float32))
    y = torch.from_numpy(labels.astype(np.int64))
    order = torch.randperm(len(x), generator=generator)
    held = max(1, round(options.validation * len(x)))
    test, kept = order[:held], order[held:]
    adam = torch.optim.Adam(network.parameters(), lr=options.rate, weight_decay=options.decay)
    losses: list[tuple[float, float]] = []
    best, best_loss, best_state = 0, float("inf"), network.state_dict()
    for epoch in range(options.epochs):
        if options.anneal:
            adam.param_groups[0]["lr"] = options.rate * 0.5 * (1 + cos(pi * epoch / options.epochs))
        shuffled = kept[torch.randperm(len(kept), generator=generator)]
        total = 0.0
        for batch in torch.split(shuffled, options.batch):
            noise = options.noise * torch.randn(x[batch].shape, generator=generator)
            loss = torch.nn.functional.cross_entropy(network(x[batch] + noise), y[batch])
            adam.zero_grad()
            torch.autograd.backward(loss)
            adam.step()
            total += float(loss.detach()) * len(batch)
        with torch.no_grad():
            validation = float(torch.nn.functional.cross_entropy(network(x[test]), y[test]))
        losses.append((total / len(kept), validation))
        if validation < best_loss:
            best, best_loss = epoch, validation
            best_state = {name: value.clone() for name, value in network.state_dict().items()}
        if progress is not None:
            progress(epoch + 1, options.epochs)
        if epoch - best >= options.patience:
            break
    network.load_state_dict(best_state)
    training, validations = zip(*losses, strict=True)
    return TrainingHistory(training, validations, best)


def _random(shape: tuple[int, int], fan: int, generator: torch.Generator) -> torch.nn.Parameter:
    bound = fan**-0.5
    return torch.nn.Parameter((2 * torch.rand(shape, generator=generator) - 1) * bound)


def _check(
    profiles: NDArray[np.float32], labels: NDArray[np.integer], classes: tuple[str, ...]
) -> None:
    if profiles.ndim != 3 or len(profiles) != len(labels) or len(profiles) < 4:
        raise ConfigError(
            f"Profiles of shape {profiles.shape} and {len(labels)} labels; needed are (processes, "
            "frames, inputs) with at least 4 processes, and one label each."
        )
    if labels.min() < 0 or labels.max() >= len(classes):
        raise ConfigError(f"Labels must lie in 0 ... {len(classes) - 1} (classes: {classes}).")
