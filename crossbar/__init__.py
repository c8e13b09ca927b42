"""The crossbar: signed matrices on arrays of real devices, with wires, periphery and a ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crossbar import dale, figures
from crossbar.array import Crossbar
from crossbar.circuit import Wires
from crossbar.effective import WireUpdate
from crossbar.engine import MatrixEngine
from crossbar.ledger import DigitalMac, Ledger, total
from crossbar.periphery import Adc, Dac, IntegrateFire, SpikeDriver
from crossbar.placement import Layout, Solution, solve_layout
from crossbar.programming import Programming, Verify
from crossbar.trim import Trim, fit_trim, word_drive
from crossbar.wires import (
    MeanAttenuation,
    Network,
    NodeVoltages,
    node_voltages,
    nonlinear_currents,
    solve,
)

if TYPE_CHECKING:
    from crossbar.linear import CrossbarLinear

__all__ = [
    "Adc",
    "Crossbar",
    "CrossbarLinear",
    "Dac",
    "DigitalMac",
    "IntegrateFire",
    "Layout",
    "Ledger",
    "MatrixEngine",
    "MeanAttenuation",
    "Network",
    "NodeVoltages",
    "Programming",
    "Solution",
    "SpikeDriver",
    "Trim",
    "Verify",
    "WireUpdate",
    "Wires",
    "dale",
    "figures",
    "fit_trim",
    "node_voltages",
    "nonlinear_currents",
    "solve",
    "solve_layout",
    "total",
    "word_drive",
]


def __getattr__(name: str) -> Any:
    """Import the torch layer only when it is asked for."""
    if name == "CrossbarLinear":
        from crossbar.linear import CrossbarLinear

        return CrossbarLinear
    raise AttributeError(f"module 'crossbar' has no attribute '{name}'")
