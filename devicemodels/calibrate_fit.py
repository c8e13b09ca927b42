"""The estimates inside a card: levels of the states, and transition matrices of the pulses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devicemodels.calibrate_visits import Visits, pooled
from neuroskyrm.errors import DeviceError

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class States:
    """Conductance states, each one or several neighbouring skyrmion counts.

    Attributes
    ----------
    counts : list of list of int
        Skyrmion counts that belong to each state, ascending.
    mean, read_sd, visit_sd, skyrmions : ndarray of float, shape (states,)
        Level [S], spread of reads within a visit [S], spread between visits [S], mean count.
    visits : ndarray of int, shape (states,)
        Visits seen.
    """

    counts: list[list[int]]
    mean: NDArray[np.float64]
    read_sd: NDArray[np.float64]
    visit_sd: NDArray[np.float64]
    skyrmions: NDArray[np.float64]
    visits: NDArray[np.int64]

    def index(self, count: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the state of each skyrmion count; an unseen count goes to the nearest state."""
        known = np.array([(c, s) for s, group in enumerate(self.counts) for c in group])
        nearest = np.abs(known[:, 0] - np.asarray(count)[..., None]).argmin(axis=-1)
        return np.asarray(known[nearest, 1])


def fit_states(visits: Sequence[Visits], resolution: float = 0.0) -> States:
    """Return the states by skyrmion count, with levels that rise from state to state.

    Counts never seen make no state. Where a higher count does not conduct better (a skyrmion
    half under the junction, or too few visits), or the two means differ by no more than
    `resolution`, the counts are merged into one state.

    Parameters
    ----------
    visits : sequence of Visits
        The calibration set.
    resolution : float
        Smallest difference between neighbouring levels [S].

    Returns
    -------
    States

    Raises
    ------
    DeviceError
        Fewer than two states: the device did not switch.
    """
    count, mean = pooled(visits)
    sd = np.concatenate([visit.sd for visit in visits])
    groups = _rising_groups(count, mean, resolution)
    if len(groups) < 2:
        raise DeviceError(
            f"the device shows {len(groups)} conductance state, so no card can be made of it: "
            f"skyrmion counts in the post-synapse were {sorted(set(count.tolist()))}; "
            "a card needs at least 2 states."
        )
    members = [np.isin(count, group) for group in groups]
    levels = np.array([mean[m].mean() for m in members])
    number = np.array([int(m.sum()) for m in members])
    read_sd = np.array([np.sqrt(np.mean(sd[m] ** 2)) for m in members])
    return States(
        counts=groups,
        mean=levels,
        read_sd=read_sd,
        visit_sd=_visit_spread(mean, members, number),
        skyrmions=np.array([count[m].mean() for m in members]),
        visits=number,
    )


def _rising_groups(
    count: NDArray[np.int64], mean: NDArray[np.float64], resolution: float
) -> list[list[int]]:
    """Pool neighbouring counts until means rise (pool adjacent violators)."""
    groups: list[list[int]] = []
    for value in sorted(set(count.tolist())):
        groups.append([value])
        while len(groups) > 1:
            below, above = (mean[np.isin(count, g)].mean() for g in groups[-2:])
            if above - below > resolution:
                break
            last = groups.pop()
            groups[-1] += last
    return groups


def _visit_spread(
    mean: NDArray[np.float64], members: list[NDArray[np.bool_]], number: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the spread between visits; states visited once take the pooled one."""
    squares = np.array([np.sum((mean[m] - mean[m].mean()) ** 2) for m in members])
    freedom = number - 1
    whole = np.sqrt(squares.sum() / max(freedom.sum(), 1))
    own = np.sqrt(squares / np.maximum(freedom, 1))
    return np.where(freedom > 0, own, whole)


def count_transitions(
    visits: Sequence[Visits], states: States, polarity: int, first: bool | None = None
) -> Matrix:
    """Return how often a pulse of `polarity` took state i to state j, shape (states, states).

    Parameters
    ----------
    visits : sequence of Visits
        The calibration set.
    states : States
        Its states.
    polarity : int
        +1 or -1.
    first : bool or None
        Only pulses of the first cycle, only later ones, or all (None).
    """
    size = len(states.mean)
    counts = np.zeros((size, size))
    for visit in visits:
        state = states.index(visit.count)
        chosen = visit.polarity[1:] == polarity
        if first is not None:
            chosen &= (visit.cycle[1:] == 0) == first
        np.add.at(counts, (state[:-1][chosen], state[1:][chosen]), 1)
    return counts


def transition_matrix(counts: Matrix, pool: Matrix, polarity: int, weight: float) -> Matrix:
    """Return the posterior mean of the transition probabilities under a Dirichlet prior.

    Row i has the prior ``weight * K(j - i)``, where K is the distribution of jumps of this
    polarity over all states (`pool`), smoothed by one failure and one single step. A state seen
    often keeps its own statistics; one seen rarely or never moves like the average state.

    Parameters
    ----------
    counts : ndarray, shape (states, states)
        Transitions seen.
    pool : ndarray, shape (states, states)
        Transitions that the prior is made of.
    polarity : int
        Direction of the smoothing step.
    weight : float
        Pulses that the prior is worth.

    Returns
    -------
    ndarray, shape (states, states)
        Rows sum to 1.
    """
    size = len(counts)
    jump = np.arange(size)[None, :] - np.arange(size)[:, None]
    kernel = np.bincount((jump + size).ravel(), weights=pool.ravel(), minlength=2 * size + 1)
    kernel[size] += 1
    kernel[size + polarity] += 1
    # A jump beyond the last state ends in the last state.
    prior = np.zeros((size, size))
    for delta in np.flatnonzero(kernel):
        end = np.clip(np.arange(size) + delta - size, 0, size - 1)
        prior[np.arange(size), end] += kernel[delta]
    prior /= prior.sum(axis=1, keepdims=True)
    posterior = counts + weight * prior
    return np.asarray(posterior / posterior.sum(axis=1, keepdims=True))
