"""A user's measured staircase as a table: read from CSV, checked, split into its two branches."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.errors import DataError
from neuroskyrm.units import CONDUCTANCE

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Table:
    """A measured staircase: potentiation first, then depression.

    Attributes
    ----------
    name : str
        File name.
    conductance : ndarray, shape (repeats, pulses + 1)
        Conductance after 0, 1, 2 ... pulses [S].
    turn : int
        Number of potentiation pulses; all later ones depress.
    digest : str
        SHA-256 of the file, 12 digits.
    """

    name: str
    conductance: Array
    turn: int
    digest: str

    @property
    def up(self) -> Array:
        """Potentiation branch, shape (repeats, turn + 1) [S]."""
        return self.conductance[:, : self.turn + 1]

    @property
    def down(self) -> Array:
        """Depression branch from its highest point, shape (repeats, pulses - turn + 1) [S]."""
        return self.conductance[:, self.turn :]


def read_table(path: str | Path, turn: int | None = None) -> Table:
    """Read a measured staircase.

    The file has a header with the columns ``pulse`` (0, 1, 2 ... counted through both branches),
    ``conductance`` and, for repeated sweeps, ``repeat`` (any label). Conductances are in S unless
    the header names a unit: ``conductance [uS]``. Columns are parted by comma, semicolon (then
    a decimal comma is understood) or tab; lines that start with ``#`` are skipped.

    Parameters
    ----------
    path : str or Path
        CSV file.
    turn : int, optional
        Number of potentiation pulses. Default: the middle of the table if the mean is highest
        there within its error, else where the mean is highest.

    Returns
    -------
    Table

    Raises
    ------
    DataError
        The file is missing or damaged: one sentence names the line and the value.
    """
    file = Path(path)
    rows, unit = _rows(file)
    repeats: dict[str, dict[int, float]] = {}
    for line, row in rows:
        pulse, conductance = _numbers(file, line, row)
        points = repeats.setdefault(row.get("repeat") or "", {})
        if pulse in points:
            raise DataError(f"{file}: line {line}: pulse {pulse} occurs twice in one repeat.")
        points[pulse] = conductance * unit
    expected = max(len(points) for points in repeats.values())
    for label, points in repeats.items():
        if sorted(points) != list(range(expected)):
            raise DataError(
                f"{file}: repeat '{label}' must hold every pulse from 0 to {expected - 1} once, "
                f"but holds {len(points)} of them."
            )
    if expected < 5:
        raise DataError(f"{file}: {expected} pulses are too few; a staircase needs at least 5.")
    table = np.array([[points[p] for p in range(expected)] for points in repeats.values()])
    if np.ptp(table.mean(axis=0)) == 0:
        raise DataError(f"{file}: the conductance never changes; there is no staircase in it.")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:12]
    return Table(file.name, table, _checked_turn(file, table, turn), digest)


def _rows(file: Path) -> tuple[list[tuple[int, dict[str, str]]], float]:
    """Return the rows with their line numbers, and the unit of the conductances [S]."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, IsADirectoryError, PermissionError) as problem:
        raise DataError(f"{file}: the table cannot be read ({problem.strerror}).") from None
    except UnicodeDecodeError:
        raise DataError(f"{file}: this is not a CSV file of text.") from None
    lines = [
        (number, line)
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    header = lines[0][1] if lines else ""
    separator = max(",;\t", key=header.count)
    names = [name.strip() for name in header.split(separator)]
    unit = 1.0
    for place, name in enumerate(names):
        if name.startswith("conductance") and name != "conductance":
            names[place], unit = "conductance", _unit(file, name)
    for needed in ("pulse", "conductance"):
        if needed not in names:
            found = ", ".join(name for name in names if name) or "nothing"
            raise DataError(f"{file}: column '{needed}' is missing; found: {found}.")
    if len(lines) < 2:
        raise DataError(f"{file}: the table has a header, but no rows.")
    reader = csv.reader((line for _, line in lines[1:]), delimiter=separator, skipinitialspace=True)
    try:
        cells = list(reader)
    except csv.Error as problem:
        raise DataError(f"{file}: not a table ({problem}).") from None
    rows = [
        (number, dict(zip(names, row, strict=False)))
        for (number, _), row in zip(lines[1:], cells, strict=False)
    ]
    return rows, unit


def _unit(file: Path, name: str) -> float:
    """Return the unit named in a header such as ``conductance [uS]``, in S."""
    text = name.removeprefix("conductance").strip(" []()_")
    factor = CONDUCTANCE.factor(text)
    if factor is None:
        raise DataError(
            f"{file}: the unit '{text}' of the conductance must be one of "
            f"{CONDUCTANCE.examples()}, with a prefix."
        )
    return factor


def _numbers(file: Path, line: int, row: dict[str, str]) -> tuple[int, float]:
    texts = [row.get(name, "nothing") for name in ("pulse", "conductance")]
    try:
        pulse, conductance = (float(text.replace(",", ".")) for text in texts)
    except ValueError:
        raise DataError(
            f"{file}: line {line}: pulse = {texts[0]!r}, conductance = {texts[1]!r} must be two "
            "numbers."
        ) from None
    if not (pulse.is_integer() and pulse >= 0):
        raise DataError(f"{file}: line {line}: pulse = {pulse:g} must be a whole number from 0.")
    if not (np.isfinite(conductance) and conductance > 0):
        raise DataError(
            f"{file}: line {line}: conductance = {conductance:g} must be finite and positive [S]."
        )
    return int(pulse), conductance


def _checked_turn(file: Path, table: Array, turn: int | None) -> int:
    pulses = table.shape[1] - 1
    if turn is not None:
        if not 2 <= turn <= pulses - 2:
            raise DataError(f"{file}: turn = {turn} must lie between 2 and {pulses - 2}.")
        return turn
    mean = table.mean(axis=0)
    error = table.std(axis=0).max() / np.sqrt(len(table))
    middle: int = pulses // 2
    if pulses % 2 == 0 and mean[middle] >= mean.max() - 2 * error:
        return middle
    found = int(mean.argmax())
    if not 2 <= found <= pulses - 2:
        raise DataError(
            f"{file}: the mean is highest at pulse {found}, so one branch is missing; "
            "the table must rise, then fall."
        )
    return found
