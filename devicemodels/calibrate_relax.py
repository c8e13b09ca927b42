"""What a state does at rest: how the conductance drifts over the reads of a pause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devicemodels.calibrate_fit import States
from devicemodels.calibrate_visits import Visits


def drift(run: Visits) -> NDArray[np.float64]:
    """Return how much each visit's conductance changes from its first to its last reads [S].

    Means of the first and of the last half of the reads, which lie half their span apart; 0 for
    visits read once. Shape (visits,).
    """
    half = run.reads.shape[1] // 2
    if half == 0:
        return np.zeros(len(run.reads))
    late, early = run.reads[:, -half:], run.reads[:, :half]
    return np.asarray(late.mean(axis=1) - early.mean(axis=1))


def relaxation_record(runs: Sequence[Visits], states: States) -> dict[str, Any]:
    """Return the drift at rest by polarity of the pulse before, and by state.

    Parameters
    ----------
    runs : sequence of Visits
        The calibration set.
    states : States
        Its states.

    Returns
    -------
    dict
        For each polarity, ``mean`` and ``sd`` over its visits [S], and ``by_state``: the mean
        drift of each state [S], 0 for one that pulses of this polarity never led to.
    """
    change = np.concatenate([drift(run) for run in runs])
    state = np.concatenate([states.index(run.count) for run in runs])
    polarity = np.concatenate([run.polarity for run in runs])
    record: dict[str, Any] = {"what": "mean of the last half of a pause's reads less the first [S]"}
    for name, sign in (("potentiation", 1), ("depression", -1)):
        mine = polarity == sign
        if not mine.any():
            continue
        by_state = [change[mine & (state == s)] for s in range(len(states.mean))]
        record[name] = {
            "mean": float(change[mine].mean()),
            "sd": float(change[mine].std()),
            "by_state": [float(part.mean()) if len(part) else 0.0 for part in by_state],
        }
    return record
