"""Trimming an array against its wires: word-line drives, and a gain and an offset for each sum.

Wires attenuate devices by their place. They also attenuate the W+ and the W- line of a column by
slightly different factors, and each carries the large conductance of empty devices, whose
difference is left over; a mismatch of that conductance between the lines leaves the same behind.
Three things that a chip can set undo most of it:

- the height of the spikes on each word line, so that all word lines reach equally far;
- a gain on each column's partial sum, which is digital;
- an offset times the sum of the inputs, taken off each partial sum. Inputs (spikes, drives) are
  digital, so that their sum is a counter for each group of word lines.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crossbar.threads import on_one_thread
from neuroskyrm.errors import ConfigError

Matrix = NDArray[np.float64]

_RIDGE = 1e-6  # of a sum's mean square: keeps apart what the examples hardly tell apart


@dataclass(frozen=True)
class Trim:
    """What is set once an array has been programmed.

    Attributes
    ----------
    rows : list of slice
        Inputs whose currents are summed together (`Crossbar.partial_sums`).
    drive : ndarray, shape (n_in,)
        Height of the spikes on each word line; one on average over each group.
    gain : ndarray, shape (partial sums, n_out)
        Factor on each sum.
    offset : ndarray, shape (partial sums, n_out)
        Conductance [S] that is taken off every device of the group: the periphery subtracts it
        times the sum of the inputs.
    """

    rows: list[slice]
    drive: Matrix
    gain: Matrix
    offset: Matrix

    def applied(self, effective: Matrix) -> Matrix:
        """Return the signed matrix [S] as it acts behind the trimmed sums, shape (n_in, n_out)."""
        trimmed = np.empty_like(effective)
        for part, gain, offset in zip(self.rows, self.gain, self.offset, strict=True):
            trimmed[part] = gain * (self.drive[part, None] * effective[part]) - offset
        return trimmed

    def noise(self, variance: Matrix) -> Matrix:
        """Return the variance of reads behind the trimmed sums, shape (n_in, n_out)."""
        trimmed = np.empty_like(variance)
        for part, gain in zip(self.rows, self.gain, strict=True):
            trimmed[part] = gain**2 * (self.drive[part, None] ** 2 * variance[part])
        return trimmed


def word_drive(devices: Matrix, effective: Matrix, rows: list[slice]) -> Matrix:
    """Return the spike heights that let every word line of a group reach equally far.

    Parameters
    ----------
    devices : ndarray, shape (n_in, n_out)
        Conductances, W+ and W- together [S].
    effective : ndarray, shape (n_in, n_out)
        The same behind the wires [S].
    rows : list of slice
        Groups of word lines; the mean height of each is one.

    Returns
    -------
    ndarray, shape (n_in,)
    """
    reached = effective.sum(axis=1)
    lost: Matrix = np.divide(
        devices.sum(axis=1), reached, out=np.ones_like(reached), where=reached > 0
    )
    for part in rows:
        lost[part] /= lost[part].mean()
    return lost


@on_one_thread
def fit_trim(
    effective: Matrix,
    wanted: Matrix,
    inputs: Matrix,
    rows: list[slice],
    drive: Matrix | None = None,
) -> Trim:
    """Return the trim under which example inputs give the currents they should.

    For each partial sum y of a column, with sum s of its inputs, the gain g and the offset o
    minimise the mean of (g y - o s - wanted)^2 over the examples: what a tester does that applies
    known inputs and reads each sum often enough to see no noise.

    Parameters
    ----------
    effective : ndarray, shape (n_in, n_out)
        Signed matrix of the array as it is [S].
    wanted : ndarray, shape (n_in, n_out)
        Signed matrix as it should be [S].
    inputs : ndarray, shape (N, n_in)
        Example inputs, of any unit.
    rows : list of slice
        Inputs whose currents are summed together.
    drive : ndarray, shape (n_in,), optional
        Heights of the spikes (see `word_drive`); by default all one.

    Returns
    -------
    Trim

    Raises
    ------
    ConfigError
        Shapes do not fit.
    """
    if effective.shape != wanted.shape or inputs.shape[1:] != effective.shape[:1]:
        raise ConfigError(
            f"trim: effective {effective.shape}, wanted {wanted.shape} and inputs {inputs.shape} "
            "must be (n_in, n_out), (n_in, n_out) and (N, n_in)."
        )
    heights = np.ones(len(effective)) if drive is None else drive
    fitted = [
        _fit(heights[part, None] * effective[part], wanted[part], inputs[:, part]) for part in rows
    ]
    gain, offset = (np.array(values) for values in zip(*fitted, strict=True))
    return Trim(rows, heights, gain, offset)


def _fit(effective: Matrix, wanted: Matrix, inputs: Matrix) -> tuple[Matrix, Matrix]:
    """Return gain and offset of every column of one group of word lines."""
    found, aim = inputs @ effective, inputs @ wanted
    total = inputs.sum(axis=1, keepdims=True)
    # Normal equations of (found, -total) -> aim - found, with the gain counted from one.
    yy, ys, ss = (found**2).mean(0), (found * total).mean(0), float((total**2).mean())
    ye, se = (found * (aim - found)).mean(0), (total * (aim - found)).mean(0)
    determinant = yy * ss * (1 + _RIDGE) - ys**2
    seen = determinant > 0  # a column without current, or inputs that never come, stay untrimmed
    safe = np.where(seen, determinant, 1.0)
    gain = np.where(seen, (ye * ss - se * ys) / safe, 0.0)
    offset = np.where(seen, -(se * yy - ye * ys) / safe, 0.0)
    return 1 + gain, offset
