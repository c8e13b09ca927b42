"""Device models: calibrated cards and the vectorised devices made of them."""

from __future__ import annotations

from devicemodels.aihwkit import piecewise_step_parameters
from devicemodels.base import DeviceModel
from devicemodels.card import DeviceCard, load_card, shipped_cards
from devicemodels.ideal import IdealDevice
from devicemodels.literature import NAMES as LITERATURE
from devicemodels.literature import literature_card
from devicemodels.reference import ideal_continuous, linear_step, soft_bounds
from devicemodels.retention import Initialisation, Retention
from devicemodels.skyrmion import SkyrmionDevice
from devicemodels.sweep import sweep
from devicemodels.tabulated import from_table, plot_fit
from devicemodels.variability import NO_EFFECTS, Effects, Faults

__all__ = [
    "LITERATURE",
    "NO_EFFECTS",
    "DeviceCard",
    "DeviceModel",
    "Effects",
    "Faults",
    "IdealDevice",
    "Initialisation",
    "Retention",
    "SkyrmionDevice",
    "from_table",
    "ideal_continuous",
    "linear_step",
    "literature_card",
    "load_card",
    "piecewise_step_parameters",
    "plot_fit",
    "shipped_cards",
    "soft_bounds",
    "sweep",
]
