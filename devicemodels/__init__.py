"""Device models: calibrated cards and the vectorised devices made of them."""

from __future__ import annotations

from devicemodels.base import DeviceModel
from devicemodels.card import DeviceCard, load_card, shipped_cards
from devicemodels.ideal import IdealDevice
from devicemodels.retention import Initialisation, Retention
from devicemodels.skyrmion import SkyrmionDevice
from devicemodels.variability import NO_EFFECTS, Effects, Faults

__all__ = [
    "NO_EFFECTS",
    "DeviceCard",
    "DeviceModel",
    "Effects",
    "Faults",
    "IdealDevice",
    "Initialisation",
    "Retention",
    "SkyrmionDevice",
    "load_card",
    "shipped_cards",
]
