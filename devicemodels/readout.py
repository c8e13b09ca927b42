"""The magnetic tunnel junction over the post-synapse: from magnetisation to conductance.

G = G0 (1 + TMR f), where f is the fraction of the read area that is reversed (Chen et al.,
Sect. II: G0 = 20 uS, TMR = 280 %). The raw <m_z> will not do for f: thermal tilt alone would
give 1.1 G0 with no skyrmion there. Either the reversed area is counted (m_z < 0), or the tilt is
taken from the same device without skyrmions and subtracted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.errors import DeviceError

if TYPE_CHECKING:
    from neuroskyrm.micromagnetics.track import Track


@dataclass(frozen=True)
class Readout:
    """A read-out of the post-synapse.

    Attributes
    ----------
    G0 : float
        Conductance without skyrmions [S].
    TMR : float
        Tunnelling magnetoresistance ratio (2.8 is 280 %).
    start, end : float or None
        Extent of the junction along the track, from the track's centre [m]. None is the whole
        post-synapse from the barrier's middle to the end.
    across : float or None
        Extent of the junction across the track, centred [m]; None is as wide as the track. The
        recorded profiles are means over whole columns, so this is for tracks whose rim keeps the
        spins beyond the junction up: what is reversed is taken to lie under it.
    """

    G0: float = 20e-6
    TMR: float = 2.8
    start: float | None = None
    end: float | None = None
    across: float | None = None

    def columns(self, track: Track) -> slice:
        """Return which cell columns of `track` lie under the junction.

        Raises
        ------
        DeviceError
            The junction does not lie on the track.
        """
        nx = track.shape[1]
        first = nx // 2 if self.start is None else round(self.start / track.cell + nx / 2)
        last = nx if self.end is None else round(self.end / track.cell + nx / 2)
        if not 0 <= first < last <= nx:
            raise DeviceError(
                f"the read area from {self.start} m to {self.end} m does not lie on the track, "
                f"which spans {-track.length / 2:g} m to {track.length / 2:g} m."
            )
        return slice(first, last)

    def area(self, track: Track) -> float:
        """Return the read area [m^2]."""
        columns = self.columns(track)
        return float(columns.stop - columns.start) * track.cell * self._width(track)

    def _width(self, track: Track) -> float:
        """Return the junction's extent across the track [m]."""
        if self.across is None:
            return track.width
        if not 0 < self.across <= track.width:
            raise DeviceError(
                f"the read area is {self.across} m wide; it must be above 0 and no wider than the "
                f"track ({track.width:g} m)."
            )
        return self.across

    def fraction(self, profile: NDArray[np.floating], track: Track) -> NDArray[np.float64]:
        """Return the reversed fraction f of the read area.

        Parameters
        ----------
        profile : ndarray
            Reversed fraction of each cell column, mean over y and layers, shape (..., nx).
        track : Track
            The track it belongs to.

        Returns
        -------
        ndarray of float, shape (...)
        """
        share = profile[..., self.columns(track)].mean(axis=-1) * track.width / self._width(track)
        return np.asarray(share, dtype=np.float64)

    def conductance(self, fraction: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return G [S] of a reversed fraction, any shape."""
        return self.G0 * (1 + self.TMR * fraction)
