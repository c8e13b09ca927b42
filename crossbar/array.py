"""The crossbar: signed matrices on pairs of devices, programmed, read, pulsed and accounted for."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from crossbar.dale import Codes, from_pair, to_pair
from crossbar.devices import DeviceArray
from crossbar.ledger import Ledger
from crossbar.programming import Programming, open_loop
from devicemodels.base import Conductances, Counts, DeviceModel, States
from neuroskyrm.errors import ConfigError

Placement = Literal["separate", "interleaved", "rows"]


class Crossbar:
    """Signed weights on an array of device pairs; made by `Crossbar.program`.

    Attributes
    ----------
    model : DeviceModel
        What each device is.
    target : ndarray of int8, shape (n_in, n_out)
        The codes that were asked for.
    programming : tuple of Programming
        Outcome of programming the W+ and the W- devices.
    ledger : Ledger
        Costs so far.
    """

    def __init__(
        self,
        model: DeviceModel,
        target: Codes,
        devices: tuple[DeviceArray, DeviceArray],
        placement: Placement = "separate",
    ) -> None:
        self.model = model
        self.target = target
        self.placement = placement
        self._plus, self._minus = devices
        self.programming: tuple[Programming, ...] = ()
        count = 2 * target.size
        self.ledger = Ledger(devices=count, area=count * model.area)

    @classmethod
    def program(
        cls,
        model: DeviceModel,
        codes: NDArray[np.integer],
        rng: np.random.Generator,
        placement: Placement = "separate",
        method: Literal["open-loop"] = "open-loop",
    ) -> Crossbar:
        """Make an array of fresh devices and program signed codes into it.

        Parameters
        ----------
        model : DeviceModel
            What each device is.
        codes : ndarray of int, shape (n_in, n_out)
            Signed level codes, from `dale.quantise`.
        rng : numpy.random.Generator
            Draws device spread and switching; the same generator gives the same devices.
        placement : {"separate", "interleaved", "rows"}, optional
            Where W+ and W- lie: in two arrays; in one array with columns + - + - ...; in one
            array as excitatory rows above inhibitory rows that are driven in reverse.
        method : {"open-loop"}, optional
            How the states are reached.

        Returns
        -------
        Crossbar

        Raises
        ------
        ConfigError
            The codes are not whole numbers, not a matrix, or more than the device can host.
        """
        target = _checked_codes(codes, model)
        fresh = tuple(DeviceArray(model, np.zeros(target.shape, np.uint8), rng) for _ in range(2))
        crossbar = cls(model, target, (fresh[0], fresh[1]), placement)
        crossbar.programming = tuple(
            open_loop(devices, wanted, rng)
            for devices, wanted in zip(fresh, to_pair(target), strict=True)
        )
        crossbar._account([part.pulses for part in crossbar.programming])
        failures = sum(int(part.failed.sum()) for part in crossbar.programming)
        crossbar.ledger = replace(crossbar.ledger, failures=failures)
        return crossbar

    @property
    def shape(self) -> tuple[int, int]:
        """Number of inputs and of outputs."""
        rows, columns = self.target.shape
        return rows, columns

    @property
    def plus(self) -> States:
        """States of the W+ devices, uint8, shape (n_in, n_out)."""
        return self._plus.state

    @property
    def minus(self) -> States:
        """States of the W- devices, uint8, shape (n_in, n_out)."""
        return self._minus.state

    @property
    def codes(self) -> Codes:
        """Signed codes that the devices hold now, int8, shape (n_in, n_out)."""
        return from_pair(self.plus, self.minus)

    def conductances(self) -> Conductances:
        """Return the signed effective matrix [S], shape (n_in, n_out).

        Output currents are ``inputs @ conductances``, with inputs in volt; device spread is in,
        read noise is not.
        """
        return self._plus.conductance() - self._minus.conductance()

    def read(self, rng: np.random.Generator) -> Conductances:
        """Return the signed effective matrix as one noisy read sees it [S]."""
        return self._plus.read(rng) - self._minus.read(rng)

    def pulse(self, plus_counts: Counts, minus_counts: Counts, rng: np.random.Generator) -> None:
        """Apply signed pulse counts to the W+ and the W- devices, as on-line learning does.

        Parameters
        ----------
        plus_counts, minus_counts : ndarray of int, shape (n_in, n_out), or int
            Positive potentiates, negative depresses, 0 leaves alone.
        rng : numpy.random.Generator
            Source of the switching statistics.

        Raises
        ------
        DeviceError
            The counts are not whole numbers or do not fit the array.
        """
        self._account([self._plus.pulse(plus_counts, rng), self._minus.pulse(minus_counts, rng)])

    def _account(self, counts: list[NDArray[np.integer]]) -> None:
        """Add pulses to the ledger; a row takes as long as its busiest device."""
        magnitudes = [np.abs(count) for count in counts]
        busiest = np.max([m.max(axis=1, initial=0) for m in magnitudes], axis=0)
        pulses = sum(int(m.sum(dtype=np.int64)) for m in magnitudes)
        self.ledger = replace(
            self.ledger,
            energy=self.ledger.energy + self.model.energy(pulses),
            pulses=self.ledger.pulses + pulses,
            latency=self.ledger.latency + float(busiest.sum()) * self.model.pulse_time,
        )


def _checked_codes(codes: NDArray[np.integer], model: DeviceModel) -> Codes:
    array = np.asarray(codes)
    if array.ndim != 2 or array.size == 0:
        raise ConfigError(f"codes: shape {array.shape} must be a matrix (n_in, n_out).")
    if not np.issubdtype(array.dtype, np.integer):
        raise ConfigError(
            f"codes: type {array.dtype} must be whole numbers; make them with dale.quantise."
        )
    most = min(len(model.levels) - 1, 127)
    largest = max(int(array.max()), -int(array.min()))
    if largest > most:
        raise ConfigError(
            f"codes: {largest} is beyond what '{model.name}' can host (-{most} to {most})."
        )
    return array.astype(np.int8)
