"""All terms and torques of a simulation, in the form that the fused kernels read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuroskyrm.constants import BOLTZMANN, GAMMA
from neuroskyrm.errors import ConfigError
from neuroskyrm.micromagnetics import kernels
from neuroskyrm.micromagnetics.film import FilmStage
from neuroskyrm.micromagnetics.noise import thermal_field
from neuroskyrm.micromagnetics.sample import Array, Sample, State
from neuroskyrm.micromagnetics.stencil import Stencil
from neuroskyrm.micromagnetics.terms.base import LocalTerm, Term
from neuroskyrm.micromagnetics.terms.demag import Demag
from neuroskyrm.micromagnetics.terms.extrapolated_demag import ExtrapolatedDemag
from neuroskyrm.micromagnetics.terms.zeeman import Zeeman
from neuroskyrm.micromagnetics.torques.base import Torque
from neuroskyrm.micromagnetics.torques.spin_orbit import SpinOrbitTorque
from neuroskyrm.micromagnetics.workers import Workers

Values = Any
"""Numbers where the kernels work: numpy arrays here, tensors in a `TorchSystem`."""


class System:
    """Right-hand side of the equation of motion.

    Parameters
    ----------
    sample : Sample
        Mesh and magnetisation.
    terms : sequence of Term
        Contributions to the energy.
    torques : sequence of Torque
        Torques of the current.
    alpha : float or array broadcastable to mesh.shape
        Gilbert damping.
    temperature : float or array broadcastable to mesh.shape
        Temperature [K].
    seed : int
        Seed of the thermal field.
    dtype : numpy dtype
        float32 or float64.
    threads : int
        Threads that share the work.

    Raises
    ------
    ConfigError
        A parameter does not fit the mesh or is negative.
    """

    def __init__(
        self,
        sample: Sample,
        terms: Sequence[Term],
        torques: Sequence[Torque],
        alpha: ArrayLike,
        temperature: ArrayLike,
        seed: int,
        dtype: np.dtype[Any],
        threads: int,
    ) -> None:
        self.sample, self.terms, self.torques = sample, tuple(terms), tuple(torques)
        self.dtype, self.seed = dtype, seed
        self.workers = Workers(threads)
        self.parts: tuple[Term | Torque, ...] = (*self.terms, *self.torques)
        for part in self.parts:
            part.check(sample)
        self.alpha = _non_negative(sample, alpha, "alpha")
        self.temperature = _non_negative(sample, temperature, "temperature")
        stencil = Stencil(sample)
        for term in self.terms:
            if isinstance(term, LocalTerm):
                term.add_to(stencil)
        self.table = stencil.compile(dtype)
        self._sort_terms()
        self._set_materials()
        self._allocate()
        self.film = (
            FilmStage.find(self.table, sample.mesh, self.rate_rows[self.rate_lookup], threads)
            if self.demags
            else None
        )

    def _sort_terms(self) -> None:
        self.demags = [term for term in self.terms if isinstance(term, Demag)]
        self.carried = [term for term in self.demags if isinstance(term, ExtrapolatedDemag)]
        self.uniforms = [t for t in self.terms if isinstance(t, Zeeman) and t.is_uniform]
        self.orbits = [t for t in self.torques if isinstance(t, SpinOrbitTorque)]
        fused = (*self.demags[:1], *self.uniforms, *self.orbits)
        self.others = [
            part for part in self.parts if part not in fused and not isinstance(part, LocalTerm)
        ]

    def _set_materials(self) -> None:
        layers, ny, nx = self.sample.mesh.shape
        self.rows = layers * ny
        self.nothing = np.zeros((0, 3, ny, nx), dtype=self.dtype)
        self.own = np.zeros((layers, 3, ny, nx), dtype=self.dtype) if self.others else self.nothing
        self.rate_lookup, self.rate_rows = _rate_table(self.sample, self.alpha, self.dtype)
        self.is_warm = bool(self.temperature.any())
        power = 2 * self.alpha * BOLTZMANN * self.temperature / GAMMA
        moments = self.sample.moments
        variance = np.divide(power, moments, out=np.zeros(moments.shape), where=moments > 0)
        self.sigma = np.sqrt(variance).astype(self.dtype)

    def _allocate(self) -> None:
        layers, ny, nx = self.sample.mesh.shape
        threads = self.workers.threads
        self.scratch = np.zeros((threads, 2, 3, nx), dtype=self.dtype)
        quarter = -(-3 * nx // 4)
        self.words = np.zeros((threads, 4, quarter), dtype=np.uint64)
        self.normals = np.zeros((threads, 4 * quarter), dtype=np.float32)
        shape = (3, layers, ny, nx) if self.is_warm else (0, layers, ny, nx)
        self.thermal = np.zeros(shape, dtype=self.dtype)

    def array(self, values: Array) -> Values:
        """Return numbers of this computer where the kernels work on them."""
        return values

    def host(self, values: Values) -> Array:
        """Return numbers of the kernels as an array of this computer."""
        return np.asarray(values)

    def begin_step(self) -> None:
        """Tell fields that are carried on over a step that one begins."""
        for demag in self.carried:
            demag.begin_step()

    def end_step(self) -> None:
        """Tell them that it is done."""
        for demag in self.carried:
            demag.end_step()

    def forget(self) -> None:
        """Tell them to begin anew."""
        for demag in self.carried:
            demag.forget()

    def memory(self) -> dict[str, Array]:
        """Return what fields that are carried on know of earlier steps."""
        return {
            f"carried{number}.{name}": values
            for number, demag in enumerate(self.carried)
            for name, values in demag.memory().items()
        }

    def recall(self, memory: Mapping[str, Array]) -> None:
        """Take back what `memory` returned."""
        for number, demag in enumerate(self.carried):
            start = f"carried{number}."
            demag.recall({k[len(start) :]: v for k, v in memory.items() if k.startswith(start)})

    def draw_noise(self, step: int, dt: float) -> None:
        """Set the thermal field of step number `step` of length `dt` [s].

        W. F. Brown, Phys. Rev. 130, 1677 (1963): variance 2 alpha kB T / (gamma Ms V dt). The
        same step has the same numbers whatever its length, so that a rejected step is repeated
        with the noise rescaled, not redrawn (J. Leliaert et al., AIP Adv. 7, 125010 (2017)).
        """
        if not self.is_warm:
            return

        def work(thread: int, begin: int, end: int) -> None:
            thermal_field(
                self.thermal, self.sigma, dt**-0.5, step, self.seed, begin, end,
                self.words[thread], self.normals[thread],
            )  # fmt: skip

        self.workers.share(work, self.rows)

    def stage(
        self,
        m: Values,
        start: Values,
        slopes: Values,
        number: int,
        weights: NDArray[np.float64],
        following: Values,
        t: float,
        current: float,
    ) -> float:
        """Evaluate slope `number` at `m` and the next stage value; see `kernels.stage`."""
        table, periodic = self.table, self.sample.mesh.periodic
        external = self._external(m, t, current)
        uniform, push = self._uniform(t, current), self._push(current)
        if (film := self.film) is not None:
            fields = external, uniform, self.thermal, push
            return sum(
                self.workers.share(
                    lambda *share: film.run(
                        m, start, slopes, number, weights, following, fields, share
                    ),
                    film.count,
                )
            )

        def work(thread: int, begin: int, end: int) -> float:
            return kernels.stage(
                m, start, slopes, number, weights, following, table.operations, table.lookup,
                table.rows, periodic, external, uniform, self.thermal, push, self.rate_lookup,
                self.rate_rows, begin, end, self.scratch[thread],
            )  # fmt: skip

        return sum(self.workers.share(work, self.rows))

    def combine(
        self, start: Values, slopes: Values, weights: NDArray[np.float64], following: Values
    ) -> float:
        """Set the next stage value without a new slope; see `kernels.combine`."""

        def work(thread: int, begin: int, end: int) -> float:
            return kernels.combine(
                start, slopes, weights, following, begin, end, self.scratch[thread]
            )

        return sum(self.workers.share(work, self.rows))

    def largest_error(self, slopes: Values, weights: NDArray[np.float64]) -> float:
        """Return the largest error of any spin per time; see `kernels.largest_error`."""

        def work(thread: int, begin: int, end: int) -> float:
            return kernels.largest_error(slopes, weights, begin, end, self.scratch[thread])

        return max(self.workers.share(work, self.rows))

    def at_work(self) -> AbstractContextManager[None]:
        """Return what surrounds a run: nothing here."""
        return nullcontext()

    def field(self, m: Array, t: float, current: float, out: Array) -> None:
        """Write the effective field of all terms (not the torques' push, no noise) to `out` [T]."""
        table, periodic = self.table, self.sample.mesh.periodic
        external = self._external(m, t, current)
        uniform, cold = self._uniform(t, current), self.thermal[:0]

        def work(thread: int, begin: int, end: int) -> None:
            kernels.effective_field(
                out, m, table.operations, table.lookup, table.rows, periodic, external, uniform,
                cold, begin, end, self.scratch[thread],
            )  # fmt: skip

        self.workers.share(work, self.rows)

    def _external(self, m: Array, t: float, current: float) -> Array:
        """Return demagnetising field and all unfused fields, (layers, 3, ny, nx)."""
        state = State(self.sample, m, t, current)
        if self.demags:
            buffer = self.demags[0].external(state, self.workers)
        else:
            buffer = self.own
            buffer[...] = 0
        self._add_others(buffer.transpose(1, 0, 2, 3), state)
        return buffer

    def _add_others(self, out: Array, state: State) -> None:
        """Add the fields of all terms and torques outside the kernels to `out` [T]."""
        for part in self.others:
            part.field(state, out)

    def _uniform(self, t: float, current: float) -> Array:
        layers = self.sample.mesh.layers
        total = np.zeros((layers, 3))
        for term in self.uniforms:
            total += term.uniform(t)
        for torque in self.orbits:
            total += torque.uniform(current, layers)
        return total.astype(self.dtype)

    def _push(self, current: float) -> Array:
        layers = self.sample.mesh.layers
        total = np.zeros((layers, 3))
        for torque in self.orbits:
            total += torque.push(current, layers)
        return total.astype(self.dtype)


def _non_negative(sample: Sample, values: ArrayLike, name: str) -> NDArray[np.float64]:
    array = sample.spread(values, name)
    if array.min() < 0:
        raise ConfigError(f"{name} = {array.min()} must not be negative.")
    return array


def _rate_table(
    sample: Sample, alpha: NDArray[np.float64], dtype: np.dtype[Any]
) -> tuple[NDArray[np.int32], Array]:
    """Return gamma/(1+alpha^2) and alpha as lookup (2, layers, ny) into distinct rows."""
    rate = np.where(sample.inside, GAMMA / (1 + alpha**2), 0.0)
    values = np.stack([rate, alpha]).astype(dtype)
    rows, lookup = np.unique(values.reshape(-1, values.shape[-1]), axis=0, return_inverse=True)
    return lookup.reshape(values.shape[:3]).astype(np.int32), np.ascontiguousarray(rows)
