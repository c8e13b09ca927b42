"""Demagnetising field between the stored layers."""

from __future__ import annotations

from neuroskyrm.micromagnetics.demag_plan import DemagPlan
from neuroskyrm.micromagnetics.sample import Array, Sample, State
from neuroskyrm.micromagnetics.terms.base import LinearTerm
from neuroskyrm.micromagnetics.workers import Workers


class Demag(LinearTerm):
    """Magnetostatic field of all layers on all layers, energy -1/2 M.B.

    Parameters
    ----------
    images : int
        Copies of the sample on each side that are summed along periodic axes.
    """

    def __init__(self, images: int = 8) -> None:
        self.images = images
        self._plan: DemagPlan | None = None

    def check(self, sample: Sample) -> None:
        """Nothing to complain about: the term has no material parameters."""

    def external(self, state: State, workers: Workers) -> Array:
        """Return the field [T] in a buffer (layers, 3, ny, nx) that the next call overwrites."""
        plan = self._plan
        if plan is None or plan.sample is not state.sample or plan.dtype != state.m.dtype:
            plan = self._plan = DemagPlan(state.sample, state.m.dtype, self.images)
        return plan.field(state.m, workers)

    def field(self, state: State, out: Array) -> None:
        """Add the field [T] to `out`, shape (3, layers, ny, nx)."""
        field = self.external(state, Workers())
        out += field.transpose(1, 0, 2, 3)
