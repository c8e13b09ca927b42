"""What training minimises: the error against labels, or the distance to a teacher's answers."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

Loss = Literal["cross-entropy", "squared"]


def label_loss(outputs: Tensor, labels: Tensor, loss: Loss) -> Tensor:
    """Return the mean error of a batch against its labels.

    "squared" is that of the DeepLearn Toolbox, which Diehl et al. (IJCNN 2015) and Chen et al.
    trained with: logistic outputs, half the sum of squares over classes.

    Parameters
    ----------
    outputs : Tensor
        Outputs before any rectifier, shape (N, classes).
    labels : Tensor
        Classes, shape (N,).
    loss : {"cross-entropy", "squared"}
        Which error.

    Returns
    -------
    Tensor
        One number.
    """
    if loss == "cross-entropy":
        return torch.nn.functional.cross_entropy(outputs, labels)
    wanted = torch.nn.functional.one_hot(labels, outputs.shape[1])
    return 0.5 * (torch.sigmoid(outputs) - wanted).square().sum(1).mean()


def teacher_loss(outputs: Tensor, answers: Tensor, temperature: float) -> Tensor:
    """Return how far outputs are from a teacher's, both softened (Hinton et al., arXiv:1503.02531).

    Parameters
    ----------
    outputs, answers : Tensor
        Outputs of the net and of its teacher before any rectifier, shape (N, classes).
    temperature : float
        Divides both; its square keeps the size of the gradient.

    Returns
    -------
    Tensor
        One number: cross-entropy of the softened answers.
    """
    soft = torch.softmax(answers / temperature, dim=1)
    return torch.nn.functional.cross_entropy(outputs / temperature, soft) * temperature**2
