"""Does a card speak for its device? Bootstrap intervals, and samples against held-back runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from devicemodels.calibrate_visits import Visits
from devicemodels.card import DeviceCard
from neuroskyrm.errors import DeviceError

Intervals = dict[str, tuple[float, float]]


def sample_programme(
    card: DeviceCard, like: Visits, start: int, copies: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return states and reads of copies of the card's device under the pulses of a real run.

    Parameters
    ----------
    card : DeviceCard
        The card.
    like : Visits
        Gives pulses, cycles and the number of reads.
    start : int
        State before the first pulse.
    copies : int
        Independent devices to sample.
    rng : Generator
        Random numbers.

    Returns
    -------
    state : ndarray of int, shape (copies, visits)
    reads : ndarray of float, shape (copies, visits, reads)
        Conductances [S].
    """
    state = np.full((copies, len(like.polarity)), start, dtype=np.int64)
    for k in range(1, len(like.polarity)):
        state[:, k] = state[:, k - 1]
        if like.polarity[k]:
            branch = card.potentiation if like.polarity[k] > 0 else card.depression
            rows = branch.later if branch.first is None or like.cycle[k] else branch.first
            ladder = np.cumsum(rows, axis=1)[state[:, k - 1], :-1]
            state[:, k] = (rng.random(copies)[:, None] >= ladder).sum(axis=1)
    spread = np.array(card.levels.visit_sd)[state] * rng.normal(size=state.shape)
    noise = rng.normal(size=(copies, *like.reads.shape))
    noise *= np.array(card.levels.read_sd)[state][..., None]
    return state, (card.conductance[state] + spread)[..., None] + noise


def goodness_of_fit(
    card: DeviceCard, held_back: Sequence[Visits], rng: np.random.Generator, replicas: int = 200
) -> dict[str, float]:
    """Compare samples of a card with runs that it was not fitted to.

    Parameters
    ----------
    card : DeviceCard
        The card.
    held_back : sequence of Visits
        Runs left out of the fit.
    rng : Generator
        Random numbers.
    replicas : int
        Sampled copies of the held-back set.

    Returns
    -------
    dict
        ``ks``: Kolmogorov-Smirnov distance between held-back and sampled conductances;
        ``ks_p``: share of replicas that are at least as far from the samples (reads of one run
        depend on each other, so the textbook p would be wrong); ``moves``: level changes per
        pulse in the held-back runs; ``moves_sampled``, ``moves_sd``: the same in the samples.
    """
    if not held_back:
        raise DeviceError("goodness of fit needs at least one held-back run; got none.")
    samples, moves = [], []
    for run in held_back:
        start = int(np.abs(card.conductance - run.mean[0]).argmin())
        state, reads = sample_programme(card, run, start, replicas, rng)
        samples.append(reads.reshape(replicas, -1))
        moves.append(np.diff(state, axis=1) != 0)
    sampled = np.concatenate(samples, axis=1)
    changes = np.concatenate(moves, axis=1).mean(axis=1)
    everything = np.sort(sampled.ravel())
    real = np.concatenate([run.reads.ravel() for run in held_back])
    distance = _ks(real, everything)
    others = np.array([_ks(sample, everything) for sample in sampled])
    states = [np.abs(card.conductance - run.mean[:, None]).argmin(axis=1) for run in held_back]
    return {
        "ks": distance,
        "ks_p": float((1 + np.sum(others >= distance)) / (1 + replicas)),
        "moves": float(np.mean(np.concatenate([np.diff(state) != 0 for state in states]))),
        "moves_sampled": float(changes.mean()),
        "moves_sd": float(changes.std()),
    }


def _ks(sample: NDArray[np.float64], reference: NDArray[np.float64]) -> float:
    """Return the Kolmogorov-Smirnov distance of `sample` to the sorted `reference`."""
    ordered = np.sort(sample)
    expected_low = np.searchsorted(reference, ordered, side="left") / len(reference)
    expected_high = np.searchsorted(reference, ordered, side="right") / len(reference)
    steps = np.arange(len(ordered) + 1) / len(ordered)
    return float(max(np.max(steps[1:] - expected_low), np.max(expected_high - steps[:-1])))


def wilson_interval(events: int, trials: int) -> tuple[float, float]:
    """Return the 95 % interval of a rate, which holds at 0 of n too.

    Parameters
    ----------
    events, trials : int
        How often it happened, of how many.

    References
    ----------
    E. B. Wilson, J. Am. Stat. Assoc. 22, 209 (1927), doi:10.1080/01621459.1927.10502953.

    Examples
    --------
    >>> low, high = wilson_interval(0, 96)
    >>> round(low, 3), round(high, 3)
    (0.0, 0.038)
    """
    if trials == 0:
        return 0.0, 1.0
    z = 1.959963984540054
    rate = events / trials
    middle = rate + z**2 / (2 * trials)
    half = z * np.sqrt(rate * (1 - rate) / trials + z**2 / (4 * trials**2))
    low, high = (middle - half) / (1 + z**2 / trials), (middle + half) / (1 + z**2 / trials)
    # Rounding leaves 1e-18 where nothing happened.
    return (float(low) if events else 0.0), (float(high) if events < trials else 1.0)


def bootstrap(
    runs: Sequence[Visits],
    fit: Callable[[Sequence[Visits]], dict[str, float]],
    rng: np.random.Generator,
    draws: int = 500,
) -> Intervals:
    """Return 95 % percentile intervals of fitted numbers, resampling whole runs.

    Parameters
    ----------
    runs : sequence of Visits
        The calibration set. Fewer than 4 runs are cut into half cycles first (pulses of one
        polarity), since resampling two or three runs says nothing; fewer than 4 half cycles do
        neither, and give no interval.
    fit : callable
        ``fit(runs)`` gives named numbers; names missing in a draw are left out of that draw.
    rng : Generator
        Random numbers.
    draws : int
        Resamples.

    Returns
    -------
    dict
        Name to (low, high). A number that no resample changes (seen once only) gets none.
    """
    units = list(runs) if len(runs) >= 4 else [part for run in runs for part in half_cycles(run)]
    values: dict[str, list[float]] = {}
    for _ in range(draws if len(units) >= 4 else 0):
        chosen = [units[i] for i in rng.integers(len(units), size=len(units))]
        for name, value in fit(chosen).items():
            values.setdefault(name, []).append(value)
    return {
        name: (float(np.quantile(drawn, 0.025)), float(np.quantile(drawn, 0.975)))
        for name, drawn in values.items()
        if len(drawn) >= draws / 4 and min(drawn) < max(drawn)
    }


def half_cycles(run: Visits) -> list[Visits]:
    """Return the stretches of one polarity of a run, each with the visit it starts from."""
    turns = np.flatnonzero(np.diff(run.polarity[1:]) != 0) + 1
    edges = [0, *turns.tolist(), len(run.polarity) - 1]
    return [
        Visits(
            *(getattr(run, f)[a : b + 1] for f in ("polarity", "cycle", "count", "total", "reads"))
        )
        for a, b in pairwise(edges)
    ]
