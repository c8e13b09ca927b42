"""The device model that a study's crossbars are made of."""

from __future__ import annotations

from devicemodels import Effects, SkyrmionDevice
from neuroskyrm.app.stages.base import Context
from neuroskyrm.app.stages.calibrate import used_card


def device_of(context: Context) -> SkyrmionDevice:
    """Return the device of the card in use, with the effects that the study leaves on."""
    crossbar = context.study.crossbar
    effects = Effects(
        read_noise=float(crossbar.read_noise),
        cycle_to_cycle=float(crossbar.cycle_to_cycle),
        device_to_device=float(crossbar.spread),
    )
    return SkyrmionDevice(used_card(context), effects)
