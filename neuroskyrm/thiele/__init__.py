"""Rigid skyrmions after Thiele: a surrogate of the full simulation, and how it is fitted."""

from neuroskyrm.thiele.landscape import Landscape, landscape
from neuroskyrm.thiele.learn import learn
from neuroskyrm.thiele.model import ThieleModel
from neuroskyrm.thiele.simulate import RigidTrack, simulate_rigid

__all__ = ["Landscape", "RigidTrack", "ThieleModel", "landscape", "learn", "simulate_rigid"]
