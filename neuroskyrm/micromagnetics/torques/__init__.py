"""Torques of the current: one effect a file."""

from neuroskyrm.micromagnetics.torques.base import Torque
from neuroskyrm.micromagnetics.torques.slonczewski import SlonczewskiTorque
from neuroskyrm.micromagnetics.torques.spin_orbit import SpinOrbitTorque
from neuroskyrm.micromagnetics.torques.zhang_li import ZhangLiTorque

__all__ = ["SlonczewskiTorque", "SpinOrbitTorque", "Torque", "ZhangLiTorque"]
