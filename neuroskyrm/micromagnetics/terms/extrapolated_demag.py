"""The demagnetising field once every few steps: most of the cost of a step at a temperature.

Order, and error on means, fluctuations, radius and switching: tests/physics and docs/validation.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.constants import MU0
from neuroskyrm.errors import ConfigError
from neuroskyrm.jit import fast_kernel
from neuroskyrm.micromagnetics.newell import CellPair, tensor
from neuroskyrm.micromagnetics.sample import Array, Sample, State
from neuroskyrm.micromagnetics.terms.demag import Demag
from neuroskyrm.micromagnetics.workers import Workers


class ExtrapolatedDemag(Demag):
    """Demagnetising field, exact at the start of every few steps, extrapolated between.

    B = -mu0 Ms N m + B_rest: the field of each cell on itself (N) is always exact, since it
    follows the fast thermal spins and any lag in it would act as a negative damping. The field of
    all other cells is smooth and slow; it is carried on by a straight line through its last two
    exact values, an error of second order in the time between them.

    Parameters
    ----------
    steps : int
        Steps from one exact field to the next.
    images : int
        Copies of the sample on each side that are summed along periodic axes.

    Raises
    ------
    ConfigError
        `steps` is less than 1.
    """

    def __init__(self, steps: int = 2, images: int = 8) -> None:
        super().__init__(images)
        if steps < 1:
            raise ConfigError(f"ExtrapolatedDemag steps = {steps!r} must be 1 or more.")
        self.steps = steps
        self._prepared: tuple[Sample, np.dtype] | None = None
        self.forget()

    def forget(self) -> None:
        """Begin anew with an exact field: the drive has jumped, or m was set."""
        self._known: list[tuple[float, Array]] = []
        self._count = 0
        self._due = self._stepping = False

    def begin_step(self) -> None:
        """Be told that a step begins (or is repeated): until it ends, the field is carried on."""
        self._due = not self._known or self._count % self.steps == 0
        self._stepping = True

    def end_step(self) -> None:
        """Be told that the step is done: the field is exact for everybody who asks now."""
        self._count += 1
        self._stepping = False

    def memory(self) -> dict[str, Array]:
        """Return what the next step needs of earlier ones."""
        fields = {f"rest{number}": rest for number, (_, rest) in enumerate(self._known)}
        return {"count": np.array(self._count), "times": np.array([t for t, _ in self._known]),
                **fields}  # fmt: skip

    def recall(self, memory: Mapping[str, Array]) -> None:
        """Take back what `memory` returned."""
        self.forget()
        self._count = int(memory["count"])
        times = memory["times"].tolist()
        self._known = [(t, memory[f"rest{number}"]) for number, t in enumerate(times)]

    def external(self, state: State, workers: Workers) -> Array:
        """Return the field [T] in a buffer (layers, 3, ny, nx) that the next call overwrites."""
        if not self._stepping:
            return super().external(state, workers)
        if self._due:
            exact = super().external(state, workers)
            self._remember(state, exact)
            return exact
        self._prepare(state)
        (time, newest), (before, older) = self._known[0], self._known[-1]
        share = (state.t - time) / (time - before) if time > before else 0.0
        carry_on(self._out, newest, older, state.m, share, self._own)
        return self._out

    def _prepare(self, state: State) -> None:
        if self._prepared != (state.sample, state.m.dtype):
            self._own = own_field(state.sample).astype(state.m.dtype)
            self._out = np.empty_like(self._own, shape=state.m.swapaxes(0, 1).shape)
            self._prepared = (state.sample, state.m.dtype)

    def _remember(self, state: State, exact: Array) -> None:
        self._prepare(state)
        # Of two values for one step (it was repeated), the last counts.
        rest = np.empty_like(exact)
        carry_on(rest, exact, exact, state.m, 0.0, -self._own)
        older = [known for known in self._known[:1] if known[0] < state.t]
        self._known = [(state.t, rest), *older]
        self._due = False


def own_field(sample: Sample) -> NDArray[np.float64]:
    """Return -mu0 Ms N of every cell on itself along x, y, z [T], shape (layers, 3, ny, nx)."""
    mesh = sample.mesh
    factors = [
        tensor(CellPair(mesh.dx, mesh.dy, t, t, 0.0), 1, 1)[:3, 0, 0] for t in mesh.thicknesses
    ]
    return np.asarray(-MU0 * sample.Ms[:, None] * np.array(factors)[:, :, None, None])


@fast_kernel
def carry_on(out: Array, newest: Array, older: Array, m: Array, share: float, own: Array) -> None:
    """Write newest + share (newest - older) + own m to `out`; all (layers, 3, ny, nx) but m."""
    c = newest.dtype.type(share)
    for layer in range(out.shape[0]):
        for a in range(3):
            for y in range(out.shape[2]):
                target, now = out[layer, a, y], newest[layer, a, y]
                before, spins, local = older[layer, a, y], m[a, layer, y], own[layer, a, y]
                for x in range(target.shape[0]):
                    target[x] = now[x] + c * (now[x] - before[x]) + local[x] * spins[x]
