"""The crossbar: signed matrices on arrays of real devices, with wires, periphery and a ledger."""

from __future__ import annotations

from crossbar import dale
from crossbar.array import Crossbar
from crossbar.ledger import Ledger, total
from crossbar.programming import Programming

__all__ = ["Crossbar", "Ledger", "Programming", "dale", "total"]
