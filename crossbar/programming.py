"""Programming an array: open loop from the card's plan, or write-verify by reading back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crossbar.devices import DeviceArray
from devicemodels.base import Conductances, DeviceModel, States


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
        Devices that are not in their target state (open loop), or were not read within
        tolerance when the budget ended (write-verify).
    """

    target: States
    achieved: States
    wanted: Conductances
    reached: Conductances
    pulses: NDArray[np.int32]
    failed: NDArray[np.bool_]

    @property
    def error(self) -> Conductances:
        """Reached minus wanted conductance [S]."""
        return self.reached - self.wanted


def open_loop(devices: DeviceArray, target: States, rng: np.random.Generator) -> Programming:
    """Take every device from its present state to `target` by the planned pulses, unread.

    Parameters
    ----------
    devices : DeviceArray
        The devices; changed in place.
    target : ndarray of uint8
        Wanted states, shape of the array.
    rng : numpy.random.Generator
        Source of the switching statistics.

    Returns
    -------
    Programming
    """
    model: DeviceModel = devices.model
    counts = model.plan()[devices.state, target]
    devices.pulse(counts, rng)
    return Programming(
        target=target,
        achieved=devices.state.copy(),
        wanted=model.conductance(target),
        reached=devices.conductance(),
        pulses=np.abs(counts).astype(np.int32),
        failed=devices.state != target,
    )
