"""The journal of a sweep: one line a finished point, appended, so that it survives anything."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from neuroskyrm.errors import DataError
from neuroskyrm.io.stage_store import Metrics


@dataclass(frozen=True)
class Record:
    """What became of one point.

    Attributes
    ----------
    key : str
        Hash of everything that decides the point; "invalid-N" if its study is not valid.
    number : int
        Number of the point.
    rung : str
        Rung it was computed on.
    metrics : dict
        Flat metrics; empty if it failed.
    error, details : str
        Why it failed, and the traceback if that was not foreseen.
    seconds : float
        Wall time of the stages that were computed for it first.
    """

    key: str
    number: int
    rung: str
    metrics: Metrics = field(default_factory=dict)
    error: str = ""
    details: str = ""
    seconds: float = 0.0


class Journal:
    """The records of a sweep, by key and number, in a file of JSON lines with one writer.

    Parameters
    ----------
    path : Path, optional
        The file; made with the first record. A last line that was cut off is dropped. None keeps
        the records in memory alone.
    watch : callable, optional
        Called with every record that is added.

    Raises
    ------
    DataError
        Another line of the file is damaged.
    """

    def __init__(
        self, path: Path | None = None, watch: Callable[[Record], None] = lambda record: None
    ) -> None:
        self.path, self.watch = path, watch
        self.records: dict[tuple[str, int], Record] = {}
        if path is None or not path.exists():
            return
        lines = path.read_bytes().split(b"\n")
        whole = b"\n".join(lines[:-1]) + b"\n" if len(lines) > 1 else b""
        if lines[-1]:  # the process died while it wrote this line
            path.write_bytes(whole)
        for number, line in enumerate(lines[:-1], start=1):
            try:
                record = Record(**json.loads(line))
            except (ValueError, TypeError):
                raise DataError(
                    f"{path}: line {number} is damaged; remove the file to collect the finished "
                    "points again (no stage is computed twice)."
                ) from None
            self.records[record.key, record.number] = record

    def find(self, key: str, number: int) -> Record | None:
        """Return the record of a point, or None."""
        return self.records.get((key, number))

    def add(self, record: Record) -> None:
        """Append one record."""
        self.records[record.key, record.number] = record
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(record), allow_nan=False) + "\n")
        self.watch(record)
