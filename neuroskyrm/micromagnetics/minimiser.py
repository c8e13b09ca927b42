"""Energy minimisation by steepest descent with Barzilai–Borwein steps.

References
----------
L. Exl et al., J. Appl. Phys. 115, 17D118 (2014), doi:10.1063/1.4862839.
J. Barzilai and J. M. Borwein, IMA J. Numer. Anal. 8, 141 (1988), doi:10.1093/imanum/8.1.141.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from neuroskyrm.errors import ConvergenceError, PhysicsError
from neuroskyrm.micromagnetics.sample import Array

_FIRST_MOVE = 0.01
"""Largest rotation of any spin in the first step [rad]."""

_LARGEST_MOVE = 0.5
"""Largest rotation of any spin in any step [rad]: longer steps can jump over an energy barrier."""


def minimise(
    m: Array,
    field: Callable[[Array, Array], None],
    stop: float,
    most_steps: int,
    progress: Callable[[int, float], None] | None = None,
) -> tuple[Array, int]:
    """Descend from `m` until no spin feels a torque above `stop`.

    Parameters
    ----------
    m : array of shape (3, layers, ny, nx)
        Start; unit vectors, 0 outside the sample.
    field : callable
        field(m, out) writes the effective field [T] to `out`.
    stop : float
        Largest |m x B| of the result [T].
    most_steps : int
        Give up after this many steps.
    progress : callable, optional
        Called with the step number and the largest |m x B| [T].

    Returns
    -------
    m : array
        The minimum.
    steps : int
        Steps done.

    Raises
    ------
    ConvergenceError
        The criterion was not met in `most_steps`.
    PhysicsError
        The field is not finite.
    """
    B = np.zeros_like(m)
    field(m, B)
    slope = _slope(m, B)
    step = 0.0
    for number in range(most_steps):
        torque = np.sqrt(np.max(np.sum(slope * slope, axis=0)))
        if not np.isfinite(torque):
            raise PhysicsError(
                f"Minimisation step {number} met a field that is not finite; the likely cause is "
                f"a parameter with a wrong unit."
            )
        if progress is not None:
            progress(number, float(torque))
        if torque <= stop:
            return m, number
        longest = _LARGEST_MOVE if step > 0 else _FIRST_MOVE
        step = min(step if step > 0 else np.inf, longest / torque)
        new = _rotate(m, slope, step)
        field(new, B)
        new_slope = _slope(new, B)
        step = _barzilai_borwein(new - m, new_slope - slope, number, step)
        m, slope = new, new_slope
    raise ConvergenceError(
        f"Minimisation did not reach a torque of {stop:g} T in {most_steps} steps: the largest "
        f"is still {torque:.3g} T; start nearer to a minimum, allow more steps, or stop earlier."
    )


def _slope(m: Array, B: Array) -> Array:
    """Return m x (m x B) = m (m.B) - B for unit vectors, and 0 outside the sample."""
    along = np.sum(m * B, axis=0)
    return np.asarray(m * along - B * np.any(m != 0, axis=0))


def _rotate(m: Array, slope: Array, step: float) -> Array:
    """Return m moved against `slope` on the sphere (Exl et al., eq. 8: exact unit length)."""
    quarter = np.sum(slope * slope, axis=0) * m.dtype.type(step * step / 4)
    new = ((1 - quarter) * m - m.dtype.type(step) * slope) / (1 + quarter)
    length = np.sqrt(np.sum(new * new, axis=0))
    return np.asarray(np.divide(new, length, out=np.zeros_like(new), where=length > 0))


def _barzilai_borwein(move: Array, change: Array, number: int, before: float) -> float:
    """Return the next step: both formulas in turn; twice the last where curvature is negative."""
    across = float(np.sum(move * change, dtype=np.float64))
    if across <= 0:
        return 2 * before
    if number % 2:
        return across / float(np.sum(change * change, dtype=np.float64))
    return float(np.sum(move * move, dtype=np.float64)) / across
