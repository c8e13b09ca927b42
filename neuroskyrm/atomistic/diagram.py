"""Process diagrams: labelled processes over any two parameters, resumable."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.atomistic.labels import LABELS
from neuroskyrm.atomistic.process import Process, ProcessRun, simulate_processes
from neuroskyrm.atomistic.pulse import FieldPulse
from neuroskyrm.errors import ConfigError, DataError
from neuroskyrm.io.atomic import replacing

if TYPE_CHECKING:
    import xarray

UNDONE = -1
"""Label of a point that is not simulated yet."""

_PULSE = ("width", "polar", "azimuth", "amplitude", "centre")
_PROCESS = ("damping", "temperature", "seed")
_UNITS = {"width": "s", "polar": "deg", "azimuth": "deg", "amplitude": "T", "centre": "s",
          "damping": "1", "temperature": "K", "seed": "1"}  # fmt: skip
_CHECKPOINT_SECONDS = 20.0

Measure = Callable[[ProcessRun], NDArray[np.float32]]


@dataclass(frozen=True)
class Axis:
    """One axis of a process diagram.

    Parameters
    ----------
    name : str
        "width", "polar", "azimuth", "amplitude" or "centre" of the pulse; "damping",
        "temperature" or "seed" of the process.
    values : tuple of float
        Its points [SI; angles in degrees].
    """

    name: str
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.name not in _UNITS:
            known = ", ".join(sorted(_UNITS))
            raise ConfigError(f"Axis: 'name' = {self.name!r} must be one of {known}.")
        if not self.values:
            raise ConfigError(f"Axis '{self.name}': 'values' must not be empty.")


PAPER_WIDTHS = Axis("width", tuple(round(k * 1e-12, 15) for k in range(1, 45)))
"""1 to 44 ps: the 44 columns of Figs. 3 and 11."""

PAPER_DAMPINGS = Axis("damping", tuple(round(0.02 * k, 2) for k in range(1, 41)))
"""0.02 to 0.80: their 40 rows."""


def process_diagram(
    base: Process | None = None,
    x: Axis = PAPER_WIDTHS,
    y: Axis = PAPER_DAMPINGS,
    *,
    threads: int = 1,
    progress: Callable[[int, int], None] | None = None,
    checkpoint: Path | None = None,
    measures: Mapping[str, Measure] | None = None,
) -> xarray.Dataset:
    """Simulate and label a process at every point of a grid.

    Parameters
    ----------
    base : Process, optional
        What the axes do not vary. Default: the paper's, at theta = 40 degrees.
    x, y : Axis
        The two parameters. Default: the paper's 44 x 40 grid.
    threads : int
        Processes side by side; the result does not depend on it.
    progress : callable, optional
        Called with (done, total) points.
    checkpoint : Path, optional
        A file that keeps what is done; an interrupted diagram goes on from it.
    measures : mapping, optional
        More variables: name to function of a run, each returning an array of fixed shape.

    Returns
    -------
    xarray.Dataset
        Over (y, x): label (index into `LABELS`), background, islands, percolates, charge; over
        (y, x, frame): mz; coordinates are the axes and the frame times.

    Raises
    ------
    ConfigError
        Both axes are the same.
    DataError
        The checkpoint belongs to another diagram.
    """
    if x.name == y.name:
        raise ConfigError(f"process_diagram: both axes are '{x.name}'; they must differ.")
    base = base or Process(damping=0.1, pulse=FieldPulse(width=10e-12))
    data = _resumed(checkpoint, _empty(base, x, y))
    todo = np.argwhere(data["label"].values == UNDONE)
    total = data["label"].size
    grid = [at_point(base, {x.name: x.values[j], y.name: y.values[i]}) for i, j in todo]
    saved = clock.monotonic()
    runs = simulate_processes(grid, threads)
    try:
        for done, ((i, j), run) in enumerate(zip(todo, runs, strict=True), start=1):
            _enter(data, int(i), int(j), run, measures or {})
            if checkpoint is not None and clock.monotonic() - saved > _CHECKPOINT_SECONDS:
                save_diagram(data, checkpoint)
                saved = clock.monotonic()
            if progress is not None:
                progress(total - len(todo) + done, total)
    finally:
        runs.close()
        if checkpoint is not None and len(todo):
            save_diagram(data, checkpoint)
    return data


def clear_interior(labels: NDArray[np.integer], margin: int = 1) -> NDArray[np.bool_]:
    """Return the points whose whole neighbourhood has the same clear (not mixed) label.

    These are the "internal areas" that the paper trains on (its Fig. 11).

    Parameters
    ----------
    labels : ndarray
        Label of each point, shape (y, x).
    margin : int
        Half width of the square neighbourhood; beyond the edge of the diagram all is the same.
    """
    from scipy import ndimage

    box = np.ones((2 * margin + 1, 2 * margin + 1))
    inside = np.zeros(labels.shape, dtype=bool)
    for label in range(len(LABELS) - 1):
        inside |= ndimage.binary_erosion(labels == label, box, border_value=1)
    return inside


def save_diagram(data: xarray.Dataset, path: Path) -> None:
    """Write a diagram as netCDF, in one step."""
    with replacing(path) as temporary:
        data.to_netcdf(temporary, engine="scipy")


def load_diagram(path: Path) -> xarray.Dataset:
    """Read a diagram that `save_diagram` wrote.

    Raises
    ------
    DataError
        The file is missing or damaged.
    """
    import xarray

    try:
        return xarray.load_dataset(path, engine="scipy")
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file.") from None
    except Exception as problem:
        raise DataError(f"{path}: not a process diagram ({problem}).") from None


def at_point(base: Process, changes: Mapping[str, float]) -> Process:
    """Return `base` at one point of a diagram, given by the names of its axes."""
    pulse = {name: value for name, value in changes.items() if name in _PULSE}
    other: dict[str, Any] = {name: value for name, value in changes.items() if name in _PROCESS}
    if "seed" in other:
        other["seed"] = int(other["seed"])
    return replace(base, pulse=replace(base.pulse, **pulse), **other)


def _empty(base: Process, x: Axis, y: Axis) -> xarray.Dataset:
    import xarray

    shape, frames = (len(y.values), len(x.values)), len(base.frame_times)
    grid, series = (y.name, x.name), (y.name, x.name, "frame_time")
    data = xarray.Dataset(
        {
            "label": (grid, np.full(shape, UNDONE, dtype=np.int8)),
            "background": (grid, np.zeros(shape, dtype=np.int8)),
            "islands": (grid, np.zeros(shape, dtype=np.int16)),
            "percolates": (grid, np.zeros(shape, dtype=np.int8)),
            "charge": (grid, np.zeros(shape, dtype=np.int16)),
            "mz": (series, np.zeros((*shape, frames), dtype=np.float32)),
        },
        coords={
            y.name: (y.name, np.array(y.values), {"units": _UNITS[y.name]}),
            x.name: (x.name, np.array(x.values), {"units": _UNITS[x.name]}),
            "frame_time": ("frame_time", np.array(base.frame_times), {"units": "s"}),
        },
        attrs={"labels": " ".join(LABELS), "process": _described(base, x, y)},
    )
    data["label"].attrs["meaning"] = "index into the attribute 'labels'; -1 is not simulated"
    return data


def _described(base: Process, x: Axis, y: Axis) -> str:
    """Return everything the axes do not vary, as text: what a checkpoint must agree with."""
    flat = asdict(base)
    flat.update({f"pulse.{name}": value for name, value in flat.pop("pulse").items()})
    flat.update({f"hamiltonian.{name}": v for name, v in flat.pop("hamiltonian").items()})
    varied = {x.name, y.name, f"pulse.{x.name}", f"pulse.{y.name}"}
    return "; ".join(f"{name} = {flat[name]}" for name in sorted(flat) if name not in varied)


def _resumed(checkpoint: Path | None, empty: xarray.Dataset) -> xarray.Dataset:
    if checkpoint is None or not checkpoint.exists():
        return empty
    data = load_diagram(checkpoint)
    same_axes = all(
        name in data.coords and np.array_equal(data[name], empty[name]) for name in empty.coords
    )
    if not same_axes or data.attrs.get("process") != empty.attrs["process"]:
        raise DataError(
            f"{checkpoint}: belongs to another diagram; name another file or remove this one."
        )
    return data


def _enter(
    data: xarray.Dataset, i: int, j: int, run: ProcessRun, measures: Mapping[str, Measure]
) -> None:
    """Write one run into the data set."""
    final = run.final
    data["label"].values[i, j] = run.label
    data["background"].values[i, j] = final.background
    data["islands"].values[i, j] = final.islands
    data["percolates"].values[i, j] = final.percolates
    data["charge"].values[i, j] = final.charge
    data["mz"].values[i, j] = run.mz
    for name, measure in measures.items():
        value = measure(run)
        if name not in data:
            sides = [f"{name}_{k}" for k in range(value.ndim)]
            empty = np.full((*data["label"].shape, *value.shape), np.nan, dtype=np.float32)
            data[name] = ((*data["label"].dims, *sides), empty)
        data[name].values[i, j] = value
