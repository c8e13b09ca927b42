"""Atomistic spin dynamics on a square lattice, and the skyrmion processes made with it."""

from neuroskyrm.atomistic.dynamics import SpinDynamics
from neuroskyrm.atomistic.hamiltonian import Hamiltonian
from neuroskyrm.atomistic.initial import relaxed_skyrmion, skyrmion_seed, uniform
from neuroskyrm.atomistic.labels import LABELS, TextureState, label_process, texture_state
from neuroskyrm.atomistic.process import (
    FRAME_TIMES,
    Process,
    ProcessRun,
    simulate_process,
    simulate_processes,
    watch,
    with_pulse,
)
from neuroskyrm.atomistic.pulse import FieldPulse

__all__ = [
    "FRAME_TIMES",
    "LABELS",
    "FieldPulse",
    "Hamiltonian",
    "Process",
    "ProcessRun",
    "SpinDynamics",
    "TextureState",
    "label_process",
    "relaxed_skyrmion",
    "simulate_process",
    "simulate_processes",
    "skyrmion_seed",
    "texture_state",
    "uniform",
    "watch",
    "with_pulse",
]
