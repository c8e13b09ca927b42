"""Atomistic spin dynamics on a square lattice, and the skyrmion processes made with it."""

from neuroskyrm.atomistic.diagram import (
    PAPER_DAMPINGS,
    PAPER_WIDTHS,
    Axis,
    clear_interior,
    load_diagram,
    process_diagram,
    save_diagram,
)
from neuroskyrm.atomistic.diagram_figure import draw_diagram
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
    "PAPER_DAMPINGS",
    "PAPER_WIDTHS",
    "Axis",
    "FieldPulse",
    "Hamiltonian",
    "Process",
    "ProcessRun",
    "SpinDynamics",
    "TextureState",
    "clear_interior",
    "draw_diagram",
    "label_process",
    "load_diagram",
    "process_diagram",
    "relaxed_skyrmion",
    "save_diagram",
    "simulate_process",
    "simulate_processes",
    "skyrmion_seed",
    "texture_state",
    "uniform",
    "watch",
    "with_pulse",
]
