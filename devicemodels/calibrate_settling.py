"""How a state settles after its pulse: a time constant from conductances read during rests."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.errors import DeviceError

Floats = NDArray[np.float64]


def fit_settling(time: Floats, conductance: Floats) -> tuple[float, float]:
    """Fit G_k(t) = G_k + amplitude exp(-t / constant) to rests that share both numbers.

    Each rest k has its own final conductance, so that spread between visits does not matter. For
    a given time constant the rest is linear; the constant is the best of 200 from the first gap
    between reads to the whole rest.

    Parameters
    ----------
    time : ndarray, shape (reads,)
        Time since the end of the pulse [s], ascending.
    conductance : ndarray, shape (rests, reads)
        Reads of each rest [S].

    Returns
    -------
    constant, amplitude : float
        Time constant [s], and what is above the final conductance as the pulse ends [S].

    Raises
    ------
    DeviceError
        Shapes do not match, or there are fewer than four reads.
    """
    if time.ndim != 1 or conductance.ndim != 2 or conductance.shape[1:] != time.shape:
        raise DeviceError(
            f"settling: times of shape {time.shape} and conductances of shape "
            f"{conductance.shape} do not match; they must be (reads,) and (rests, reads)."
        )
    if len(time) < 4 or not (np.diff(time) > 0).all():
        raise DeviceError("settling: needs at least four reads in order of time.")
    constants = np.geomspace(np.diff(time).min(), time[-1], 200)
    shape = np.exp(-time / constants[:, None])
    shape -= shape.mean(axis=1, keepdims=True)
    mean = conductance.mean(axis=0)
    amplitudes = shape @ (mean - mean.mean()) / (shape**2).sum(axis=1)
    best = int(np.argmax(amplitudes**2 * (shape**2).sum(axis=1)))  # what the fit explains
    return float(constants[best]), float(amplitudes[best])


def settling_record(
    time: Floats, conductance: Floats, rng: np.random.Generator, draws: int = 2000
) -> dict[str, Any]:
    """Return time constant and amplitude with 95 % bootstrap intervals over whole rests.

    Returns
    -------
    dict
        ``time`` [s] and ``amplitude`` [S], each of number, low and high; ``measured``: whether
        the interval of the amplitude leaves out 0, without which the time means nothing;
        ``late``: change of the mean conductance from the second to the third third of the rest
        [S], the same way; ``rests``.
    """
    reads = len(time)
    middle = (time > time[-1] / 3) & (time <= 2 * time[-1] / 3)
    last = time > 2 * time[-1] / 3

    def numbers(rests: Floats) -> tuple[float, float, float]:
        late = rests[:, last].mean() - rests[:, middle].mean()
        return (*fit_settling(time, rests), float(late))

    count = len(conductance)
    resamples = [numbers(conductance[rng.integers(count, size=count)]) for _ in range(draws)]
    low, high = np.percentile(resamples, [2.5, 97.5], axis=0)
    found = numbers(conductance)
    named = zip(("time", "amplitude", "late"), found, low, high, strict=True)
    record: dict[str, Any] = {
        name: [float(value), float(below), float(above)] for name, value, below, above in named
    }
    _, below, above = record["amplitude"]
    return {**record, "measured": not below <= 0 <= above, "rests": count, "reads": reads}
