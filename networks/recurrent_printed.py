"""Two things of the paper's Appendix B that do not work as printed, kept for comparison.

The initialisation by ``1 / (neurons of the previous layer)`` gives all hidden neurons the same
weights, hence the same gradients: they stay identical for ever, and 512 of them can do no more
than one. The update of Eqs. (B5) to (B14) propagates errors through the squares of W and U, so
it is not the gradient of the cross-entropy unless all these weights are 1.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from networks.recurrent import RecurrentClassifier, sigmoid, softmax

Frames = NDArray[np.floating]
"""Profiles of one process, shape (frames, inputs), or of several."""

Update = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""Changes of V, U and W."""


def constant_network(inputs: int, hidden: int, classes: tuple[str, ...]) -> RecurrentClassifier:
    """Return the network as the paper initialises it: V = 1/inputs, U = W = 1/hidden."""
    return RecurrentClassifier(
        inputs=np.full((inputs, hidden), 1 / inputs, dtype=np.float32),
        recurrent=np.full((hidden, hidden), 1 / hidden, dtype=np.float32),
        outputs=np.full((hidden, len(classes)), 1 / hidden, dtype=np.float32),
        hidden_bias=np.zeros(hidden, dtype=np.float32),
        output_bias=np.zeros(len(classes), dtype=np.float32),
        classes=classes,
    )


def printed_update(network: RecurrentClassifier, profiles: Frames, label: int) -> Update:
    """Return the update of Eqs. (B5) to (B14) for one process, shape (frames, inputs)."""
    return _update(network, profiles, label, power=2)


def gradient_update(network: RecurrentClassifier, profiles: Frames, label: int) -> Update:
    """Return minus the gradient of the cross-entropy: back-propagation through time."""
    return _update(network, profiles, label, power=1)


def _update(network: RecurrentClassifier, profiles: Frames, label: int, power: int) -> Update:
    """Propagate errors back through ``W ** power`` and ``U ** power``."""
    V, U, W = (
        np.asarray(w, dtype=np.float64)
        for w in (network.inputs, network.recurrent, network.outputs)
    )
    states: list[NDArray[np.floating]] = [np.zeros(len(U))]
    for frame in profiles:
        charge = frame @ V + states[-1] @ U + network.hidden_bias
        states.append(sigmoid(charge.astype(np.float32)))
    outputs = softmax((states[-1] @ W + network.output_bias).astype(np.float32))
    miss = np.eye(len(network.classes))[label] - outputs  # t - o, Eq. (B5)
    change_V, change_U = np.zeros_like(V), np.zeros_like(U)
    error = (W**power) @ miss
    for t in range(len(profiles), 0, -1):
        h = states[t]
        local = error * h * (1 - h)
        change_V += np.outer(profiles[t - 1], local)
        change_U += np.outer(states[t - 1], local)
        error = (U**power) @ local
    return change_V, change_U, np.outer(states[-1], miss)


def follow(
    network: RecurrentClassifier,
    profiles: Frames,
    labels: NDArray[np.integer],
    rule: str,
    rate: float,
    epochs: int,
    rng: np.random.Generator,
) -> RecurrentClassifier:
    """Train one process at a time by the "printed" or the "gradient" rule.

    Parameters
    ----------
    network : RecurrentClassifier
        Where to start.
    profiles : ndarray
        Shape (processes, frames, inputs).
    labels : ndarray
        Shape (processes,).
    rule : {"printed", "gradient"}
        Which update.
    rate : float
        Factor on every update.
    epochs : int
        Passes over all processes.
    rng : numpy.random.Generator
        Order of the processes.
    """
    update = printed_update if rule == "printed" else gradient_update
    for _ in range(epochs):
        for k in rng.permutation(len(profiles)):
            change_V, change_U, change_W = update(network, profiles[k], int(labels[k]))
            network = replace(
                network,
                inputs=(network.inputs + rate * change_V).astype(np.float32),
                recurrent=(network.recurrent + rate * change_U).astype(np.float32),
                outputs=(network.outputs + rate * change_W).astype(np.float32),
            )
    return network


def alignment(one: Update, other: Update) -> tuple[float, float, float]:
    """Return the cosine between two updates, for V, U and W."""
    cosines = []
    for a, b in zip(one, other, strict=True):
        scale = float(np.linalg.norm(a) * np.linalg.norm(b))
        cosines.append(float(np.sum(a * b)) / scale if scale > 0 else 0.0)
    return cosines[0], cosines[1], cosines[2]
