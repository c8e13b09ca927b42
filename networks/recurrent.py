"""The recurrent process classifier at run time: numpy only.

``h_t = sigmoid(x_t V + h_{t-1} U + b)``, ``o_t = softmax(h_t W + c)`` (Appendices A and B of
the process-recognition paper; its network has no b and c).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.errors import ConfigError

Weights = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class RecurrentClassifier:
    """A trained Elman network: sigmoid hidden layer, softmax output.

    Parameters
    ----------
    inputs : ndarray
        V, shape (inputs, hidden).
    recurrent : ndarray
        U, shape (hidden, hidden).
    outputs : ndarray
        W, shape (hidden, classes).
    hidden_bias, output_bias : ndarray
        b and c, shapes (hidden,) and (classes,).
    classes : tuple of str
        Names of the outputs.
    temperature : float
        Divides the logits (calibration by temperature scaling, Guo et al. 2017); 1 is none.
    """

    inputs: Weights
    recurrent: Weights
    outputs: Weights
    hidden_bias: Weights
    output_bias: Weights
    classes: tuple[str, ...]
    temperature: float = 1.0

    def __post_init__(self) -> None:
        hidden, classes = self.outputs.shape
        fits = (
            self.inputs.shape[1] == hidden
            and self.recurrent.shape == (hidden, hidden)
            and self.hidden_bias.shape == (hidden,)
            and self.output_bias.shape == (classes,)
            and len(self.classes) == classes
        )
        if not fits or not self.temperature > 0:
            raise ConfigError(
                "RecurrentClassifier: weights must have the shapes (inputs, hidden), "
                "(hidden, hidden), (hidden, classes), and the temperature must be above 0."
            )

    @property
    def input_count(self) -> int:
        """Number of inputs of a frame."""
        return int(self.inputs.shape[0])

    @property
    def hidden_count(self) -> int:
        """Number of hidden neurons."""
        return int(self.recurrent.shape[0])

    def initial_state(self) -> Weights:
        """Return the hidden state before the first frame: zeros."""
        return np.zeros(self.hidden_count, dtype=np.float32)

    def step(self, profile: Weights, state: Weights) -> tuple[Weights, Weights]:
        """Take one frame.

        Parameters
        ----------
        profile : ndarray
            Shape (..., inputs).
        state : ndarray
            Hidden state, shape (..., hidden).

        Returns
        -------
        state, probabilities : ndarray
            Shapes (..., hidden) and (..., classes).
        """
        state = sigmoid(profile @ self.inputs + state @ self.recurrent + self.hidden_bias)
        logits = (state @ self.outputs + self.output_bias) / np.float32(self.temperature)
        return state, softmax(logits)

    def probabilities(self, profiles: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the outputs after every frame.

        Parameters
        ----------
        profiles : ndarray
            Shape (..., frames, inputs).

        Returns
        -------
        ndarray
            Shape (..., frames, classes).
        """
        if profiles.shape[-1] != self.input_count:
            raise ConfigError(
                f"Profiles have {profiles.shape[-1]} inputs; the network has {self.input_count}."
            )
        state = np.zeros((*profiles.shape[:-2], self.hidden_count), dtype=np.float32)
        outputs = []
        for t in range(profiles.shape[-2]):
            state, probability = self.step(profiles[..., t, :], state)
            outputs.append(probability)
        return np.stack(outputs, axis=-2)

    def predict(self, profiles: NDArray[np.float32]) -> NDArray[np.intp]:
        """Return the class index after the last frame, shape (...)."""
        return np.asarray(self.probabilities(profiles)[..., -1, :].argmax(axis=-1))


def sigmoid(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return ``1 / (1 + exp(-x))`` without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * x)), dtype=np.float32)


def softmax(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the softmax over the last axis."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True), dtype=np.float32)
