"""The crossbar: signed matrices on arrays of real devices, with wires, periphery and a ledger."""

from __future__ import annotations

from crossbar import dale
from crossbar.array import Crossbar
from crossbar.circuit import Wires
from crossbar.effective import WireUpdate
from crossbar.engine import MatrixEngine
from crossbar.ledger import DigitalMac, Ledger, total
from crossbar.periphery import Adc, Dac, IntegrateFire, SpikeDriver
from crossbar.placement import Layout, Solution, solve_layout
from crossbar.programming import Programming, Verify
from crossbar.wires import (
    MeanAttenuation,
    Network,
    NodeVoltages,
    node_voltages,
    nonlinear_currents,
    solve,
)

__all__ = [
    "Adc",
    "Crossbar",
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
    "Verify",
    "WireUpdate",
    "Wires",
    "dale",
    "node_voltages",
    "nonlinear_currents",
    "solve",
    "solve_layout",
    "total",
]
