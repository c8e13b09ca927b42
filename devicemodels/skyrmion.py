"""The vectorised device of a card: stochastic pulses, noisy reads, spread, energy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from devicemodels.base import (
    AnyCounts,
    Conductances,
    Counts,
    States,
    checked_counts,
    checked_states,
)
from devicemodels.card import Branch, DeviceCard
from devicemodels.planning import pulse_plan
from devicemodels.variability import Effects

Triangle = Callable[[NDArray[np.float64]], NDArray[np.float64]]

CHUNK = 1 << 20
"""Devices handled at once: bounds the memory for random numbers, does not change their order."""

PAPER_AREA = 800e-9 * 220e-9
"""Footprint of the device of Chen et al., Appendix A [m^2]."""


class SkyrmionDevice:
    """A synapse that behaves as a device card says, vectorised over arrays of any shape.

    One call draws one random number a device, in the order of the array: the same generator
    gives the same devices, whatever the number of threads. Several pulses are one draw from the
    matching power of the transition matrix, which has the same distribution as pulse by pulse.

    Parameters
    ----------
    card : DeviceCard
        Levels, transition matrices, noise and pulse cost.
    effects : Effects, optional
        Which effects are on, and how strongly. Default: all, as the card says.
    cycle : {"later", "first"}, optional
        Which transition matrices hold: those of the first LTP/LTD cycle (where the card tells
        them apart), or of all later ones. The paper takes the first cycle as a calibration run.
    area : float, optional
        Footprint of one device [m^2]. Default: what the card says, or else that of the paper.

    References
    ----------
    R. Chen et al., "A nanoscale room-temperature multilayer skyrmionic synapse for deep spiking
    neural networks", Phys. Rev. Applied 14, 014096 (2020), Sec. II.
    """

    def __init__(
        self,
        card: DeviceCard,
        effects: Effects | None = None,
        cycle: Literal["later", "first"] = "later",
        area: float | None = None,
    ) -> None:
        self.card = card
        self.effects = effects if effects is not None else Effects()
        self.cycle = cycle
        self.area = area or card.area or PAPER_AREA
        self.name = card.name
        self.pulse_width = card.pulse.width
        self.pulse_time = card.pulse.width + card.pulse.pause
        self._levels = card.conductance
        self._read_sd = self.effects.read_noise * np.array(card.levels.read_sd)
        cycles = self.effects.cycle_to_cycle * np.array(card.levels.visit_sd)
        write = self.effects.write_noise * (self._levels[-1] - self._levels[0])
        self._visit_sd = np.hypot(cycles, write)
        self.potentiation = self._matrix(card.potentiation, np.triu)
        self.depression = self._matrix(card.depression, np.tril)

    @classmethod
    def from_table(cls, path: str | Path, **options: Any) -> SkyrmionDevice:
        """Return the device of a measured staircase; options are those of `from_table`."""
        from devicemodels.tabulated import from_table

        return cls(from_table(path, **options))

    def _matrix(self, branch: Branch, forward: Triangle) -> NDArray[np.float64]:
        rows = branch.first if self.cycle == "first" and branch.first else branch.later
        matrix: NDArray[np.float64] = np.array(rows)
        if not self.effects.stochastic:
            matrix = _without_failures(forward(matrix))
        return matrix

    @property
    def levels(self) -> Conductances:
        """Mean conductance of each state [S], ascending, shape (states,)."""
        return self._levels.copy()

    def transitions(self, count: int) -> NDArray[np.float64]:
        """Return the probability of i to j after `count` pulses, shape (states, states)."""
        matrix = self.potentiation if count >= 0 else self.depression
        return np.linalg.matrix_power(matrix, abs(count))

    def conductance(self, state: States) -> Conductances:
        """Return the mean conductance [S] of each device, shape as `state`."""
        return self._levels[checked_states(self.name, state, len(self._levels))]

    def read(self, state: States, rng: np.random.Generator) -> Conductances:
        """Return one noisy read of each device [S], shape as `state`."""
        return self.conductance(state) + self._noise(state, self._read_sd, rng)

    def visit(self, state: States, rng: np.random.Generator) -> Conductances:
        """Return how far each fresh visit to its state lies from the mean [S]."""
        checked_states(self.name, state, len(self._levels))
        return self._noise(state, self._visit_sd, rng)

    @staticmethod
    def _noise(state: States, sd: NDArray[np.float64], rng: np.random.Generator) -> Conductances:
        if not sd.any():
            return np.zeros(state.shape)
        noise: Conductances = rng.standard_normal(state.shape)
        noise *= sd[state]
        return noise

    def pulse(self, state: States, count: AnyCounts, rng: np.random.Generator) -> States:
        """Return the states after `count` pulses each.

        Parameters
        ----------
        state : ndarray of uint8
            States before, any shape.
        count : ndarray of int16
            Signed pulse counts, shape as `state` or a single number.
        rng : numpy.random.Generator
            Source of the switching statistics.

        Returns
        -------
        ndarray of uint8
            States after, shape as `state`.

        Raises
        ------
        DeviceError
            A state does not exist, or the counts do not fit.
        """
        from devicemodels._kernels import draw_transitions

        checked_states(self.name, state, len(self._levels))
        counts = checked_counts(self.name, count, state.shape)
        flat, flat_counts = np.ravel(state), np.ravel(counts)
        lookup, cumulative = self._tables(flat_counts)
        out = np.empty_like(flat)
        for start in range(0, flat.size, CHUNK):
            part = slice(start, start + CHUNK)
            uniform = rng.random(flat[part].size)
            table = lookup[flat_counts[part].astype(np.int32) + 32768]
            draw_transitions(flat[part], table, uniform, cumulative, out[part])
        return out.reshape(state.shape)

    def _tables(self, counts: Counts) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Return where to look up a count (+ 32768), and the cumulative tables of those present."""
        present = np.flatnonzero(np.bincount(counts.astype(np.int32) + 32768, minlength=65536))
        lookup = np.zeros(65536, dtype=np.int32)
        lookup[present] = np.arange(present.size)
        tables = [self.transitions(int(code) - 32768) for code in present]
        if not tables:
            tables = [np.eye(len(self._levels))]
        return lookup, np.cumsum(np.array(tables), axis=2)

    def plan(self) -> Counts:
        """Return the signed pulses that best take state i to state j, shape (states, states)."""
        return pulse_plan(self._levels, self.potentiation, self.depression)

    def energy(self, count: NDArray[np.int64] | int) -> float:
        """Return the energy of `count` pulses altogether [J]."""
        return float(self.card.pulse.energy * np.sum(np.abs(count), dtype=np.float64))

    def spread(self, shape: tuple[int, ...], rng: np.random.Generator) -> Conductances:
        """Return a factor on the conductance range of each device, never negative."""
        sd = self.effects.device_to_device * self.card.device_spread
        if sd == 0:
            return np.ones(shape)
        return np.maximum(rng.normal(1.0, sd, shape), 0.0)


def _without_failures(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the transitions of pulses that always succeed: the likeliest move of each state.

    `matrix` holds the moves in the direction of the pulse; a state without any stays.
    """
    moves = matrix - np.diag(np.diag(matrix))
    target = np.where(moves.any(axis=1), moves.argmax(axis=1), np.arange(len(matrix)))
    certain: NDArray[np.float64] = np.eye(len(matrix))[target]
    return certain
