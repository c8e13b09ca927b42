"""Simulate a synapse track: seed, settle, pulse, and read after every pulse."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.constants import MU0
from neuroskyrm.errors import DataError
from neuroskyrm.io.trajectory import Trajectory
from neuroskyrm.micromagnetics.mesh import Mesh
from neuroskyrm.micromagnetics.simulation import Simulation
from neuroskyrm.micromagnetics.terms import (
    Demag,
    Exchange,
    InterfacialDMI,
    InterlayerExchange,
    UniaxialAnisotropy,
    Zeeman,
)
from neuroskyrm.micromagnetics.torques import SpinOrbitTorque
from neuroskyrm.micromagnetics.track import Track
from neuroskyrm.micromagnetics.track_drive import Drive, Step
from neuroskyrm.micromagnetics.track_reads import Read, read_track
from neuroskyrm.texture import seed_skyrmion

SETTLE = 0.5e-9
"""Time at temperature between seeding and the first read [s]."""
