"""neuroskyrm: skyrmion-based neuromorphic hardware, emulated from the spins up."""

from __future__ import annotations

__version__ = "0.1.0"
