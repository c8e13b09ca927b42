"""Dale's principle: signed weights as pairs of devices, kept exact by integer codes.

A weight is hosted by an excitatory device (W+) and an inhibitory one (W-) whose currents are
subtracted (Chen et al., Fig. 7a). Code k > 0 puts the W+ device into state k and leaves the W-
device in state 0; code -k the other way round; code 0 is an equal pair. Codes, not floating-point
conductances, are what the array stores, so that a pair is always exactly its code.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuroskyrm.errors import ConfigError

Codes = NDArray[np.int8]
"""Signed level codes, -X ... X."""


def signed_levels(levels: ArrayLike, positive: int | None = None) -> NDArray[np.float64]:
    """Return the signed conductance G+ - G- of each code -X ... X.

    Parameters
    ----------
    levels : array_like, shape (states,)
        Conductance of each device state, ascending [S]; the steps need not be equal.
    positive : int, optional
        Number X of positive codes, 1 to states - 1. Default: all states above the lowest.
        With fewer, states 0 ... X are used.

    Returns
    -------
    ndarray, shape (2 X + 1,)
        Ascending, zero in the middle [S].

    Raises
    ------
    ConfigError
        The levels do not rise, or `positive` is more than they (or one byte) can host.

    Examples
    --------
    >>> signed_levels([1.0, 1.5, 3.0]).tolist()
    [-2.0, -0.5, 0.0, 0.5, 2.0]
    """
    values = np.asarray(levels, dtype=np.float64)
    if values.ndim != 1 or values.size < 2 or not (np.diff(values) > 0).all():
        raise ConfigError("levels: device levels must be one rising row of at least 2 values.")
    most = min(values.size - 1, 127)
    count = most if positive is None else positive
    if not 1 <= count <= most:
        raise ConfigError(
            f"positive = {positive}: {values.size} device states can host 1 to {most} "
            "positive codes."
        )
    steps = values[1 : count + 1] - values[0]
    return np.concatenate([-steps[::-1], [0.0], steps])


def quantise(
    weights: ArrayLike,
    levels: ArrayLike,
    scale: float,
    positive: int | None = None,
    saturate: bool = False,
) -> Codes:
    """Return the code whose signed level is nearest to each weight times `scale`.

    Parameters
    ----------
    weights : array_like
        Signed weights, any shape.
    levels : array_like, shape (states,)
        Conductance of each device state, ascending [S].
    scale : float
        Conductance of a weight of one [S]; see `full_scale`.
    positive : int, optional
        Number of positive codes; see `signed_levels`.
    saturate : bool, optional
        Take weights beyond the outermost level as that level. If False, such weights are an
        error as soon as they lie more than half the outermost step beyond it.

    Returns
    -------
    ndarray of int8
        Codes -X ... X, shape as `weights`. A weight midway between two codes takes the one
        nearer to zero.

    Raises
    ------
    ConfigError
        A weight is not finite or out of range, or `scale` is not positive.

    Examples
    --------
    >>> quantise([-0.6, 0.1, 0.9], [1.0, 1.5, 2.0], scale=1.0).tolist()
    [-1, 0, 2]
    """
    signed = signed_levels(levels, positive)
    wanted = np.asarray(weights, dtype=np.float64)
    if not (np.isfinite(scale) and scale > 0):
        raise ConfigError(f"scale = {scale}: must be a positive number [S per unit weight].")
    if not np.isfinite(wanted).all():
        raise ConfigError("weights: some are NaN or infinite; they must be finite numbers.")
    wanted = wanted * scale
    positive_levels = signed[signed.size // 2 :]
    magnitude = np.abs(wanted)
    step = positive_levels[-1] - positive_levels[-2]
    if not saturate and magnitude.size and magnitude.max() > positive_levels[-1] + step / 2:
        raise ConfigError(
            f"weights: the largest, {magnitude.max() / scale:.4g}, needs {magnitude.max():.4g} S, "
            f"but the device's range ends at {positive_levels[-1]:.4g} S; lower the scale to "
            f"{positive_levels[-1] / magnitude.max() * scale:.4g} or allow saturation."
        )
    middles = (positive_levels[1:] + positive_levels[:-1]) / 2
    code = np.searchsorted(middles, magnitude, side="left")
    return np.where(wanted < 0, -code, code).astype(np.int8)


def full_scale(weights: ArrayLike, levels: ArrayLike, positive: int | None = None) -> float:
    """Return the scale [S per unit weight] that puts the largest weight on the highest level.

    Raises
    ------
    ConfigError
        All weights are zero, or one is not finite.
    """
    largest = float(np.abs(np.asarray(weights, dtype=np.float64)).max(initial=0.0))
    if not (np.isfinite(largest) and largest > 0):
        raise ConfigError(f"weights: the largest is {largest}; it must be finite and not zero.")
    return float(signed_levels(levels, positive)[-1] / largest)


def to_pair(codes: NDArray[np.integer]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the states (plus, minus) of the two devices of each code, shape as `codes`.

    Examples
    --------
    >>> [part.tolist() for part in to_pair(np.array([-2, 0, 1]))]
    [[0, 0, 1], [2, 0, 0]]
    """
    wide = np.asarray(codes).astype(np.int16)
    return np.maximum(wide, 0).astype(np.uint8), np.maximum(-wide, 0).astype(np.uint8)


def from_pair(plus: NDArray[np.uint8], minus: NDArray[np.uint8]) -> Codes:
    """Return the signed code, state of W+ minus state of W-, of each pair.

    For a pair with both devices off state 0 the code is a difference of states: it stands for a
    conductance only where the levels are equidistant.

    Raises
    ------
    ConfigError
        The shapes differ, or a difference does not fit a signed byte.
    """
    if plus.shape != minus.shape:
        raise ConfigError(f"plus, minus: shapes {plus.shape} and {minus.shape} must be the same.")
    wide = plus.astype(np.int16) - minus.astype(np.int16)
    if wide.size and int(np.abs(wide).max()) > 127:
        raise ConfigError("plus, minus: a difference of more than 127 states has no code.")
    return wide.astype(np.int8)


def populations(codes: NDArray[np.integer]) -> tuple[NDArray[np.uint8], NDArray[np.int8]]:
    """Return one array whose rows are an excitatory and an inhibitory copy of each input neuron.

    This is the doubled layer of Fig. 7a: both copies fire alike, the excitatory rows carry W+,
    the inhibitory rows W-, and every row has one sign.

    Parameters
    ----------
    codes : ndarray of int, shape (n_in, n_out)
        Signed codes.

    Returns
    -------
    states : ndarray of uint8, shape (2 n_in, n_out)
        Device states, excitatory rows first.
    sign : ndarray of int8, shape (2 n_in,)
        +1 for excitatory, -1 for inhibitory rows.
    """
    plus, minus = to_pair(codes)
    sign = np.repeat(np.array([1, -1], dtype=np.int8), len(plus))
    return np.concatenate([plus, minus]), sign
