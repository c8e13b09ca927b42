"""From a track's trajectory to visits: one state occupied between two pulses, read many times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from devicemodels.readout import Readout
from neuroskyrm.errors import DeviceError
from neuroskyrm.micromagnetics.track import Track

COLUMNS = ("pulse", "polarity", "cycle", "count_post", "count_total", "profile")


class HasTable(Protocol):
    """Anything with a table of reads, such as a `neuroskyrm.io.trajectory.Trajectory`."""

    @property
    def table(self) -> Mapping[str, NDArray[Any]]:
        """Columns by name, each with one row per read."""


@dataclass(frozen=True)
class Visits:
    """One programmed device, pulse by pulse; entry 0 is before the first pulse.

    Attributes
    ----------
    polarity, cycle : ndarray of int, shape (visits,)
        Polarity and LTP/LTD cycle of the pulse that led here (0 for the first entry).
    count : ndarray of int, shape (visits,)
        Skyrmions in the post-synapse: median over the reads.
    total : ndarray of int, shape (visits,)
        Skyrmions on the whole track.
    reads : ndarray of float, shape (visits, reads)
        Conductance of each read [S].
    """

    polarity: NDArray[np.int64]
    cycle: NDArray[np.int64]
    count: NDArray[np.int64]
    total: NDArray[np.int64]
    reads: NDArray[np.float64]

    @property
    def own(self) -> slice:
        """Visits that are not also the last ones of the stretch before (see `half_cycles`)."""
        return slice(0 if self.polarity[0] == 0 else 1, None)

    @property
    def mean(self) -> NDArray[np.float64]:
        """Mean conductance of each visit [S], shape (visits,)."""
        return np.asarray(self.reads.mean(axis=1))

    @property
    def sd(self) -> NDArray[np.float64]:
        """Standard deviation of the reads of each visit [S], shape (visits,)."""
        if self.reads.shape[1] < 2:
            return np.zeros(len(self.reads))
        return np.asarray(self.reads.std(axis=1, ddof=1))


def visits_of(trajectory: HasTable, readout: Readout, track: Track) -> Visits:
    """Return the visits of one trajectory under a read-out.

    Parameters
    ----------
    trajectory : Trajectory
        What `simulate_track` returned.
    readout : Readout
        Read area and conductance law.
    track : Track
        The track it was simulated on.

    Returns
    -------
    Visits

    Raises
    ------
    DeviceError
        The trajectory is not one of a track, or belongs to a track of another length.
    """
    table = trajectory.table
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise DeviceError(
            f"the trajectory has no column '{missing[0]}', so it is not one of a synapse track; "
            f"calibration needs {', '.join(COLUMNS)}."
        )
    profile = np.asarray(table["profile"])
    if profile.ndim != 2 or profile.shape[1] != track.shape[1]:
        raise DeviceError(
            f"the trajectory's profile has shape {profile.shape}, but track '{track.name}' has "
            f"{track.shape[1]} cell columns; calibrate with the track it was simulated on."
        )
    G = readout.conductance(readout.fraction(profile, track))
    pulse = np.asarray(table["pulse"], dtype=np.int64)
    rows = [np.flatnonzero(pulse == number) for number in range(int(pulse.max()) + 1)]
    reads = min(len(row) for row in rows)
    if reads == 0:
        raise DeviceError("the trajectory has pulses without a read; it must have one after each.")

    def one_a_visit(name: str) -> NDArray[np.int64]:
        column = np.asarray(table[name])
        return np.array([round(float(np.median(column[row]))) for row in rows])

    return Visits(
        polarity=one_a_visit("polarity"),
        cycle=one_a_visit("cycle"),
        count=one_a_visit("count_post"),
        total=one_a_visit("count_total"),
        reads=np.array([G[row[-reads:]] for row in rows]),
    )


def pooled(visits: Sequence[Visits]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return counts and mean conductances [S] of all visits together, each of shape (visits,)."""
    counts = np.concatenate([visit.count for visit in visits])
    means = np.concatenate([visit.mean for visit in visits])
    return counts, means
