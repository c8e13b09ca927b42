"""Retention: what happens to a device that is left alone, and how it is rebooted.

Between programming operations skyrmions spread out (Fig. 8 of Chen et al.). The conductance
drifts towards equilibrium, and the next pulses find no skyrmion next to the barrier: they fail.
A small initialisation pulse (25 ns at a tenth of the amplitude) brings them back first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from devicemodels.base import DeviceModel
from devicemodels.card import DeviceCard
from neuroskyrm.errors import DeviceError


@dataclass(frozen=True)
class Retention:
    """Relaxation of resting devices.

    Attributes
    ----------
    time : float
        Time constant of relaxation [s].
    equilibrium : float
        Where the conductance drifts to, as a position in the range: 0 lowest, 1 highest.
    drift : float
        Share of the way to equilibrium that a device goes in the end (0: no drift) [1].
    latency : int
        Pulses that a relaxed ("cold") device misses before it switches again.

    Raises
    ------
    DeviceError
        A value is out of range.
    """

    time: float
    equilibrium: float = 0.5
    drift: float = 0.0
    latency: int = 1

    def __post_init__(self) -> None:
        if not (np.isfinite(self.time) and self.time > 0):
            raise DeviceError(f"Retention: 'time' = {self.time} must be a positive time [s].")
        for name in ("equilibrium", "drift"):
            if not 0 <= getattr(self, name) <= 1:
                raise DeviceError(
                    f"Retention: '{name}' = {getattr(self, name)} must lie between 0 and 1."
                )
        if self.latency < 0:
            raise DeviceError(f"Retention: 'latency' = {self.latency} must be at least 0.")

    @classmethod
    def of_card(cls, card: DeviceCard, drift: float = 0.0, latency: int = 1) -> Retention:
        """Return the retention of a card, with the relaxation time that was measured for it.

        Raises
        ------
        DeviceError
            The card has no relaxation time.
        """
        if card.relaxation_time is None:
            raise DeviceError(f"{card.name}: the card has no 'relaxation_time'; give a Retention.")
        return cls(card.relaxation_time, drift=drift, latency=latency)

    def drifted(
        self, conductance: ArrayLike, age: ArrayLike, bounds: tuple[float, float]
    ) -> NDArray[np.float64]:
        """Return conductances [S] after resting for `age` [s].

        G(t) = G_eq + (G - G_eq) (1 - drift (1 - exp(-t / time))).

        Parameters
        ----------
        conductance : array_like
            Conductance right after programming [S].
        age : array_like
            Time since the last pulse [s]; the two are broadcast against each other.
        bounds : tuple of float
            Lowest and highest conductance of the device [S].

        Returns
        -------
        ndarray
        """
        low, high = bounds
        target = low + self.equilibrium * (high - low)
        left = 1 + self.drift * np.expm1(-np.asarray(age) / self.time)
        drifted: NDArray[np.float64] = target + (np.asarray(conductance) - target) * left
        return drifted

    def cold(self, age: NDArray[np.floating], rng: np.random.Generator) -> NDArray[np.bool_]:
        """Draw which devices have relaxed after `age` [s], with probability 1 - exp(-t / time)."""
        relaxed: NDArray[np.bool_] = rng.random(age.shape) < -np.expm1(-age / self.time)
        return relaxed


@dataclass(frozen=True)
class Initialisation:
    """The pulse that reboots relaxed devices before programming.

    Attributes
    ----------
    amplitude : float
        Current density relative to a programming pulse [1].
    width : float
        Duration [s].
    """

    amplitude: float = 0.1
    width: float = 25e-9

    def energy(self, model: DeviceModel) -> float:
        """Return the energy of one initialisation pulse [J].

        Eq. 3 of Chen et al. goes with the squared amplitude and the duration; a model without a
        pulse width gets an initialisation pulse as long as its programming pulse.
        """
        longer = self.width / model.pulse_width if model.pulse_width > 0 else 1.0
        return model.energy(1) * self.amplitude**2 * longer
