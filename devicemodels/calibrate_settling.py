"""How a device settles after a pulse: a time constant from conductances read during rests."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.errors import DeviceError

Floats = NDArray[np.float64]


def distance_from_end(time: Floats, conductance: Floats) -> tuple[Floats, Floats]:
    """Return the squared distance of each read from where its rest ends.

    A rest ends at the mean of its last third; reads of that third are left out, since they are
    closer to their own mean than others can be.

    Parameters
    ----------
    time : ndarray, shape (reads,)
        Time since the end of the pulse [s], ascending.
    conductance : ndarray, shape (rests, reads)
        Reads of each rest [S].

    Returns
    -------
    time : ndarray, shape (early reads,)
    squared : ndarray, shape (rests, early reads)
        [S^2].

    Raises
    ------
    DeviceError
        Shapes do not match, or there are fewer than four reads in the first two thirds.
    """
    if time.ndim != 1 or conductance.ndim != 2 or conductance.shape[1:] != time.shape:
        raise DeviceError(
            f"settling: times of shape {time.shape} and conductances of shape "
            f"{conductance.shape} do not match; they must be (reads,) and (rests, reads)."
        )
    early = time <= 2 / 3 * time[-1]
    if early.sum() < 4 or early.all() or not (np.diff(time) > 0).all():
        raise DeviceError(
            "settling: needs reads in order of time, four in the first two thirds of a rest."
        )
    end = conductance[:, ~early].mean(axis=1, keepdims=True)
    return time[early], (conductance[:, early] - end) ** 2


def fit_settling(time: Floats, squared: Floats) -> tuple[float, float, float]:
    """Fit noise^2 + spread^2 exp(-2 t / constant) to the squared distance from the end.

    Pulses of one device leave it above its final conductance as often as below: what settles is
    the spread. For a given constant the fit is linear; the constant is the best of 200 between
    the first read and the last.

    Parameters
    ----------
    time : ndarray, shape (reads,)
        Time since the end of the pulse [s].
    squared : ndarray, shape (reads,)
        Mean of `distance_from_end` over rests [S^2].

    Returns
    -------
    constant : float
        Time constant [s].
    spread2, noise2 : float
        Squared spread as the pulse ends, and what stays of the distance [S^2].
    """
    constants = np.geomspace(time[0], time[-1], 200)
    shape = np.exp(-2 * time / constants[:, None])
    centred = shape - shape.mean(axis=1, keepdims=True)
    power = (centred**2).sum(axis=1)
    spread2 = centred @ (squared - squared.mean()) / power
    best = int(np.argmax(spread2**2 * power))  # what the fit explains
    noise2 = float(squared.mean() - spread2[best] * shape[best].mean())
    return float(constants[best]), float(spread2[best]), noise2


def settling_record(
    time: Floats, conductance: Floats, rng: np.random.Generator, draws: int = 2000
) -> dict[str, Any]:
    """Return what settles, with 95 % bootstrap intervals over whole rests.

    Parameters
    ----------
    time, conductance : ndarray
        As for `distance_from_end`.
    rng : Generator
        Random numbers.
    draws : int
        Resamples.

    Returns
    -------
    dict
        ``time`` [s] and ``spread`` as the pulse ends [S], each as number, low and high; ``noise``
        of a read [S]; ``measured``: whether the interval of the spread leaves out 0, without
        which the time means nothing; ``rests`` and ``reads`` of each.
    """
    early, squared = distance_from_end(time, conductance)
    count = len(squared)
    resamples = [
        fit_settling(early, squared[rng.integers(count, size=count)].mean(axis=0))
        for _ in range(draws)
    ]
    low, high = np.percentile(resamples, [2.5, 97.5], axis=0)
    found = np.array(fit_settling(early, squared.mean(axis=0)))
    rows = np.stack([found, low, high])
    rows[:, 1:] = np.sqrt(np.maximum(rows[:, 1:], 0))
    return {
        "time": rows[:, 0].tolist(),
        "spread": rows[:, 1].tolist(),
        "noise": float(rows[0, 2]),
        "measured": bool(low[1] > 0),
        "rests": count,
        "reads": len(time),
    }
