"""Conductances as whole numbers: how unequal levels and device spread become exact integers.

A layer's signed conductances are measured in one unit and rounded to whole numbers. The unit is
chosen so that the levels of an unspread device fall on whole numbers as closely as possible
(equidistant levels do so exactly); with device spread every weight is its own number, and the
rounding (0.4 % of the range in one byte, 0.003 % in two) stays below the device's read noise.
Two-byte weights are two signed digits of base 128, each of which fits a signed byte.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.errors import ConfigError

DIGIT = np.float32(128)
"""Base of the two digits."""

LARGEST = {1: 127, 2: 127 * 128 + 63}
"""Largest magnitude that one and two digits hold."""

_FEW = 255  # up to so many different magnitudes, the unit is searched for


def fixed_point(
    conductances: NDArray[np.float64], planes: int = 1
) -> tuple[NDArray[np.int16], float]:
    """Return conductances as whole numbers of a unit.

    Parameters
    ----------
    conductances : ndarray
        Signed conductances [S], any shape.
    planes : {1, 2}
        Digits (signed bytes) a weight.

    Returns
    -------
    whole : ndarray of int16
        Shape as `conductances`.
    unit : float
        Conductance of the number one [S].

    Raises
    ------
    ConfigError
        `planes` is neither 1 nor 2, or a conductance is not finite, or all are zero.

    Examples
    --------
    >>> whole, unit = fixed_point(np.array([-0.6, 0.1, 0.3]))
    >>> whole.tolist()
    [-126, 21, 63]
    """
    if planes not in LARGEST:
        raise ConfigError(f"planes = {planes}: must be 1 or 2.")
    magnitudes = np.unique(np.abs(conductances))
    top = float(magnitudes[-1]) if magnitudes.size else 0.0
    if not (np.isfinite(top) and top > 0):
        raise ConfigError(f"conductances: the largest is {top} S; it must be finite and not zero.")
    unit = top / LARGEST[planes]
    if magnitudes.size <= _FEW and planes == 1:
        unit = _best_unit(magnitudes[magnitudes > 0], top)
    whole = np.rint(conductances / unit).astype(np.int16)
    return whole, unit


def _best_unit(magnitudes: NDArray[np.float64], top: float) -> float:
    """Return the unit that puts the top level on 64 ... 127 and errs least on all levels."""
    units = top / np.arange(127, 63, -1)
    exact = magnitudes[:, None] / units
    error = (np.abs(exact - np.rint(exact)) * units).max(axis=0)
    # Errors within a hundredth of the finest unit count as none: the finest unit wins then.
    return float(units[np.argmin(np.floor(error / (units[0] / 100)))])


def split(whole: NDArray[np.int16], planes: int) -> tuple[NDArray[np.float32], ...]:
    """Return the digits of whole-number weights, the high one first, as float32.

    Examples
    --------
    >>> [float(part[0]) for part in split(np.array([-300], np.int16), 2)]
    [-2.0, -44.0]
    """
    if planes == 1:
        return (whole.astype(np.float32),)
    high = (whole + 64) >> 7
    return high.astype(np.float32), (whole - (high << 7)).astype(np.float32)
