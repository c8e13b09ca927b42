"""The crossbar: signed matrices on arrays of real devices, with wires, periphery and a ledger."""

from __future__ import annotations

from crossbar import dale
from crossbar.array import Crossbar
from crossbar.circuit import Wires
from crossbar.effective import WireUpdate
from crossbar.ledger import Ledger, total
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
    "Crossbar",
    "Layout",
    "Ledger",
    "MeanAttenuation",
    "Network",
    "NodeVoltages",
    "Programming",
    "Solution",
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
