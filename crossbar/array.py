"""The crossbar: signed matrices on pairs of devices, programmed, read, pulsed and accounted for."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crossbar.circuit import Wires
from crossbar.dale import Codes, from_pair, to_pair
from crossbar.devices import DeviceArray
from crossbar.effective import WiredPair, WireUpdate
from crossbar.ledger import Ledger
from crossbar.placement import Layout, Placement, Solution, Summation
from crossbar.programming import Programming, Verify, open_loop, write_verify
from crossbar.threads import on_one_thread
from devicemodels.base import AnyCounts, Conductances, DeviceModel, States
from devicemodels.retention import Initialisation, Retention
from devicemodels.variability import Faults
from neuroskyrm.errors import ConfigError


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
        pair: WiredPair,
    ) -> None:
        self.model = model
        self.target = target
        self._plus, self._minus = devices
        self._pair = pair
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
        *,
        wires: Wires | None = None,
        tile: tuple[int, int] | None = None,
        summation: Summation = "digital",
        method: Literal["open-loop", "write-verify"] = "open-loop",
        verify: Verify | None = None,
        faults: Faults | None = None,
        retention: Retention | None = None,
        update: WireUpdate | None = None,
        initialisation: Initialisation | None = None,
    ) -> Crossbar:
        """Make an array of fresh devices and program signed codes into it.

        Parameters
        ----------
        model : DeviceModel
            What each device is.
        codes : ndarray of int, shape (n_in, n_out)
            Signed level codes, from `dale.quantise`.
        rng : numpy.random.Generator
            Draws device spread, faults and switching; the same generator gives the same devices,
            whatever the tiles.
        placement : {"separate", "interleaved", "rows"}, optional
            Where W+ and W- lie (see `Layout`).
        wires : Wires, optional
            Line, driver and sense resistances. Default: none.
        tile : tuple of int, optional
            Most word lines and bit lines of one physical array.
        summation : {"digital", "analog"}, optional
            How partial sums of tiles are added.
        method : {"open-loop", "write-verify"}, optional
            How the states are reached: planned pulses unread, or read, compare and pulse.
        verify : Verify, optional
            Budget, tolerance and read pulse of write-verify.
        faults : Faults, optional
            Shares of stuck and open devices.
        retention : Retention, optional
            How devices relax in `rest`.
        update : WireUpdate, optional
            How often the wires are solved anew under `pulse`. Default: at every use.
        initialisation : Initialisation, optional
            Pulse given to every device before programming (it reboots relaxed devices).

        Returns
        -------
        Crossbar

        Raises
        ------
        ConfigError
            The codes are not whole numbers, not a matrix, or more than the device can host; or
            an option is not allowed.
        """
        target = _checked_codes(codes, model)
        layout = Layout(wires or Wires(), placement, tile, summation)
        if method not in ("open-loop", "write-verify"):
            raise ConfigError(f"method = {method!r}: must be 'open-loop' or 'write-verify'.")
        plus, minus = (
            DeviceArray(model, np.zeros(target.shape, np.uint8), rng, faults, retention)
            for _ in range(2)
        )
        crossbar = cls(model, target, (plus, minus), WiredPair(layout, update or WireUpdate()))
        chosen = (verify or Verify()) if method == "write-verify" else None
        crossbar.reprogram(target, rng, chosen, initialisation=initialisation)
        return crossbar

    def reprogram(
        self,
        codes: NDArray[np.integer],
        rng: np.random.Generator,
        verify: Verify | None = None,
        changed_only: bool = False,
        *,
        initialisation: Initialisation | None = None,
    ) -> None:
        """Program other codes into the same devices, from the states they are in.

        Parameters
        ----------
        codes : ndarray of int, shape (n_in, n_out)
            Signed level codes.
        rng : numpy.random.Generator
            Source of the switching statistics.
        verify : Verify, optional
            Write-verify with these settings. Default: open loop.
        changed_only : bool, optional
            Neither read nor pulse the pairs whose code stays what it was meant to be.
        initialisation : Initialisation, optional
            Pulse given to every device first (it reboots relaxed devices).

        Raises
        ------
        ConfigError
            The codes do not fit the array.
        """
        target = _checked_codes(codes, self.model)
        if target.shape != self.target.shape:
            raise ConfigError(f"codes: shape {target.shape} must be {self.target.shape}.")
        where = target != self.target if changed_only else None
        self.target = target
        if initialisation is not None:
            self.initialise(initialisation)
        arrays = (self._plus, self._minus)
        self.programming = tuple(
            open_loop(devices, wanted, rng, where)
            if verify is None
            else write_verify(devices, wanted, rng, verify, where)
            for devices, wanted in zip(arrays, to_pair(target), strict=True)
        )
        self._pulsed([part.pulses for part in self.programming])
        self._account_verification(verify)

    def _account_verification(self, verify: Verify | None) -> None:
        """Add reads to the ledger (a row is read at once), and note who failed."""
        energy = sum(part.read_energy for part in self.programming)
        rounds = max(part.rounds for part in self.programming)
        duration = verify.duration * verify.reads if verify is not None else 0.0
        self.ledger = replace(
            self.ledger,
            energy=self.ledger.energy + energy,
            latency=self.ledger.latency + rounds * self.shape[0] * duration,
            failures=sum(int(part.failed.sum()) for part in self.programming),
        )

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

        Output currents are ``inputs @ conductances``, with inputs in volt. Device spread, faults
        and wires are in, read noise is not.
        """
        return self._pair.effective(*self.device_conductances())

    def device_conductances(self) -> tuple[Conductances, Conductances]:
        """Return the conductances of the W+ and the W- devices themselves [S], without wires."""
        return self._plus.conductance(), self._minus.conductance()

    @property
    def ideal_wires(self) -> bool:
        """Whether no line, driver or sense amplifier has any resistance."""
        return self._pair.layout.wires.ideal

    @property
    def partial_sums(self) -> list[slice]:
        """Inputs whose currents are sensed and converted together, tile by tile."""
        return self._pair.layout.partial_sums(self.shape)

    def solution(self) -> Solution:
        """Return the exact circuit solution: effective matrices, partial sums, admittances."""
        return self._pair.solution(*self.device_conductances())

    def read(self, rng: np.random.Generator) -> Conductances:
        """Return the signed effective matrix as one noisy read sees it [S].

        Wires attenuate the noise of each device as they attenuate the device (first order).
        """
        reads = self._plus.read(rng), self._minus.read(rng)
        return self._pair.noisy(self.device_conductances(), reads)

    @on_one_thread
    def infer(
        self, inputs: ArrayLike, duration: float, rng: np.random.Generator | None = None
    ) -> Conductances:
        """Apply input voltages and return output currents; the ledger takes the energy.

        Parameters
        ----------
        inputs : array_like, shape (..., n_in)
            Input voltages [V].
        duration : float
            How long each input vector is applied [s].
        rng : numpy.random.Generator, optional
            Adds one draw of read noise, held during the call.

        Returns
        -------
        ndarray, shape (..., n_out)
            Output currents [A].

        Raises
        ------
        ConfigError
            The inputs do not fit, or are not finite.
        """
        voltages = self._checked_inputs(inputs)
        self.account(voltages, duration)
        return voltages @ (self.conductances() if rng is None else self.read(rng))

    @on_one_thread
    def account(self, voltages: Conductances, duration: float) -> None:
        """Add to the ledger what input voltages [V], shape (..., n_in), dissipate in `duration`."""
        vectors = voltages.size // self.shape[0]
        self.ledger = replace(
            self.ledger,
            inference_energy=self.ledger.inference_energy
            + float(self.solution().power(voltages).sum()) * duration,
            inference_latency=self.ledger.inference_latency + vectors * duration,
            inferences=self.ledger.inferences + vectors,
            macs=self.ledger.macs + vectors * self.target.size,
        )

    def _checked_inputs(self, inputs: ArrayLike) -> Conductances:
        voltages = np.asarray(inputs, dtype=np.float64)
        if voltages.ndim < 1 or voltages.shape[-1] != self.shape[0]:
            raise ConfigError(f"inputs: shape {voltages.shape} must end with {self.shape[0]}.")
        if not np.isfinite(voltages).all():
            raise ConfigError("inputs: some are NaN or infinite; they must be finite [V].")
        return voltages

    def rest(self, duration: float) -> None:
        """Leave the array alone for `duration` [s]: devices relax, if they have a retention."""
        self._plus.rest(duration)
        self._minus.rest(duration)
        self._pair.pulsed()

    def initialise(self, pulse: Initialisation | None = None) -> None:
        """Give every device the initialisation pulse that reboots relaxed ones.

        The ledger takes its energy relative to a programming pulse (see `Initialisation`).
        """
        pulse = pulse or Initialisation()
        for devices in (self._plus, self._minus):
            devices.initialise()
        self._pair.pulsed()
        self.ledger = replace(
            self.ledger,
            energy=self.ledger.energy + 2 * self.target.size * pulse.energy(self.model),
            latency=self.ledger.latency + self.shape[0] * pulse.width,
        )

    def pulse(
        self, plus_counts: AnyCounts, minus_counts: AnyCounts, rng: np.random.Generator
    ) -> None:
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
        self._pulsed([self._plus.pulse(plus_counts, rng), self._minus.pulse(minus_counts, rng)])

    def _pulsed(self, counts: list[NDArray[np.integer]]) -> None:
        """Note that devices changed; a row takes as long as its busiest device."""
        self._pair.pulsed()
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
