"""The demagnetising field every few steps instead of four times a step: most of a track's cost.

Compared with the field at every stage in tests/neuroskyrm/micromagnetics/test_track_run.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.jit import fast_kernel
from neuroskyrm.micromagnetics.mesh import Mesh
from neuroskyrm.micromagnetics.sample import Array, Sample, State
from neuroskyrm.micromagnetics.terms import Demag
from neuroskyrm.micromagnetics.workers import Workers

RK4_NODES = (0.0, 0.5, 0.5, 1.0)


class ExtrapolatedDemag(Demag):
    """Demagnetising field for a fixed-step RK4: exact every few steps, extrapolated between.

    B = -mu0 Ms N m + B_rest. The field of each cell on itself (N) is always exact: it follows the
    fast thermal spins, and any lag in it would act as a negative damping (with it extrapolated
    too, fluctuations are 3 % too warm). The field of all other cells is smooth and slow, and is
    carried on as B_rest(t + s) = B_rest(t) + (B_rest(t) - B_rest(t - T)) s / T, T = `steps` dt.

    Parameters
    ----------
    steps : int
        Steps from one exact field to the next.
    """

    def __init__(self, steps: int = 4) -> None:
        super().__init__()
        self.steps = steps
        self.forget()

    def forget(self) -> None:
        """Start anew, with an exact field and no extrapolation (call between runs)."""
        self._calls = 0
        self._since = 0.0
        self._rest: list[Array] = []

    def external(self, state: State, workers: Workers) -> Array:
        """Return the field [T] in a buffer (layers, 3, ny, nx) that the next call overwrites."""
        if self._calls and state.t <= self._since:
            self.forget()  # time stands still (minimiser) or went back (checkpoint)
        step, stage = divmod(self._calls, len(RK4_NODES))
        self._calls = (self._calls + 1) % (self.steps * len(RK4_NODES))
        share = (step + RK4_NODES[stage]) / self.steps
        if not self._rest:
            self._self = self_field(state.sample, state.m.dtype)
        if share == 0:
            self._since = state.t
            exact = super().external(state, workers)[..., : state.mesh.nx]
            rest = np.empty_like(exact)
            blend(rest, exact, exact, state.m, 0.0, -self._self)
            self._rest = [rest, *self._rest[:1]]
            self._out = np.empty_like(rest)
        blend(self._out, self._rest[0], self._rest[-1], state.m, share, self._self)
        return self._out


def self_field(sample: Sample, dtype: np.dtype) -> NDArray[np.floating]:
    """Return -mu0 Ms N of a cell on itself along x, y, z [T], shape (3,).

    Parameters
    ----------
    sample : Sample
        Of one Ms and one layer thickness.
    dtype : numpy dtype
        Of the result.
    """
    mesh = sample.mesh
    cell = Sample(Mesh(1, 1, mesh.dx, mesh.dy, mesh.thicknesses[:1], (0.0,)), sample.Ms.max())
    fields = []
    for axis in range(3):
        m, out = np.zeros((3, 1, 1, 1)), np.zeros((3, 1, 1, 1))
        m[axis] = 1
        Demag().field(State(cell, m), out)
        fields.append(float(out[axis, 0, 0, 0]))
    return np.array(fields, dtype=dtype)


@fast_kernel
def blend(
    out: Array, newest: Array, older: Array, m: Array, share: float, local: NDArray[np.floating]
) -> None:
    """Write newest + share (newest - older) + local m to `out`, all (layers, 3, ny, nx) but m."""
    c = newest.dtype.type(share)
    for layer in range(out.shape[0]):
        for axis in range(3):
            n = local[axis]
            for y in range(out.shape[2]):
                target, now = out[layer, axis, y], newest[layer, axis, y]
                before, spins = older[layer, axis, y], m[axis, layer, y]
                for x in range(target.shape[0]):
                    target[x] = now[x] + c * (now[x] - before[x]) + n * spins[x]
