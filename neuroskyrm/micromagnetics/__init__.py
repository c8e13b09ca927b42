"""Micromagnetics of thin-film stacks: LLG dynamics on a grid of magnetic layers."""

from neuroskyrm.micromagnetics.integrator import Tolerance
from neuroskyrm.micromagnetics.mesh import Mesh
from neuroskyrm.micromagnetics.mumax import MumaxStep, export_mumax
from neuroskyrm.micromagnetics.pictures import colours, save_film, save_picture, save_plot
from neuroskyrm.micromagnetics.pulses import Pulse, PulseTrain
from neuroskyrm.micromagnetics.sample import Sample, State
from neuroskyrm.micromagnetics.shapes import Shape, disc, image, paint, rectangle
from neuroskyrm.micromagnetics.simulation import Simulation
from neuroskyrm.micromagnetics.terms import (
    BulkDMI,
    Demag,
    Exchange,
    ExtrapolatedDemag,
    InterfacialDMI,
    InterlayerExchange,
    LinearTerm,
    LocalTerm,
    Term,
    UniaxialAnisotropy,
    Zeeman,
)
from neuroskyrm.micromagnetics.torques import (
    SlonczewskiTorque,
    SpinOrbitTorque,
    Torque,
    ZhangLiTorque,
)

__all__ = [
    "BulkDMI",
    "Demag",
    "Exchange",
    "ExtrapolatedDemag",
    "InterfacialDMI",
    "InterlayerExchange",
    "LinearTerm",
    "LocalTerm",
    "Mesh",
    "MumaxStep",
    "Pulse",
    "PulseTrain",
    "Sample",
    "Shape",
    "Simulation",
    "SlonczewskiTorque",
    "SpinOrbitTorque",
    "State",
    "Term",
    "Tolerance",
    "Torque",
    "UniaxialAnisotropy",
    "Zeeman",
    "ZhangLiTorque",
    "colours",
    "disc",
    "export_mumax",
    "image",
    "paint",
    "rectangle",
    "save_film",
    "save_picture",
    "save_plot",
]
