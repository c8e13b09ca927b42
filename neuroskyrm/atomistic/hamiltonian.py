"""The spin Hamiltonian of the process-recognition paper (its Eq. 1), in plain numpy.

This is the readable statement of the physics. The fused kernels compute the same field and are
tested against it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.constants import BOHR_MAGNETON, RYDBERG
from neuroskyrm.errors import ConfigError

Spins = NDArray[np.floating]
"""Unit vectors on a square lattice, shape (3, ny, nx)."""


@dataclass(frozen=True)
class Hamiltonian:
    """Exchange, Dzyaloshinskii-Moriya and uniaxial terms between nearest neighbours.

    ``H = - sum_{i!=j} J S_i.S_j - sum_{i!=j} D_ij.[S_i x S_j] - sum_i K (S_i^z)^2``, where both
    sums over pairs run twice over every pair and ``D_ij`` has length D along the bond from i
    to j. The moment and the boundary are open in the paper; `docs/processes.md` says why the
    defaults were chosen.

    Parameters
    ----------
    exchange, dmi, anisotropy : float
        J, D and K [J].
    moment : float
        Magnetic moment of one site [A m^2].
    pair_count : int
        How often a pair is counted: 2 as printed, or 1.
    periodic : tuple of bool
        Whether x and y wrap around.
    static_field : tuple of float
        Constant applied field (x, y, z) [T].

    References
    ----------
    Ultrafast skyrmion process recognition by a recurrent network, Eq. (1) and section II.

    Examples
    --------
    >>> round(Hamiltonian().exchange_field, 2)  # of one neighbour [T]
    23.04
    """

    exchange: float = 0.03676e-3 * RYDBERG
    dmi: float = 0.008824e-3 * RYDBERG
    anisotropy: float = 0.00735e-3 * RYDBERG
    moment: float = 0.75 * BOHR_MAGNETON
    pair_count: int = 2
    periodic: tuple[bool, bool] = (True, True)
    static_field: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        if not self.moment > 0:
            raise ConfigError(f"Hamiltonian: 'moment' = {self.moment} must be above 0 A m^2.")
        if self.pair_count not in (1, 2):
            raise ConfigError(f"Hamiltonian: 'pair_count' = {self.pair_count} must be 1 or 2.")

    @property
    def exchange_field(self) -> float:
        """Exchange field of one aligned neighbour [T]."""
        return self.pair_count * self.exchange / self.moment

    @property
    def dmi_field(self) -> float:
        """Largest Dzyaloshinskii-Moriya field of one neighbour [T]."""
        return self.pair_count * self.dmi / self.moment

    @property
    def anisotropy_field(self) -> float:
        """Anisotropy field of a spin along z [T]."""
        return 2 * self.anisotropy / self.moment

    def largest_field(self) -> float:
        """Return a bound on the field that rules the fastest precession [T]."""
        static = float(np.linalg.norm(self.static_field))
        pairs = 8 * (abs(self.exchange_field) + abs(self.dmi_field))
        return pairs + abs(self.anisotropy_field) + static

    def fields(self, spins: Spins) -> dict[str, NDArray[np.float64]]:
        """Return the field of each term, ``-dH/dS / moment``.

        Parameters
        ----------
        spins : ndarray
            Shape (3, ny, nx).

        Returns
        -------
        dict of str to ndarray
            Fields [T] of "exchange", "dmi", "anisotropy" and "static", each of that shape.
        """
        s = np.asarray(spins, dtype=np.float64)
        right, left = self._neighbour(s, -1, 2), self._neighbour(s, 1, 2)
        up, down = self._neighbour(s, -1, 1), self._neighbour(s, 1, 1)
        # S_j x D_ij for a bond along +x is D (0, S_z, -S_y); along +y it is D (-S_z, 0, S_x).
        dmi = np.stack([
            -(up[2] - down[2]),
            right[2] - left[2],
            (up[0] - down[0]) - (right[1] - left[1]),
        ])  # fmt: skip
        axis = np.array([0.0, 0.0, 1.0])[:, None, None]
        static = np.array(self.static_field)[:, None, None]
        return {
            "exchange": self.exchange_field * (right + left + up + down),
            "dmi": self.dmi_field * dmi,
            "anisotropy": self.anisotropy_field * axis * s[2],
            "static": static * np.ones_like(s),
        }

    def field(self, spins: Spins) -> NDArray[np.float64]:
        """Return the total field [T], shape (3, ny, nx)."""
        return np.asarray(sum(self.fields(spins).values()))

    def energies(self, spins: Spins) -> dict[str, float]:
        """Return the energy of each term [J], straight from Eq. (1) as sums over bonds."""
        s = np.asarray(spins, dtype=np.float64)
        right, up = self._neighbour(s, -1, 2), self._neighbour(s, -1, 1)
        # Every bond once (to the right and up), times how often the sum counts it.
        bonds = np.sum(s * right) + np.sum(s * up)
        twist = np.sum(np.cross(s, right, axis=0)[0]) + np.sum(np.cross(s, up, axis=0)[1])
        static = np.array(self.static_field)[:, None, None]
        return {
            "exchange": float(-self.pair_count * self.exchange * bonds),
            "dmi": float(-self.pair_count * self.dmi * twist),
            "anisotropy": float(-self.anisotropy * np.sum(s[2] ** 2)),
            "static": float(-self.moment * np.sum(static * s)),
        }

    def energy(self, spins: Spins) -> float:
        """Return the total energy [J]."""
        return sum(self.energies(spins).values())

    def _neighbour(self, spins: NDArray[np.float64], shift: int, axis: int) -> NDArray[np.float64]:
        """Return the neighbours' spins: rolled, with zeros beyond a free edge."""
        rolled = np.roll(spins, shift, axis)
        if not self.periodic[2 - axis]:
            edge = -1 if shift < 0 else 0
            np.moveaxis(rolled, axis, 0)[edge] = 0.0
        return rolled
