"""Runge–Kutta schemes as tables; one loop in `integrator` runs them all."""

from __future__ import annotations

from dataclasses import dataclass

from neuroskyrm.errors import ConfigError


@dataclass(frozen=True)
class Scheme:
    """A Butcher table.

    Parameters
    ----------
    order : int
        Order of the solution at T = 0.
    nodes : tuple of float
        When each stage is evaluated, in steps.
    stages : tuple of tuples
        Weights of the earlier slopes for every stage after the first.
    solution : tuple of float
        Weights of the slopes in the new value.
    error : tuple of float, optional
        Weights of the slopes in the error estimate; empty where the step is fixed.
    """

    order: int
    nodes: tuple[float, ...]
    stages: tuple[tuple[float, ...], ...]
    solution: tuple[float, ...]
    error: tuple[float, ...] = ()

    @property
    def adaptive(self) -> bool:
        """Whether the scheme estimates its own error."""
        return bool(self.error)

    @property
    def reuses_last(self) -> bool:
        """Whether the last slope of a step is the first of the next (FSAL)."""
        return self.nodes[-1] == 1.0 and self.solution == (*self.stages[-1], 0.0)


SCHEMES = {
    # K. Heun (1900). For stochastic equations it converges to the Stratonovich solution.
    "heun": Scheme(2, (0.0, 1.0), ((1.0,),), (1 / 2, 1 / 2)),
    "rk4": Scheme(
        4,
        (0.0, 1 / 2, 1 / 2, 1.0),
        ((1 / 2,), (0.0, 1 / 2), (0.0, 0.0, 1.0)),
        (1 / 6, 1 / 3, 1 / 3, 1 / 6),
    ),
    # J. R. Dormand and P. J. Prince, J. Comput. Appl. Math. 6, 19 (1980).
    "dormand-prince": Scheme(
        5,
        (0.0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0),
        (
            (1 / 5,),
            (3 / 40, 9 / 40),
            (44 / 45, -56 / 15, 32 / 9),
            (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
            (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
            (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
        ),
        (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84, 0.0),
        (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40),
    ),
}
"""Known schemes by name."""


def find_scheme(name: str) -> Scheme:
    """Return the scheme called `name`.

    Raises
    ------
    ConfigError
        There is none of that name.
    """
    if name not in SCHEMES:
        raise ConfigError(f"scheme = {name!r} is unknown; choose one of {', '.join(SCHEMES)}.")
    return SCHEMES[name]
