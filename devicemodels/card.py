"""The device card: what calibration found out about a device, as data."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import Field, model_validator

from neuroskyrm.errors import DeviceError
from neuroskyrm.io.atomic import write_text
from neuroskyrm.validation import FrozenModel, check, read_yaml

FORMAT = 1
"""Newest card format this version reads and writes."""

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Probability = Annotated[float, Field(ge=0, le=1)]
Row = list[Probability]


class Levels(FrozenModel):
    """Conductance of each state, in ascending order of state.

    Attributes
    ----------
    mean : list of float
        Mean conductance [S], strictly ascending, shape (states,).
    read_sd : list of float
        Standard deviation of repeated reads within a state (thermal) [S], shape (states,).
    visit_sd : list of float
        Standard deviation between separate visits to the same state (cycle to cycle) [S].
    skyrmions : list of float
        Mean number of skyrmions under the read-out in each state.
    visits : list of int or None
        Number of separate visits each level is the mean of.
    """

    mean: list[Positive] = Field(min_length=2, max_length=255)
    read_sd: list[NotNegative]
    visit_sd: list[NotNegative]
    skyrmions: list[NotNegative]
    visits: list[Annotated[int, Field(ge=1)]] | None = None


class Branch(FrozenModel):
    """Transition statistics of one pulse polarity.

    Attributes
    ----------
    later : list of list of float
        ``later[i][j]`` is the probability that one pulse takes state i to state j, in every
        cycle but the first; rows sum to 1 (failures are on the diagonal, multi-skyrmion jumps
        further off it).
    first : list of list of float or None
        The same in the first LTP/LTD cycle, where it was told apart.
    observed : list of int
        Number of pulses seen from each state in `later` (0: the row is a prior, not a
        measurement).
    observed_first : list of int or None
        The same for `first`.
    """

    later: list[Row]
    first: list[Row] | None = None
    observed: list[Annotated[int, Field(ge=0)]]
    observed_first: list[Annotated[int, Field(ge=0)]] | None = None


class PulseCost(FrozenModel):
    """One programming pulse and what it costs (Eq. 3 of Chen et al.).

    Attributes
    ----------
    energy : float
        Energy per pulse [J].
    width, pause : float
        Duration of the pulse and of the relaxation after it [s].
    current_density : float
        Nominal current density in the heavy metal [A/m^2].
    """

    energy: Positive
    width: Positive
    pause: NotNegative
    current_density: Positive


class DeviceCard(FrozenModel):
    """A calibrated device: levels, transitions, costs, validity and where it all came from.

    Attributes
    ----------
    format : int
        Version of this file format.
    name, description : str
        What the device is.
    levels : Levels
        Conductance states.
    potentiation, depression : Branch
        Transition statistics of positive and negative pulses.
    pulse : PulseCost
        Energy and duration of one pulse.
    device_spread : float
        Relative device-to-device standard deviation of the conductance range.
    relaxation_time : float or None
        Time constant of the drift towards equilibrium between pulses [s], where measured.
    validity : dict
        Range of each condition the card was calibrated for, e.g. ``temperature: [300, 300]``.
    intervals : dict
        95 % bootstrap intervals of fitted numbers, by dotted name.
    provenance : dict
        Study, command, code version, hashes, seeds, fidelity level, limits.
    """

    format: int = Field(default=FORMAT, ge=1)
    name: str = Field(min_length=1, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    description: str
    levels: Levels
    potentiation: Branch
    depression: Branch
    pulse: PulseCost
    device_spread: NotNegative = 0.0
    relaxation_time: Positive | None = None
    validity: dict[str, tuple[float, float]] = Field(default_factory=dict)
    intervals: dict[str, tuple[float, float]] = Field(default_factory=dict)
    provenance: dict[str, Any]

    @model_validator(mode="after")
    def _consistent(self) -> DeviceCard:
        count = len(self.levels.mean)
        if any(b <= a for a, b in zip(self.levels.mean, self.levels.mean[1:], strict=False)):
            raise ValueError("has 'levels.mean' out of order; it must rise from state to state")
        for field in ("read_sd", "visit_sd", "skyrmions"):
            _same_length(f"levels.{field}", getattr(self.levels, field), count)
        if self.levels.visits is not None:
            _same_length("levels.visits", self.levels.visits, count)
        for field in ("potentiation", "depression"):
            branch: Branch = getattr(self, field)
            _same_length(f"{field}.observed", branch.observed, count)
            _stochastic(f"{field}.later", branch.later, count)
            if branch.first is not None:
                _stochastic(f"{field}.first", branch.first, count)
            if branch.observed_first is not None:
                _same_length(f"{field}.observed_first", branch.observed_first, count)
        return self

    @property
    def states(self) -> int:
        """Number of conductance states."""
        return len(self.levels.mean)

    @property
    def conductance(self) -> NDArray[np.float64]:
        """Mean conductance of each state [S], shape (states,)."""
        return np.array(self.levels.mean)

    @property
    def area(self) -> float | None:
        """Footprint of the track that was simulated for it [m^2]; None if the card names none."""
        found: Any = self.provenance
        for key in ("study", "track"):
            found = found.get(key) if isinstance(found, dict) else None
        if not isinstance(found, dict):
            return None
        length, width = (found.get(side) for side in ("length", "width"))
        if isinstance(length, float) and isinstance(width, float):
            return length * width
        return None

    @property
    def digest(self) -> str:
        """Short content hash (12 hexadecimal digits), independent of file layout."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]

    def save(self, path: Path) -> None:
        """Write the card as YAML, in one step."""
        content = self.model_dump(mode="json", exclude_none=True)
        write_text(
            path, yaml.safe_dump(content, sort_keys=False, default_flow_style=None, width=100)
        )


def _same_length(field: str, values: list[Any], count: int) -> None:
    if len(values) != count:
        raise ValueError(
            f"has {len(values)} entries in '{field}'; it must have {count}, one a state"
        )


def _stochastic(field: str, rows: list[Row], count: int) -> None:
    _same_length(field, rows, count)
    for state, row in enumerate(rows):
        _same_length(f"{field}[{state}]", row, count)
        if abs(sum(row) - 1) > 1e-6:
            raise ValueError(f"has '{field}[{state}]' adding up to {sum(row):.6g}; it must be 1")


def shipped_cards() -> list[str]:
    """Return the names of the cards that come with the toolkit."""
    folder = files("devicemodels") / "cards"
    return sorted(
        f.name.removesuffix(".yaml") for f in folder.iterdir() if f.name.endswith(".yaml")
    )


def load_card(name: str | Path) -> DeviceCard:
    """Load a card by the name of a shipped one, or from a YAML file.

    Parameters
    ----------
    name : str or Path
        A name in `shipped_cards`, or a path.

    Returns
    -------
    DeviceCard

    Raises
    ------
    DeviceError
        The card is unknown, damaged, or of a newer format.
    """
    path = Path(name)
    if str(name) in shipped_cards():
        path = Path(str(files("devicemodels") / "cards" / f"{name}.yaml"))
    elif not path.exists():
        known = ", ".join(shipped_cards()) or "none"
        raise DeviceError(f"{name}: neither a card file nor a shipped card; shipped: {known}.")
    content = read_yaml(path, DeviceError)
    version = content.get("format", FORMAT)
    if isinstance(version, int) and version > FORMAT:
        raise DeviceError(
            f"{path}: 'format' = {version} is newer than this neuroskyrm reads (up to {FORMAT}); "
            "upgrade neuroskyrm."
        )
    return check(DeviceCard, content, str(path), DeviceError)
