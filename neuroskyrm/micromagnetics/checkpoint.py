"""Checkpoints: all that a simulation needs to continue with the same bits.

The thermal field belongs to (seed, step number), so no generator state is stored.
"""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from neuroskyrm.errors import DataError
from neuroskyrm.io.atomic import replacing
from neuroskyrm.micromagnetics.integrator import Integrator
from neuroskyrm.micromagnetics.sample import Array

FORMAT = "neuroskyrm-checkpoint-1"


def save(path: Path, m: Array, t: float, integrator: Integrator, seed: int) -> None:
    """Write a checkpoint in one step."""
    with replacing(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs["format"] = FORMAT
        file.attrs["t"] = t
        file.attrs["dt"] = integrator.dt
        file.attrs["step"] = integrator.step_number
        file.attrs["seed"] = str(seed)
        file.create_dataset("m", data=m)


def load(path: Path, integrator: Integrator, seed: int) -> float:
    """Set `integrator` to a checkpoint; return its time [s].

    Raises
    ------
    DataError
        The file is missing, damaged, or belongs to another mesh, number type or seed.
    """
    if not path.exists():
        raise DataError(f"{path}: there is no such file.")
    try:
        with h5py.File(path, "r") as file:
            if file.attrs.get("format") != FORMAT:
                raise DataError(f"{path}: this HDF5 file is not a {FORMAT} file.")
            m = file["m"][()]
            t, dt = float(file.attrs["t"]), float(file.attrs["dt"])
            step, written = int(file.attrs["step"]), str(file.attrs["seed"])
    except (OSError, KeyError) as problem:
        raise DataError(f"{path}: the checkpoint is truncated or damaged ({problem}).") from None
    shape, dtype = tuple(integrator.m.shape), integrator.system.dtype
    if m.shape != shape or m.dtype != dtype:
        raise DataError(
            f"{path}: the checkpoint holds {m.dtype} {m.shape}, but the simulation needs "
            f"{dtype} {shape}."
        )
    if written != str(seed):
        raise DataError(f"{path}: the checkpoint has seed {written}, but the simulation {seed}.")
    if not np.isfinite(m).all():
        raise DataError(f"{path}: the checkpoint holds NaN or infinity.")
    integrator.restart(m)
    integrator.dt, integrator.step_number = dt, step
    return t
