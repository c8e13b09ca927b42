"""Programming an array: open loop from the card's plan, or write-verify by reading back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crossbar.devices import DeviceArray
from devicemodels.base import Conductances, Counts, States
from neuroskyrm.errors import ConfigError


@dataclass(frozen=True)
class Verify:
    """How write-verify reads, compares and pulses.

    Attributes
    ----------
    budget : int
        Most programming pulses for one device.
    tolerance : float or None
        A device is done when its read lies within this of the wanted level [S]. Default: half
        the smallest distance between neighbouring levels; choose more where levels lie closer
        than reads can tell, or every device spends its budget.
    reads : int
        Reads averaged for each comparison.
    voltage, duration : float
        Read pulse [V], [s]; one read of a device costs V^2 G t.

    Raises
    ------
    ConfigError
        A value is out of range.
    """

    budget: int = 50
    tolerance: float | None = None
    reads: int = 1
    voltage: float = 0.1
    duration: float = 10e-9

    def __post_init__(self) -> None:
        for name in ("budget", "reads", "voltage", "duration"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"Verify: '{name}' = {getattr(self, name)} must be positive.")
        if self.tolerance is not None and not self.tolerance > 0:
            raise ConfigError(f"Verify: 'tolerance' = {self.tolerance} must be positive [S].")


@dataclass(frozen=True)
class Programming:
    """What came out of programming an array.

    Attributes
    ----------
    target, achieved : ndarray of uint8
        Wanted and reached states, shape of the array.
    wanted, reached : ndarray
        Conductance of the wanted state, and of the device as it is [S].
    pulses : ndarray of int32
        Pulses given to each device, of either sign.
    failed : ndarray of bool
        Devices that are not in their target state (open loop), or whose reads never came within
        tolerance (write-verify).
    rounds : int
        Rounds of verification (0: open loop).
    read_energy : float
        Energy of the verify reads [J].
    """

    target: States
    achieved: States
    wanted: Conductances
    reached: Conductances
    pulses: NDArray[np.int32]
    failed: NDArray[np.bool_]
    rounds: int = 0
    read_energy: float = 0.0

    @property
    def error(self) -> Conductances:
        """Reached minus wanted conductance [S]."""
        return self.reached - self.wanted


def open_loop(
    devices: DeviceArray,
    target: States,
    rng: np.random.Generator,
    where: NDArray[np.bool_] | None = None,
) -> Programming:
    """Take every device from its present state to `target` by the planned pulses, unread.

    Parameters
    ----------
    devices : DeviceArray
        The devices; changed in place.
    target : ndarray of uint8
        Wanted states, shape of the array.
    rng : numpy.random.Generator
        Source of the switching statistics.
    where : ndarray of bool, optional
        Devices to program; the others are left alone.

    Returns
    -------
    Programming
    """
    counts = devices.model.plan()[devices.state, target]
    if where is not None:
        counts = np.where(where, counts, 0).astype(np.int16)
    devices.pulse(counts, rng)
    return Programming(
        target=target,
        achieved=devices.state.copy(),
        wanted=devices.model.conductance(target),
        reached=devices.conductance(),
        pulses=np.abs(counts).astype(np.int32),
        failed=devices.state != target,
    )


def write_verify(
    devices: DeviceArray,
    target: States,
    rng: np.random.Generator,
    verify: Verify,
    where: NDArray[np.bool_] | None = None,
) -> Programming:
    """Read, compare and pulse until every device reads as wanted, or its budget is spent.

    The first round follows the plan from the state that the read suggests, one pulse short of
    it; later rounds give single pulses towards the wanted level.

    Parameters
    ----------
    devices : DeviceArray
        The devices; changed in place.
    target : ndarray of uint8
        Wanted states, shape of the array.
    rng : numpy.random.Generator
        Source of switching statistics and read noise.
    verify : Verify
        Budget, tolerance and read pulse.
    where : ndarray of bool, optional
        Devices to program; the others are neither read nor pulsed.

    Returns
    -------
    Programming
    """
    tolerance = verify.tolerance or float(np.diff(devices.levels).min() / 2)
    wanted = devices.model.conductance(target)
    given = np.zeros(target.size, dtype=np.int32)
    failed = np.ones(target.size, dtype=np.bool_) if where is None else where.ravel().copy()
    rounds, read_energy = 0, 0.0
    while True:
        active = np.flatnonzero(failed & (given < verify.budget))
        if rounds > 0 and not active.size:
            break
        few = devices.taken(active)
        aim, left = wanted.ravel()[active], verify.budget - given[active]
        read, energy = _verified_read(few, verify, rng)
        read_energy += energy
        missed = np.abs(read - aim) > tolerance
        failed[active] = missed
        counts = _towards(read, aim, np.where(missed, left, 0))
        if rounds == 0:
            counts = _coarse(few, read, target.ravel()[active], counts, budget=verify.budget)
        few.pulse(counts, rng)
        devices.put(active, few)
        given[active] += np.abs(counts)
        rounds += 1
    return Programming(
        target=target,
        achieved=devices.state.copy(),
        wanted=wanted,
        reached=devices.conductance(),
        pulses=given.reshape(target.shape),
        failed=failed.reshape(target.shape),
        rounds=rounds,
        read_energy=read_energy,
    )


def _verified_read(
    devices: DeviceArray, verify: Verify, rng: np.random.Generator
) -> tuple[Conductances, float]:
    """Return the mean of the reads of one round [S], and their energy [J]."""
    reads = np.mean([devices.read(rng) for _ in range(verify.reads)], axis=0)
    return reads, verify.voltage**2 * verify.duration * verify.reads * float(reads.sum())


def _towards(read: Conductances, wanted: Conductances, left: NDArray[np.integer]) -> Counts:
    """Return one pulse towards the wanted level where any are left."""
    return np.where(left > 0, np.sign(wanted - read), 0).astype(np.int16)


def _coarse(
    devices: DeviceArray, read: Conductances, target: States, single: Counts, *, budget: int
) -> Counts:
    """Return planned counts, one short, from the states that the reads suggest.

    Where the plan does not go on in the direction of `single`, that single pulse is kept.
    """
    middles = (devices.levels[1:] + devices.levels[:-1]) / 2
    planned = devices.model.plan()[np.searchsorted(middles, read), target]
    length = np.minimum(np.abs(planned) - 1, budget)
    useful = (np.sign(planned) == single) & (length > 1)
    return np.where(useful, single * length, single).astype(np.int16)
