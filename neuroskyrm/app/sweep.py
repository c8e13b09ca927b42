"""The sweep file: a base study, the axes along which it varies, and what to look at."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from neuroskyrm.app import quantities as q
from neuroskyrm.app.study import Study, default_study, merge
from neuroskyrm.app.sweep_rungs import RUNGS, Rung, staircase
from neuroskyrm.errors import ConfigError
from neuroskyrm.validation import FrozenModel, check, read_yaml

Positive = Annotated[q.Whole, Field(ge=1, le=10_000_000)]


class RangeAxis(FrozenModel):
    """A number that runs from one value to another."""

    start: float | str = Field(alias="from", description="first value, with its unit")
    to: float | str = Field(description="last value, with its unit")
    count: Positive | None = Field(None, description="values on a grid; not for random sampling")
    spacing: Literal["linear", "log"] = Field("linear", description="even steps or even ratios")


Axis = RangeAxis | Annotated[list[Any], Field(min_length=1)]


class Verification(FrozenModel):
    """The best points, computed again on a higher rung."""

    metric: str = Field(description="metric that says what is best")
    goal: Literal["max", "min"] = Field("max", description="whether large or small is good")
    best: Positive = Field(3, description="how many points")
    rung: Rung = Field("full", description="rung to verify on")


class Sweep(FrozenModel):
    """One sweep: which studies to compute, how far, and which metrics to keep."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")] = Field(
        "sweep", description="names the result folder"
    )
    study: str | None = Field(None, description="base study file, from this file; null = the demo")
    fixed: dict[str, Any] = Field(
        default_factory=dict, alias="set", description="changes to the base study, by dotted key"
    )
    until: str = Field("evaluate", description="last stage to compute")
    rung: Rung = Field("full", description="fidelity of the physics: full, coarse, thiele, card")
    axes: dict[str, Axis] = Field(min_length=1, description="dotted study key: list or range")
    sampling: Literal["grid", "random", "latin-hypercube"] = Field(
        "grid", description="how points are placed"
    )
    points: Positive | None = Field(None, description="number of points, unless a grid")
    repeats: Positive = Field(1, description="seeds of each point, counted from the study's")
    metrics: list[str] = Field(default_factory=list, description="what to keep; empty = all")
    verify: Verification | None = Field(None, description="best points again on a higher rung")
    seed: Annotated[q.Whole, Field(ge=0, lt=2**63)] = Field(0, description="of the sampling")


def load_sweep(path: Path) -> tuple[Sweep, dict[str, Any]]:
    """Read a sweep file and its base study.

    Parameters
    ----------
    path : Path
        The sweep file.

    Returns
    -------
    sweep : Sweep
        The checked sweep.
    base : dict
        Content of the base study with the fixed changes, not yet filled with defaults.

    Raises
    ------
    ConfigError
        A file, a key or a value is wrong.
    """
    sweep = check(Sweep, read_yaml(path), str(path))
    _check_whole(sweep, path)
    base = {} if sweep.study is None else read_yaml(path.parent / sweep.study)
    base = with_values(base, sweep.fixed)
    known = default_study().model_dump()
    for key in [*sweep.axes, *sweep.fixed]:
        check_key(key, known, str(path))
    check(Study, base, f"{path} with its base study")
    return sweep, base


def with_values(base: dict[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the study content `base` with dotted keys set to `values`."""
    for key, value in values.items():
        content: Any = value
        for part in reversed(key.split(".")):
            content = {part: content}
        base = merge(base, content)
    return base


def _check_whole(sweep: Sweep, path: Path) -> None:
    """Complain about keys of a sweep that do not fit each other."""
    if sweep.until not in staircase(sweep.rung):
        known = ", ".join(staircase(sweep.rung))
        raise ConfigError(
            f"{path}: 'until' = '{sweep.until}' is no stage of rung {sweep.rung}; known: {known}."
        )
    if (sweep.points is None) != (sweep.sampling == "grid"):
        wrong = "is missing" if sweep.points is None else f"= {sweep.points} has no meaning"
        raise ConfigError(f"{path}: 'points' {wrong} with sampling '{sweep.sampling}'.")
    for key, axis in sweep.axes.items():
        counted = isinstance(axis, RangeAxis) and axis.count is not None
        if isinstance(axis, RangeAxis) and counted != (sweep.sampling == "grid"):
            wrong = "has no meaning" if counted else "is missing"
            raise ConfigError(
                f"{path}: 'axes.{key}.count' {wrong} with sampling '{sweep.sampling}'."
            )
    if sweep.verify is not None and RUNGS.index(sweep.verify.rung) >= RUNGS.index(sweep.rung):
        raise ConfigError(
            f"{path}: 'verify.rung' = '{sweep.verify.rung}' must be higher than the sweep's "
            f"'{sweep.rung}'; from high to low: {', '.join(RUNGS)}."
        )


def check_key(key: str, known: Any, source: str) -> None:
    """Complain if the dotted `key` is not a value of a study.

    Raises
    ------
    ConfigError
        With the nearest key there is.
    """
    from difflib import get_close_matches

    for part in key.split("."):
        if not isinstance(known, dict) or part not in known:
            names = list(known) if isinstance(known, dict) else []
            near = get_close_matches(part, names, n=1, cutoff=0.5)
            remedy = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(names)}."
            raise ConfigError(f"{source}: '{key}' is no key of a study ('{part}'); {remedy}")
        known = known[part]
    if isinstance(known, dict):
        raise ConfigError(
            f"{source}: '{key}' is a section of a study; name one of its keys: {', '.join(known)}."
        )
