"""Checkpoints: all that a simulation needs to continue with the same bits.

The thermal field belongs to (seed, step number), so no generator state is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from neuroskyrm.errors import DataError
from neuroskyrm.io.atomic import replacing
from neuroskyrm.micromagnetics.integrator import Integrator

FORMAT = "neuroskyrm-checkpoint-1"

Arrays = dict[str, NDArray[Any]]


def save(
    path: Path,
    t: float,
    integrator: Integrator,
    seed: int,
    place: Mapping[str, float] | None = None,
    more: Mapping[str, NDArray[Any]] | None = None,
) -> None:
    """Write a checkpoint in one step.

    Parameters
    ----------
    path : Path
        The file.
    t : float
        Time [s].
    integrator : Integrator
        Holds m, step and step number.
    seed : int
        Seed of the thermal field.
    place, more : mapping, optional
        Inside a run: where it stands, and the arrays that it needs to go on.
    """
    with replacing(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs["format"] = FORMAT
        file.attrs["t"] = t
        file.attrs["dt"] = integrator.dt
        file.attrs["step"] = integrator.step_number
        file.attrs["seed"] = str(seed)
        file.create_dataset("m", data=integrator.system.host(integrator.m))
        inner = file.create_group("run", track_order=True)
        inner.attrs.update(place or {})
        for name, values in (more or {}).items():
            inner.create_dataset(name, data=values)


def load(path: Path, integrator: Integrator, seed: int) -> tuple[float, dict[str, float], Arrays]:
    """Set `integrator` to a checkpoint; return its time [s], place and arrays.

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
            inner = file.get("run", {})
            place = {k: float(v) for k, v in inner.attrs.items()} if len(inner) else {}
            more = {name: values[()] for name, values in inner.items()}
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
    return t, place, more
