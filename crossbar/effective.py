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
        In between, scale each device by its own last attenuation, or by one mean factor a row
        and one a column (`wires.MeanAttenuation`).

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
        self._solution: Solution | None = None
        self._age = 0

    def pulsed(self) -> None:
        """Note that the devices have changed."""
        self._age += 1

    def solution(self, plus: Matrix, minus: Matrix) -> Solution:
        """Return the exact solution, not older than `WireUpdate` allows."""
        if self._solution is None or self._age >= self.update.every:
            self._solution = solve_layout(plus, minus, self.layout)
            self._attenuations = [
                self._attenuation(devices, effective)
                for devices, effective in (
                    (plus, self._solution.plus),
                    (minus, self._solution.minus),
                )
            ]
            self._age = 0
        return self._solution

    def _attenuation(self, devices: Matrix, effective: Matrix) -> Matrix:
        if self.update.between == "rank-1":
            mean = MeanAttenuation.fit(devices, effective)
            return mean.row * mean.column
        return np.divide(effective, devices, out=np.zeros_like(devices), where=devices > 0)

    def effective(self, plus: Matrix, minus: Matrix) -> Matrix:
        """Return the signed effective matrix [S]: exact if the solution is fresh."""
        if self.layout.wires.ideal:
            return plus - minus
        solution = self.solution(plus, minus)
        return solution.effective if self._age == 0 else self.scaled(plus, minus)

    def scaled(self, plus: Matrix, minus: Matrix) -> Matrix:
        """Return the signed matrix of devices near those of the last solution, to first order.

        Each device keeps its attenuation; call `solution` first.
        """
        if self.layout.wires.ideal:
            return plus - minus
        scaled: Matrix = self._attenuations[0] * plus - self._attenuations[1] * minus
        return scaled
