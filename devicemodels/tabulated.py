"""From a measured staircase to a card: the two branches fitted separately, with intervals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from devicemodels.card import Branch, DeviceCard, Levels, PulseCost
from devicemodels.skyrmion import SkyrmionDevice
from devicemodels.sweep import sweep
from devicemodels.table import Array, Table, read_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RESOLUTION = 1e-3
"""Levels of the two branches that lie closer than this share of the range become one."""

UNKNOWN_COST = PulseCost(energy=3e-13, width=2e-9, pause=5e-9, current_density=5e11)
"""Cost of a pulse where the table's owner gives none: that of Chen et al., Eq. 3."""


def from_table(
    path: str | Path,
    name: str | None = None,
    *,
    turn: int | None = None,
    pulse: PulseCost | None = None,
    resamples: int = 200,
    seed: int = 0,
) -> DeviceCard:
    """Turn a measured (pulse, conductance[, repeat]) staircase into a device card.

    States are the fitted levels of both branches. A pulse takes a state to the next level of its
    branch; between the levels of a branch the step is interpolated. The scatter of the table
    about the fit becomes the spread between visits.

    Parameters
    ----------
    path : str or Path
        CSV file; see `table.read_table`.
    name : str, optional
        Name of the card. Default: from the file name.
    turn : int, optional
        Number of potentiation pulses.
    pulse : PulseCost, optional
        Energy and duration of one pulse.
    resamples : int, optional
        Bootstrap resamples for the 95 % intervals.
    seed : int, optional
        Seed of the bootstrap.

    Returns
    -------
    DeviceCard
        With `intervals` for range, nonlinearity of each branch and scatter.

    Raises
    ------
    DataError
        The table is missing or damaged.
    """
    table = read_table(path, turn)
    levels, up, down = _levels(table)
    scatter = _scatter(table, levels, up, down)
    rng = np.random.default_rng(seed)
    cost = pulse or UNKNOWN_COST
    return DeviceCard(
        name=name or "table-" + "".join(c if c.isalnum() else "-" for c in Path(path).stem),
        description="Fitted to a measured staircase.",
        levels=Levels(
            mean=levels.tolist(),
            read_sd=[0.0] * levels.size,
            visit_sd=scatter.tolist(),
            skyrmions=[0.0] * levels.size,
        ),
        potentiation=_branch(levels, up, len(table.conductance)),
        depression=_branch(levels, down, len(table.conductance)),
        pulse=cost,
        intervals=_intervals(table, resamples, rng),
        provenance={
            "source": table.name,
            "sha256": table.digest,
            "repeats": len(table.conductance),
            "potentiation_pulses": table.turn,
            "depression_pulses": table.conductance.shape[1] - 1 - table.turn,
            "fitted": _statistics(table),
            "pulse_cost": "given" if pulse else "that of Chen et al., not measured",
        },
    )


def _fit(table: Table) -> tuple[Array, Array]:
    """Return the monotone least-squares staircase of each branch [S]."""
    from scipy.optimize import isotonic_regression

    up: Array = isotonic_regression(table.up.mean(axis=0)).x
    down: Array = isotonic_regression(table.down.mean(axis=0), increasing=False).x
    return up, down


def _levels(table: Table) -> tuple[Array, NDArray[np.int64], NDArray[np.int64]]:
    """Return the joint levels [S], and the level of each point of the two fitted branches."""
    up, down = _fit(table)
    values = np.concatenate([up, down])
    gap = RESOLUTION * float(np.ptp(values))
    levels = _joined(values, gap)
    while levels.size > 255:
        gap *= 1.2
        levels = _joined(values, gap)
    nearest = np.abs(values[:, None] - levels).argmin(axis=1)
    return levels, nearest[: up.size], nearest[up.size :]


def _joined(values: Array, gap: float) -> Array:
    """Return the means of groups of values that are at most `gap` wide, ascending."""
    order = np.sort(values)
    starts = [0]
    for index, value in enumerate(order):
        if value - order[starts[-1]] > gap:
            starts.append(index)
    means: Array = np.add.reduceat(order, starts) / np.diff(np.append(starts, order.size))
    return means


def _branch(levels: Array, path: NDArray[np.int64], repeats: int) -> Branch:
    """Return the transitions that follow the levels `path` of one branch, pulse by pulse.

    A level that the branch holds for k pulses is left with probability 1/k.
    """
    visited, first, held = np.unique(path, return_index=True, return_counts=True)
    order = np.argsort(first)
    chain, stay = visited[order], held[order]
    step = np.append(np.diff(levels[chain]) / stay[:-1], 0.0)
    at = np.argsort(levels[chain])
    reached = levels + np.interp(levels, levels[chain][at], step[at])
    observed = np.bincount(path[:-1], minlength=levels.size) * repeats
    return Branch(later=_shares(levels, reached).tolist(), observed=observed.tolist())


def _shares(levels: Array, reached: Array) -> Array:
    """Return rows that share each reached conductance between its two neighbouring levels."""
    reached = np.clip(reached, levels[0], levels[-1])
    above = np.clip(np.searchsorted(levels, reached), 1, levels.size - 1)
    upper = (reached - levels[above - 1]) / (levels[above] - levels[above - 1])
    upper = np.where(np.abs(upper - upper.round()) < 1e-9, upper.round(), upper)
    rows = np.zeros((levels.size, levels.size))
    index = np.arange(levels.size)
    rows[index, above] = upper
    rows[index, above - 1] = 1 - upper
    return rows


def _scatter(table: Table, levels: Array, up: NDArray[np.int64], down: NDArray[np.int64]) -> Array:
    """Return the standard deviation about the fit at each level [S], shape (levels,)."""
    path = np.concatenate([up, down[1:]])
    residual = table.conductance - np.concatenate(_fit(table))[_without(up.size, path.size)]
    freedom = max(1.0 - 1.0 / len(table.conductance), 0.5)
    if len(table.conductance) < 5:
        return np.full(levels.size, np.sqrt((residual**2).mean() / freedom))
    square = np.bincount(path, weights=(residual**2).mean(axis=0), minlength=levels.size)
    count = np.maximum(np.bincount(path, minlength=levels.size), 1)
    scatter: Array = np.sqrt(square / count / freedom)
    return scatter


def _without(skipped: int, size: int) -> NDArray[np.int64]:
    """Return 0 ... size without `skipped`: the turning point belongs to both branches."""
    index = np.arange(size)
    return index + (index >= skipped)


def _statistics(table: Table) -> dict[str, float]:
    """Return the numbers that describe a staircase; nonlinearity 0 is a straight branch."""
    up, down = _fit(table)
    residual = np.concatenate([(table.up - up).ravel(), (table.down - down)[:, 1:].ravel()])
    return {
        "levels.low": float(min(up[0], down[-1])),
        "levels.high": float(max(up[-1], down[0])),
        "potentiation.nonlinearity": _nonlinearity(table.up.mean(axis=0)),
        "depression.nonlinearity": _nonlinearity(-table.down.mean(axis=0)),
        "scatter": float(residual.std()),
    }


def _nonlinearity(branch: Array) -> float:
    """Return b of the best fit G ~ (1 - exp(-b p)) / (1 - exp(-b)), p from 0 to 1.

    The exponential branch is that of P.-Y. Chen, X. Peng, S. Yu, IEEE Trans. CAD 37, 3067 (2018).
    """
    from scipy.optimize import minimize_scalar

    p = np.linspace(0, 1, branch.size)

    def misfit(b: float) -> float:
        shape = p if abs(b) < 1e-6 else np.expm1(-b * p) / np.expm1(-b)
        design = np.stack([np.ones_like(p), shape], axis=1)
        solution = np.linalg.lstsq(design, branch, rcond=None)[0]
        return float(((design @ solution - branch) ** 2).sum())

    return float(minimize_scalar(misfit, bounds=(-20, 20), method="bounded").x)


def _intervals(
    table: Table, resamples: int, rng: np.random.Generator
) -> dict[str, tuple[float, float]]:
    """Return 95 % bootstrap intervals: of repeats, or of residuals where there is one repeat."""
    up, down = _fit(table)
    fit = np.concatenate([up, down[1:]])
    residual = table.conductance - fit
    found: list[dict[str, float]] = []
    for _ in range(resamples):
        if len(table.conductance) > 1:
            drawn = table.conductance[rng.integers(0, len(residual), len(residual))]
        else:
            drawn = np.maximum(fit + rng.choice(residual.ravel(), residual.shape), 1e-30)
        found.append(_statistics(Table(table.name, drawn, table.turn, table.digest)))
    result = {}
    for key in found[0] if found else {}:
        low, high = np.quantile([f[key] for f in found], [0.025, 0.975])
        result[key] = (float(low), float(high))
    return result


def plot_fit(
    path: str | Path, card: DeviceCard, axes: Axes | None = None, devices: int = 500
) -> Axes:
    """Draw the table against the card's simulated sweep, mean and standard deviation.

    Parameters
    ----------
    path : str or Path
        The table that the card was fitted to.
    card : DeviceCard
        From `from_table`.
    axes : matplotlib.axes.Axes, optional
        Where to draw. Default: a new figure.
    devices : int, optional
        Simulated devices.

    Returns
    -------
    matplotlib.axes.Axes
    """
    import matplotlib.pyplot as plt

    provenance: dict[str, Any] = card.provenance
    table = read_table(path, provenance["potentiation_pulses"])
    axes = axes if axes is not None else plt.subplots(layout="constrained")[1]
    pulses = np.arange(table.conductance.shape[1])
    measured, spread = table.conductance.mean(axis=0), table.conductance.std(axis=0)
    simulated = sweep(
        SkyrmionDevice(card), table.turn, pulses[-1] - table.turn, devices, np.random.default_rng(0)
    )
    mean, sd = simulated.mean(axis=0) * 1e6, simulated.std(axis=0) * 1e6
    axes.fill_between(pulses, mean - sd, mean + sd, alpha=0.3, label="card, ±1 s.d.")
    axes.plot(pulses, mean, label="card, mean")
    axes.errorbar(
        pulses, measured * 1e6, spread * 1e6, fmt=".", color="black", label="table, ±1 s.d."
    )
    axes.axvline(table.turn, color="grey", linewidth=0.5)
    axes.set(xlabel="pulse", ylabel="conductance (µS)", title=f"{card.name}: fit against data")
    axes.legend()
    return axes
