"""Part of a weight matrix, as training needs it that leaves out whole neurons."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def part(matrix: Tensor, rows: Tensor | None, columns: Tensor | None) -> Tensor:
    """Return some rows and columns of a matrix, with the gradient put back in their places.

    Torch's own indexing adds into the gradient, as places may repeat; these do not, which halves
    the time.

    Parameters
    ----------
    matrix : Tensor
        Shape (n_in, n_out).
    rows, columns : Tensor of int64 or None
        Places without repetition; None: all.

    Returns
    -------
    Tensor
        Shape (len(rows), len(columns)).
    """
    if rows is None and columns is None:
        return matrix
    wanted = [
        torch.arange(size) if chosen is None else chosen
        for size, chosen in zip(matrix.shape, (rows, columns), strict=True)
    ]
    taken: Tensor = _Part.apply(matrix, *wanted)  # type: ignore[no-untyped-call]
    return taken


class _Part(torch.autograd.Function):
    """See `part`."""

    @staticmethod
    def forward(ctx: Any, matrix: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
        """Return the chosen rows and columns."""
        ctx.save_for_backward(rows, columns)
        ctx.shape = matrix.shape
        return matrix[rows[:, None], columns]

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        """Return the gradient of the whole matrix: zero where nothing was taken."""
        rows, columns = ctx.saved_tensors
        whole = torch.zeros(ctx.shape, dtype=gradient.dtype)
        whole[rows[:, None], columns] = gradient
        return whole, None, None
