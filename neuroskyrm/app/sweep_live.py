"""The results of a sweep while it runs: a zarr store beside the journal, for anyone to open."""

from __future__ import annotations

import json
import shutil
import time
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.app.metric_units import metric_unit
from neuroskyrm.app.sweep import Sweep
from neuroskyrm.app.sweep_journal import Record
from neuroskyrm.app.sweep_plan import Plan
from neuroskyrm.app.sweep_results import dataset
from neuroskyrm.errors import DataError

if TYPE_CHECKING:
    import xarray as xr

EVERY = 2.0
"""Least time between two writes [s]."""

SHARE = 0.02
"""Largest share of the time that goes into writing; what is long to write is written seldom."""

CHUNK = 1 << 16
"""Points in a chunk at most: a write touches only the chunks whose points have changed."""

FORMAT: Literal[2] = 2
"""Version of the zarr format: 3 has no settled type for coordinates that are texts."""


class LiveResults:
    """The labelled data set of a sweep, on disk as zarr while points come in.

    It is the data set of `neuroskyrm.app.sweep_results.dataset`, with one more variable: "done"
    is 1 where a point is finished. Metrics of the others are NaN.

    Parameters
    ----------
    sweep : Sweep
        The sweep.
    plan : Plan
        Its points.
    path : Path
        The store, a folder; an old one is replaced.
    known : sequence of Record
        Points that are finished already.
    """

    def __init__(self, sweep: Sweep, plan: Plan, path: Path, known: list[Record]) -> None:
        self.sweep, self.plan, self.path = sweep, plan, path
        self.columns: dict[str, NDArray[Any]] = {
            name: np.zeros(len(plan.points), np.int8) for name in ("done", "failed")
        }
        self.failures: dict[str, str] = {}
        self.stored: set[str] = set()
        self.changed: set[int] = set()
        self.written, self.cost = 0.0, 0.0
        skeleton = dataset(sweep, plan, [None] * len(plan.points))
        self.dims, self.shape = skeleton["failed"].dims, skeleton["failed"].shape
        self.rows = max(1, CHUNK // prod(self.shape[1:]))
        self._create(skeleton)
        for record in known:
            self._take(record)
        self.flush()

    def add(self, record: Record) -> None:
        """Take the record of a point; written at once, or a little later with others."""
        self._take(record)
        if time.monotonic() - self.written > max(EVERY, self.cost / SHARE):
            self.flush()

    def flush(self) -> None:
        """Write what has changed."""
        import zarr

        if not self.changed:
            return
        start = time.monotonic()
        self._store_new()
        group = zarr.open_group(self.path, mode="r+", zarr_format=FORMAT, use_consolidated=False)
        chunks = {number // prod(self.shape[1:]) // self.rows for number in self.changed}
        for name, column in self.columns.items():
            values = column.reshape(self.shape)
            array = zarr.open_array(self.path / name, mode="r+", zarr_format=FORMAT)
            for chunk in chunks:
                slab = slice(chunk * self.rows, (chunk + 1) * self.rows)
                array[slab] = values[slab]
        group.attrs["failures"] = json.dumps(self.failures)
        zarr.consolidate_metadata(self.path, zarr_format=FORMAT)
        self.changed.clear()
        self.written = time.monotonic()
        self.cost = self.written - start

    def _take(self, record: Record) -> None:
        """Put a record into the columns; one of another plan, such as verification's, is left."""
        number = record.number
        if record.key != self.plan.points[number].key:
            return
        self.columns["done"][number] = 1
        self.columns["failed"][number] = bool(record.error)
        if record.error:
            self.failures[str(number)] = record.error
        for name, value in record.metrics.items():
            if isinstance(value, (int, float)) and name in (self.sweep.metrics or record.metrics):
                if name not in self.columns:
                    self.columns[name] = np.full(len(self.plan.points), np.nan)
                self.columns[name][number] = value
        self.changed.add(number)

    def _create(self, skeleton: xr.Dataset) -> None:
        if self.path.exists():
            shutil.rmtree(self.path)
        coordinates = skeleton.drop_vars(list(skeleton.data_vars))
        coordinates.to_zarr(self.path, mode="w", zarr_format=FORMAT, consolidated=True)
        self.attrs = skeleton.attrs

    def _store_new(self) -> None:
        """Make arrays for columns that the store does not have yet."""
        import xarray as xr

        new = [name for name in self.columns if name not in self.stored]
        if not new:
            return
        variables = {
            name: (self.dims, self.columns[name].reshape(self.shape), {"units": metric_unit(name)})
            for name in new
        }
        chunks = (min(self.rows, self.shape[0]), *self.shape[1:])
        xr.Dataset(variables, attrs=self.attrs).to_zarr(
            self.path, mode="a", zarr_format=FORMAT, consolidated=True,
            encoding={name: {"chunks": chunks} for name in new},
        )  # fmt: skip
        self.stored.update(new)


def open_results(folder: Path) -> xr.Dataset:
    """Return the results of a sweep as they are now: of a finished one, or of one that runs.

    Parameters
    ----------
    folder : Path
        Folder of the sweep.

    Returns
    -------
    xarray.Dataset
        In memory. Of a sweep that runs, "done" is 1 where a point is finished.

    Raises
    ------
    DataError
        There are no results in the folder.
    """
    import xarray as xr

    if (folder / "results.nc").exists():
        return xr.load_dataset(folder / "results.nc")
    if (folder / "results.zarr").exists():
        return xr.load_dataset(folder / "results.zarr", engine="zarr")
    raise DataError(f"{folder}: no results.nc or results.zarr; it must be the folder of a sweep.")
