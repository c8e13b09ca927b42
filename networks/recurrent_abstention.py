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
