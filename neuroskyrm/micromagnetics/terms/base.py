"""What a term is: one effect, as data and two methods.

A new term is one new file with a class, and one line in the package's list of public names.
A term that adds lines to the stencil runs inside the fused kernel; any other one just has its
`field` called.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.micromagnetics.kernels import stencil_field
from neuroskyrm.micromagnetics.sample import Array, Sample, State
from neuroskyrm.micromagnetics.stencil import CompiledStencil, Stencil


class Term(ABC):
    """One contribution to the energy: its effective field and its energy."""

    @abstractmethod
    def field(self, state: State, out: Array) -> None:
        """Add the effective field -dE/d(M V) [T] to `out`, shape (3, layers, ny, nx)."""

    @abstractmethod
    def energy(self, state: State) -> float:
        """Return the energy [J]."""

    def check(self, sample: Sample) -> None:  # noqa: B027 (most terms have nothing to check)
        """Complain about parameters that do not fit `sample` (called once, before a run)."""


class LinearTerm(Term):
    """A term whose field is linear in m, so that its energy is -1/2 sum of moment times m.B."""

    def energy(self, state: State) -> float:
        """Return -1/2 sum over cells of Ms V m.B [J], summed in float64."""
        field = np.zeros_like(state.m)
        self.field(state, field)
        return -0.5 * moment_product(state, field)


class LocalTerm(LinearTerm):
    """A linear term that only looks at a cell and its neighbours: lines of the stencil."""

    _compiled: tuple[Sample, np.dtype, CompiledStencil] | None = None

    @abstractmethod
    def add_to(self, stencil: Stencil) -> None:
        """Add this term's lines to the table (see `stencil`)."""

    def check(self, sample: Sample) -> None:
        """Complain about parameters that do not fit `sample`."""
        self.add_to(Stencil(sample))

    def field(self, state: State, out: Array) -> None:
        """Add the effective field [T] to `out`, shape (3, layers, ny, nx)."""
        known = self._compiled
        if known is None or known[0] is not state.sample or known[1] != out.dtype:
            stencil = Stencil(state.sample)
            self.add_to(stencil)
            known = (state.sample, out.dtype, stencil.compile(out.dtype))
            self._compiled = known
        table = known[2]
        scratch = np.zeros((3, state.mesh.nx), dtype=out.dtype)
        stencil_field(
            out, state.m, table.operations, table.lookup, table.rows, state.mesh.periodic, scratch
        )


def moment_product(state: State, field: NDArray[np.floating]) -> float:
    """Return the sum over cells of Ms V m.field, in float64 [J]."""
    moments = state.sample.moments
    return float(
        sum(
            np.sum(moments * np.multiply(m, b, dtype=np.float64))
            for m, b in zip(state.m, field, strict=True)
        )
    )
