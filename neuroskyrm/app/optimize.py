"""The design file of `neuroskyrm optimize`: what may vary, what is good, what is required."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from neuroskyrm.app import quantities as q
from neuroskyrm.app.study import Study, default_study
from neuroskyrm.app.sweep import Positive, RangeAxis, check_key, with_values
from neuroskyrm.app.sweep_points import axis_ends
from neuroskyrm.app.sweep_rungs import RUNGS, Rung, staircase
from neuroskyrm.errors import ConfigError
from neuroskyrm.validation import FrozenModel, check, read_yaml


class Bound(FrozenModel):
    """A metric that must lie within bounds [SI]."""

    at_least: float | None = Field(None, description="smallest value allowed")
    at_most: float | None = Field(None, description="largest value allowed")

    def violation(self, value: float) -> float:
        """Return by how much `value` breaks the bound; 0 or less if it keeps it."""
        below = -float("inf") if self.at_least is None else self.at_least - value
        above = -float("inf") if self.at_most is None else value - self.at_most
        return max(below, above)


class Tie(FrozenModel):
    """A value that follows a parameter."""

    to: str = Field(description="dotted key of the parameter")
    factor: float = Field(1.0, description="times this")


class Design(FrozenModel):
    """A search: parameters of a study, objectives and constraints on its metrics."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")] = Field(
        "design", description="names the result folder"
    )
    study: str | None = Field(None, description="base study file, from this file; null = the demo")
    fixed: dict[str, Any] = Field(
        default_factory=dict, alias="set", description="changes to the base study, by dotted key"
    )
    until: str = Field("evaluate", description="last stage to compute")
    rung: Rung = Field("thiele", description="fidelity of the search: full, coarse, thiele, card")
    parameters: dict[str, RangeAxis | Annotated[list[Any], Field(min_length=1)]] = Field(
        min_length=1, description="dotted study key: list or range"
    )
    tied: dict[str, Tie] = Field(
        default_factory=dict, description="dotted study key: the parameter it follows"
    )
    objectives: dict[str, Literal["max", "min"]] = Field(
        min_length=1, description="metric: max or min"
    )
    constraints: dict[str, Bound] = Field(default_factory=dict, description="metric: bounds [SI]")
    trials: Positive = Field(100, description="points to try")
    verify: Annotated[q.Whole, Field(ge=0, le=1000)] = Field(
        0, description="designs of the front to compute again on rung full"
    )
    seed: Annotated[q.Whole, Field(ge=0, lt=2**31)] = Field(0, description="of the search")


def load_design(path: Path) -> tuple[Design, dict[str, Any]]:
    """Read a design file and its base study.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    design : Design
        The checked design.
    base : dict
        Content of the base study with the fixed changes.

    Raises
    ------
    ConfigError
        A file, a key or a value is wrong.
    """
    design = check(Design, read_yaml(path), str(path))
    if design.until not in staircase(design.rung):
        known = ", ".join(staircase(design.rung))
        raise ConfigError(
            f"{path}: 'until' = '{design.until}' is no stage of rung {design.rung}; known: {known}."
        )
    if design.verify and design.rung == RUNGS[0]:
        raise ConfigError(f"{path}: 'verify' has no meaning on rung {design.rung}, the highest.")
    known_keys = default_study().model_dump()
    for key in [*design.parameters, *design.tied, *design.fixed]:
        check_key(key, known_keys, str(path))
    for key, axis in design.parameters.items():
        if isinstance(axis, RangeAxis):
            _check_range(key, axis, path)
    for key, tie in design.tied.items():
        if not isinstance(design.parameters.get(tie.to), RangeAxis):
            raise ConfigError(
                f"{path}: 'tied.{key}.to' = '{tie.to}' must be a parameter with a range."
            )
    base = {} if design.study is None else read_yaml(path.parent / design.study)
    base = with_values(base, design.fixed)
    check(Study, base, f"{path} with its base study")
    return design, base


def _check_range(key: str, axis: RangeAxis, path: Path) -> None:
    """Complain about a range in which nothing can be chosen."""
    if axis.count is not None:
        raise ConfigError(
            f"{path}: 'parameters.{key}.count' has no meaning in a search; give a list of values "
            "to choose from, or the range alone."
        )
    start, to = axis_ends(key, axis, "parameters")
    if not start < to:
        raise ConfigError(
            f"{path}: 'parameters.{key}' from {start:g} to {to:g} must end above its start."
        )
