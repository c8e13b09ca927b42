"""From output spikes to classes: labels are given after learning, by what neurons respond to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.errors import ConfigError

_FLOOR = 0.01
"""Added to mean responses before their logarithm: about ten spikes to the images of a class."""

Responses = NDArray[np.uint16]
"""Output spikes of each neuron to each image, shape (images, neurons)."""


@dataclass(frozen=True)
class Assignment:
    """What each neuron stands for.

    Attributes
    ----------
    rates : float64 array, shape (classes, neurons)
        Mean output spikes of each neuron to the images of each class.
    """

    rates: NDArray[np.float64]

    @property
    def labels(self) -> NDArray[np.int64]:
        """Class that each neuron responds to most, -1 for a silent neuron, shape (neurons,)."""
        best: NDArray[np.int64] = self.rates.argmax(axis=0)
        return np.where(self.rates.max(axis=0) > 0, best, -1)

    def vote(self, responses: Responses) -> NDArray[np.float64]:
        """Return the mean response of the neurons of each class, shape (images, classes).

        The rule of Diehl & Cook (2015), section 2.6.
        """
        members = (self.labels == np.arange(len(self.rates))[:, None]).astype(np.float64)
        members /= np.maximum(members.sum(axis=1, keepdims=True), 1)
        scores: NDArray[np.float64] = responses @ members.T
        return scores

    def likelihood(self, responses: Responses) -> NDArray[np.float64]:
        """Return the log-likelihood of each class, if spikes are Poisson, shape (images, classes).

        score_c = sum_j n_j log(rate_cj + floor) - rate_cj: neurons that stay silent count too, and
        a spike of a neuron that never answers to a class speaks against it. Linear in the spikes
        n_j, so it is one more layer of weights.
        """
        weights = np.log(self.rates + _FLOOR)
        scores: NDArray[np.float64] = responses @ weights.T - self.rates.sum(axis=1)
        return scores

    def proportion(self, responses: Responses) -> NDArray[np.float64]:
        """Return responses shared out by each neuron's class proportions, (images, classes).

        A neuron that answers to several classes gives each its part, instead of all to one.
        """
        shares = self.rates / np.maximum(self.rates.sum(axis=0), 1e-12)
        scores: NDArray[np.float64] = responses @ shares.T
        return scores


def assign(responses: Responses, labels: NDArray[np.integer], classes: int = 10) -> Assignment:
    """Return what the neurons stand for, from their responses to labelled images.

    Raises
    ------
    ConfigError
        There are not as many labels as responses, or a label is beyond `classes`.
    """
    if len(labels) != len(responses):
        raise ConfigError(f"labels: {len(labels)} given for {len(responses)} images.")
    if len(labels) == 0 or int(labels.max()) >= classes:
        raise ConfigError(f"labels: must be 1 or more, each from 0 to {classes - 1}.")
    member = np.asarray(labels) == np.arange(classes)[:, None]
    images = np.maximum(member.sum(axis=1, keepdims=True), 1)
    return Assignment(member.astype(np.float64) @ responses / images)


@dataclass(frozen=True)
class Evaluation:
    """Outcome of an evaluation.

    Attributes
    ----------
    accuracy : dict
        Fraction of correct images by assignment method, ``"vote"``, ``"proportion"`` and
        ``"likelihood"``.
    predictions : dict
        Predicted class of each image, by method, int64, shape (images,).
    confusion : int64 array, shape (classes, classes)
        Images of class (row) that the class-proportion vote took for class (column).
    spikes : float
        Mean output spikes an image.
    """

    accuracy: dict[str, float]
    predictions: dict[str, NDArray[np.int64]]
    confusion: NDArray[np.int64]
    spikes: float


def evaluate(
    assignment: Assignment, responses: Responses, labels: NDArray[np.integer]
) -> Evaluation:
    """Compare the votes of `responses` with the true `labels`."""
    truth = np.asarray(labels, np.int64)
    predictions = {
        "vote": assignment.vote(responses).argmax(axis=1),
        "proportion": assignment.proportion(responses).argmax(axis=1),
        "likelihood": assignment.likelihood(responses).argmax(axis=1),
    }
    classes = len(assignment.rates)
    pairs = truth * classes + predictions["proportion"]
    return Evaluation(
        accuracy={name: float((guess == truth).mean()) for name, guess in predictions.items()},
        predictions=predictions,
        confusion=np.bincount(pairs, minlength=classes**2).reshape(classes, classes),
        spikes=float(responses.sum(axis=1).mean()),
    )


class LiveAccuracy:
    """The latest responses of a network that learns: their labels judge the next ones.

    Parameters
    ----------
    neurons : int
        Length of a response.
    keep : int
        Responses that are remembered.
    """

    def __init__(self, neurons: int, keep: int = 2000) -> None:
        self.keep = keep
        self.responses: Responses = np.zeros((0, neurons), np.uint16)
        self.labels = np.zeros(0, np.int64)

    def update(self, responses: Responses, labels: NDArray[np.integer]) -> float:
        """Return the accuracy of `responses` by the labels so far (NaN at first); remember them."""
        result = np.nan
        if len(self.labels) > 0:
            classes = max(10, int(labels.max()) + 1, int(self.labels.max()) + 1)
            past = assign(self.responses, self.labels, classes)
            result = evaluate(past, responses, labels).accuracy["proportion"]
        self.responses = np.concatenate([self.responses, responses])[-self.keep :]
        self.labels = np.concatenate([self.labels, labels.astype(np.int64)])[-self.keep :]
        return float(result)
