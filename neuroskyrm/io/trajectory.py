"""Trajectories: the recorded table and the snapshots of a run, as HDF5."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from neuroskyrm.errors import DataError
from neuroskyrm.io.atomic import replacing

FORMAT = "neuroskyrm-trajectory-1"


def _no_snapshots() -> NDArray[np.float32]:
    return np.zeros((0, 3, 0, 0, 0), dtype=np.float32)


@dataclass
class Trajectory:
    """What a run recorded.

    Parameters
    ----------
    table : dict of str to array
        Columns of equal length; "t" is time [s].
    snapshots : float32 array of shape (frames, 3, layers, ny, nx)
        Magnetisation at some moments.
    times : array of shape (frames,)
        Their times [s].
    attrs : dict
        Provenance: numbers, texts, lists and dicts of them.

    Raises
    ------
    DataError
        Columns differ in length, or there is not one time per snapshot.
    """

    table: dict[str, NDArray[Any]]
    snapshots: NDArray[np.float32] = field(default_factory=_no_snapshots)
    times: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    attrs: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.table = {name: np.asarray(column) for name, column in self.table.items()}
        lengths = {name: len(column) for name, column in self.table.items()}
        if len(set(lengths.values())) > 1:
            raise DataError(f"Trajectory columns must have one length, but have {lengths}.")
        if len(self.times) != len(self.snapshots):
            raise DataError(
                f"Trajectory needs one time per snapshot, but has {len(self.times)} times and "
                f"{len(self.snapshots)} snapshots."
            )

    def __len__(self) -> int:
        return len(next(iter(self.table.values()), ()))

    def __getitem__(self, column: str) -> NDArray[Any]:
        """Return one column of the table."""
        if column not in self.table:
            raise DataError(f"Trajectory has no column '{column}', only {', '.join(self.table)}.")
        return self.table[column]

    def save(self, path: Path | str) -> None:
        """Write the trajectory as HDF5 in one step (nothing half-written)."""
        with replacing(Path(path)) as temporary, h5py.File(temporary, "w") as file:
            file.attrs["format"] = FORMAT
            file.attrs["attrs"] = json.dumps(self.attrs)
            table = file.create_group("table", track_order=True)
            for name, column in self.table.items():
                table.create_dataset(name, data=column)
            file.create_dataset("times", data=self.times)
            packed = {"compression": "gzip", "shuffle": True} if self.snapshots.size else {}
            file.create_dataset("snapshots", data=self.snapshots, **packed)

    @classmethod
    def load(cls, path: Path | str) -> Trajectory:
        """Read a trajectory.

        Raises
        ------
        DataError
            The file is missing, damaged, or not a trajectory.
        """
        path = Path(path)
        if not path.exists():
            raise DataError(f"{path}: there is no such file.")
        try:
            with h5py.File(path, "r") as file:
                if file.attrs.get("format") != FORMAT:
                    raise DataError(f"{path}: this HDF5 file is not a {FORMAT} file.")
                return cls(
                    table={name: column[()] for name, column in file["table"].items()},
                    snapshots=file["snapshots"][()],
                    times=file["times"][()],
                    attrs=json.loads(file.attrs["attrs"]),
                )
        except (OSError, KeyError, json.JSONDecodeError) as problem:
            raise DataError(
                f"{path}: the trajectory is truncated or damaged ({problem})."
            ) from None

    def save_csv(self, path: Path | str) -> None:
        """Write the table alone as CSV, one header line, in one step."""
        with replacing(Path(path)) as temporary, temporary.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(self.table)
            writer.writerows(zip(*(column.tolist() for column in self.table.values()), strict=True))

    @classmethod
    def join(cls, parts: list[Trajectory], attrs: Mapping[str, Any] | None = None) -> Trajectory:
        """Return one trajectory of several that follow one another (same columns)."""
        if not parts:
            return cls({})
        names = list(parts[0].table)
        snapshots = [part.snapshots for part in parts if len(part.snapshots)]
        return cls(
            table={name: np.concatenate([part[name] for part in parts]) for name in names},
            snapshots=np.concatenate(snapshots) if snapshots else _no_snapshots(),
            times=np.concatenate([part.times for part in parts]),
            attrs=dict(parts[0].attrs if attrs is None else attrs),
        )
