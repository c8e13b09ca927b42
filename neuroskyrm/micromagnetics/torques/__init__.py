"""Torques of the current: one effect a file."""

from neuroskyrm.micromagnetics.torques.base import Torque
from neuroskyrm.micromagnetics.torques.spin_orbit import SpinOrbitTorque

__all__ = ["SpinOrbitTorque", "Torque"]
