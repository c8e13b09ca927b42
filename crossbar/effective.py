"""Keeping the effective matrix of an array up to date while its devices change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from crossbar.placement import Layout, Solution, solve_layout
from crossbar.schur import Matrix
from crossbar.wires import MeanAttenuation
from neuroskyrm.errors import ConfigError


@dataclass(frozen=True)
class WireUpdate:
    """When wires are solved anew as devices are pulsed, and what holds in between.

    Attributes
    ----------
    every : int
        Solve exactly at the first use after this many rounds of pulses.
    between : {"held", "rank-1"}
        In between, attenuate the change of each device as the device was attenuated, or by one
        mean factor a row and one a column (`wires.MeanAttenuation`).

    Raises
    ------
    ConfigError
        A value is not allowed.
    """

    every: int = 1
    between: Literal["held", "rank-1"] = "held"

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ConfigError(f"WireUpdate: 'every' = {self.every} must be at least 1.")
        if self.between not in ("held", "rank-1"):
            raise ConfigError(
                f"WireUpdate: 'between' = {self.between!r} must be 'held' or 'rank-1'."
            )


class WiredPair:
    """Effective matrices of W+ and W- behind their wires.

    Parameters
    ----------
    layout : Layout
        Wires, placement, tiles.
    update : WireUpdate
        When to solve anew.
    """

    def __init__(self, layout: Layout, update: WireUpdate) -> None:
        self.layout = layout
        self.update = update
        self._last: _Expansion | None = None
        self._age = 0

    def pulsed(self) -> None:
        """Note that the devices have changed."""
        self._age += 1

    def solution(self, plus: Matrix, minus: Matrix) -> Solution:
        """Return the exact solution, not older than `WireUpdate` allows."""
        return self._expansion(plus, minus).solution

    def effective(self, plus: Matrix, minus: Matrix) -> Matrix:
        """Return the signed effective matrix [S]: exact if the solution is fresh."""
        if self.layout.wires.ideal:
            return plus - minus
        last = self._expansion(plus, minus)
        return last.solution.effective if self._age == 0 else last.at(plus, minus)

    def noisy(self, devices: tuple[Matrix, Matrix], reads: tuple[Matrix, Matrix]) -> Matrix:
        """Return the signed matrix for `reads` that scatter about `devices`, to first order [S]."""
        if self.layout.wires.ideal:
            return reads[0] - reads[1]
        return self._expansion(*devices).at(*reads)

    def _expansion(self, plus: Matrix, minus: Matrix) -> _Expansion:
        if self._last is None or self._age >= self.update.every:
            solution = solve_layout(plus, minus, self.layout)
            attenuations = [
                self._attenuation(devices, effective)
                for devices, effective in ((plus, solution.plus), (minus, solution.minus))
            ]
            self._last = _Expansion(solution, (plus, minus), (attenuations[0], attenuations[1]))
            self._age = 0
        return self._last

    def _attenuation(self, devices: Matrix, effective: Matrix) -> Matrix:
        if self.update.between == "rank-1":
            mean = MeanAttenuation.fit(devices, effective)
            return mean.row * mean.column
        return np.divide(effective, devices, out=np.zeros_like(devices), where=devices > 0)


@dataclass(frozen=True)
class _Expansion:
    """The last exact solution, and how the effective matrix follows small changes of devices."""

    solution: Solution
    devices: tuple[Matrix, Matrix]
    attenuations: tuple[Matrix, Matrix]

    def at(self, plus: Matrix, minus: Matrix) -> Matrix:
        """Return the signed matrix when the devices are `plus` and `minus` instead [S]."""
        changed: Matrix = self.solution.effective + self.attenuations[0] * (plus - self.devices[0])
        changed -= self.attenuations[1] * (minus - self.devices[1])
        return changed
