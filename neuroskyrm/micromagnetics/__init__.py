"""Micromagnetics of thin-film stacks: LLG dynamics on a grid of magnetic layers."""

from neuroskyrm.micromagnetics.integrator import Tolerance
from neuroskyrm.micromagnetics.mesh import Mesh
from neuroskyrm.micromagnetics.pulses import Pulse, PulseTrain
from neuroskyrm.micromagnetics.sample import Sample, State
from neuroskyrm.micromagnetics.simulation import Simulation
from neuroskyrm.micromagnetics.terms import (
    BulkDMI,
    Demag,
    Exchange,
    InterfacialDMI,
    InterlayerExchange,
    LinearTerm,
    LocalTerm,
    Term,
    UniaxialAnisotropy,
    Zeeman,
)
from neuroskyrm.micromagnetics.torques import SpinOrbitTorque, Torque

__all__ = [
    "BulkDMI",
    "Demag",
    "Exchange",
    "InterfacialDMI",
    "InterlayerExchange",
    "LinearTerm",
    "LocalTerm",
    "Mesh",
    "Pulse",
    "PulseTrain",
    "Sample",
    "Simulation",
    "SpinOrbitTorque",
    "State",
    "Term",
    "Tolerance",
    "Torque",
    "UniaxialAnisotropy",
    "Zeeman",
]
