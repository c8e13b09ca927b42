"""A trained rectified network: what it computes, and keeping it in a file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.errors import DataError
from neuroskyrm.io.atomic import replacing
from neuroskyrm.io.datasets import Bytes

Weights = tuple[NDArray[np.float32], ...]
"""Weight matrices from the first layer to the last, each of shape (n_in, n_out)."""


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
        return self.outputs(images.astype(np.float32) / np.float32(255))

    def outputs(
        self,
        signal: NDArray[np.float32],
        first: int = 0,
        instead: NDArray[np.float32] | None = None,
    ) -> list[NDArray[np.float32]]:
        """Return the activation of each layer from layer `first` on.

        Parameters
        ----------
        signal : ndarray of float32
            Inputs of layer `first`, shape (N, n_in); grey values as 0 ... 1 for layer 0.
        first : int
            Layer to begin with.
        instead : ndarray of float32, optional
            Weights to use in layer `first` in place of its own.

        Returns
        -------
        list of ndarray
            Shapes (N, n_out) from layer `first` to the last.
        """
        found = []
        for index, own in enumerate(self.weights[first:], start=first):
            signal = signal @ (own if instead is None or index > first else instead)
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
