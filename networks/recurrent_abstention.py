"""Saying "I do not know": scores that are high for processes outside the clear classes.

A plain softmax is confidently wrong about mixed processes, so the paper's threshold of 0.8 on
the largest output hardly flags any. Compared here: that threshold, temperature scaling, a deep
ensemble, and an explicit fourth class learned from data.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from networks.recurrent import RecurrentClassifier
from neuroskyrm.errors import ConfigError

Probabilities = NDArray[np.floating]


def doubt(probabilities: Probabilities) -> NDArray[np.float64]:
    """Return one minus the largest output, shape (...); probabilities are (..., classes)."""
    return np.asarray(1.0 - probabilities.max(axis=-1), dtype=np.float64)


def ensemble_probabilities(
    networks: Sequence[RecurrentClassifier], profiles: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the mean final outputs of several networks, shape (processes, classes)."""
    outputs = [network.probabilities(profiles)[..., -1, :] for network in networks]
    return np.asarray(np.mean(outputs, axis=0), dtype=np.float32)


def fitted_temperature(
    network: RecurrentClassifier, profiles: NDArray[np.float32], labels: NDArray[np.integer]
) -> float:
    """Return the temperature that minimises the cross-entropy of held-out processes.

    References
    ----------
    C. Guo et al., On calibration of modern neural networks, ICML 2017, section 4.2.
    """
    p = network.probabilities(profiles)[..., -1, :].astype(np.float64)
    logits = np.log(np.maximum(p, 1e-30)) * network.temperature

    def loss(log_temperature: float) -> float:
        z = logits / np.exp(log_temperature)
        z = z - z.max(axis=1, keepdims=True)
        chosen = z[np.arange(len(z)), labels] - np.log(np.exp(z).sum(axis=1))
        return float(-chosen.mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3.0, 5.0), method="bounded").x))


def alarm_level(clear: NDArray[np.floating], false_alarms: float) -> float:
    """Return the score above which at most the part `false_alarms` of clear processes lies.

    Raises
    ------
    ConfigError
        `false_alarms` is not between 0 and 1.
    """
    if not 0 <= false_alarms < 1:
        raise ConfigError(f"'false_alarms' = {false_alarms} must be at least 0 and below 1.")
    ordered = np.sort(clear)
    return float(ordered[int(np.ceil((1 - false_alarms) * len(ordered))) - 1])


def flagged(
    clear: NDArray[np.floating], other: NDArray[np.floating], false_alarms: float = 0.02
) -> float:
    """Return the part of `other` scores above the alarm level of the `clear` scores."""
    return float(np.mean(other > alarm_level(clear, false_alarms)))


def merged(networks: Sequence[RecurrentClassifier]) -> RecurrentClassifier:
    """Return one network that computes the mean of the logits of several.

    Hidden layers lie side by side and do not see each other, so that an ensemble runs, streams
    and exports like any single network.

    Parameters
    ----------
    networks : sequence of RecurrentClassifier
        With the same inputs, classes and temperature.

    Raises
    ------
    ConfigError
        There is none, or they do not fit together.
    """
    kinds = {(net.input_count, net.classes, net.temperature) for net in networks}
    if len(kinds) != 1:
        raise ConfigError(
            f"merged: {len(networks)} networks of {len(kinds)} kinds; all must have the same "
            "inputs, classes and temperature."
        )
    sizes = np.cumsum([0, *(net.hidden_count for net in networks)])
    recurrent = np.zeros((sizes[-1], sizes[-1]), dtype=np.float32)
    for net, start, end in zip(networks, sizes[:-1], sizes[1:], strict=True):
        recurrent[start:end, start:end] = net.recurrent
    count = np.float32(len(networks))
    return RecurrentClassifier(
        inputs=np.concatenate([net.inputs for net in networks], axis=1),
        recurrent=recurrent,
        outputs=np.asarray(np.concatenate([net.outputs for net in networks]) / count, np.float32),
        hidden_bias=np.concatenate([net.hidden_bias for net in networks]),
        output_bias=np.asarray(np.mean([net.output_bias for net in networks], axis=0), np.float32),
        classes=networks[0].classes,
        temperature=networks[0].temperature,
    )


def final_states(
    network: RecurrentClassifier, profiles: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the hidden state after the last frame, shape (processes, hidden)."""
    state = np.zeros((len(profiles), network.hidden_count), dtype=np.float32)
    for t in range(profiles.shape[1]):
        state, _ = network.step(profiles[:, t], state)
    return state


class MahalanobisNovelty:
    """Distance of a hidden state from the nearest class, in units of the spread within classes.

    Parameters
    ----------
    states : ndarray
        Final hidden states of known processes, shape (processes, hidden).
    labels : ndarray
        Their classes, shape (processes,).

    References
    ----------
    K. Lee et al., A simple unified framework for detecting out-of-distribution samples, NeurIPS
    2018, Eq. (1) and (2).
    """

    def __init__(self, states: NDArray[np.floating], labels: NDArray[np.integer]) -> None:
        classes = np.unique(labels)
        self.means = np.stack([states[labels == k].mean(axis=0) for k in classes])
        rest = states - self.means[np.searchsorted(classes, labels)]
        covariance = rest.T.astype(np.float64) @ rest / len(rest)
        ridge = 1e-6 * np.trace(covariance) / len(covariance)
        self.precision = np.linalg.inv(covariance + ridge * np.eye(len(covariance)))

    def score(self, states: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the distance of each state from the nearest class mean, shape (processes,)."""
        apart = states[:, None, :].astype(np.float64) - self.means
        squares = np.einsum("pkh,hg,pkg->pk", apart, self.precision, apart, optimize=True)
        return np.asarray(np.sqrt(np.maximum(squares.min(axis=1), 0.0)))
