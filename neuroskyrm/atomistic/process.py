"""Ultrafast skyrmion processes: one skyrmion, one field pulse, a few frames, one label."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.atomistic.dynamics import DampingForm, SpinDynamics
from neuroskyrm.atomistic.hamiltonian import Hamiltonian
from neuroskyrm.atomistic.initial import relaxed_skyrmion
from neuroskyrm.atomistic.labels import LABELS, TextureState, label_process, texture_state
from neuroskyrm.atomistic.pulse import FieldPulse

FRAME_TIMES = tuple(15e-12 * k for k in range(7))
"""Times of the frames [s]: 0, 15, ..., 90 ps, so that the fourth is at 45 ps as in Fig. 6."""

Observer = Callable[[float, NDArray[np.float32]], None]


@dataclass(frozen=True)
class Process:
    """Everything that defines one process.

    Parameters
    ----------
    damping : float
        Gilbert damping alpha.
    pulse : FieldPulse
        The field pulse; its width is the other axis of the process diagram.
    temperature : float
        Temperature [K].
    hamiltonian : Hamiltonian
        Couplings, moment, boundary.
    shape : tuple of int
        Lattice (ny, nx).
    core : int
        Direction of the initial skyrmion's core.
    frame_times : tuple of float
        When frames are taken [s].
    settle : float
        Time after the last frame, at the same damping, before the label is decided [s].
    seed : int
        Seed of the thermal field.
    damping_form : str
        See `SpinDynamics`.
    """

    damping: float
    pulse: FieldPulse
    temperature: float = 0.0
    hamiltonian: Hamiltonian = field(default_factory=Hamiltonian)
    shape: tuple[int, int] = (100, 100)
    core: int = 1
    frame_times: tuple[float, ...] = FRAME_TIMES
    settle: float = 0.0
    seed: int = 0
    damping_form: DampingForm = "gilbert"


@dataclass(frozen=True)
class ProcessRun:
    """A simulated process.

    Parameters
    ----------
    process : Process
        What was simulated.
    times : ndarray
        Times of the frames [s], shape (frames,).
    frames : ndarray
        S_z, float32, shape (frames, ny, nx).
    magnetisation : ndarray
        Mean spin of each frame, shape (frames, 3).
    charge : ndarray
        Topological charge of each frame, shape (frames,).
    final : TextureState
        What was counted when the label was decided.
    label : int
        Index into `LABELS`.
    final_spins : ndarray
        The final state, shape (3, ny, nx).
    """

    process: Process
    times: NDArray[np.float64]
    frames: NDArray[np.float32]
    magnetisation: NDArray[np.float64]
    charge: NDArray[np.float64]
    final: TextureState
    label: int
    final_spins: NDArray[np.float32]

    @property
    def mz(self) -> NDArray[np.float64]:
        """Mean S_z of each frame."""
        return self.magnetisation[:, 2]

    @property
    def label_name(self) -> str:
        """The label as a word."""
        return LABELS[self.label]


def start(process: Process) -> SpinDynamics:
    """Return the dynamics of `process`, ready to run from time 0."""
    return SpinDynamics(
        process.hamiltonian,
        relaxed_skyrmion(process.hamiltonian, process.shape, process.core),
        process.damping,
        temperature=process.temperature,
        pulses=[process.pulse],
        seed=process.seed,
        damping_form=process.damping_form,
    )


def watch(process: Process) -> Iterator[tuple[float, NDArray[np.float32]]]:
    """Yield (time [s], spins (3, ny, nx)) at every frame time, as the simulation goes."""
    dynamics = start(process)
    for time in process.frame_times:
        dynamics.advance(time)
        yield dynamics.time, dynamics.spins


def simulate_process(process: Process, observe: Observer | None = None) -> ProcessRun:
    """Simulate one process and label it.

    Parameters
    ----------
    process : Process
        What to simulate.
    observe : callable, optional
        Called with time [s] and spins (3, ny, nx) of every frame, as the simulation goes.

    Returns
    -------
    ProcessRun

    Raises
    ------
    ConvergenceError
        The couplings hold no skyrmion.
    PhysicsError
        The dynamics diverged.

    Examples
    --------
    >>> run = simulate_process(Process(damping=0.36, pulse=FieldPulse(width=8e-12)))
    >>> run.label_name, run.frames.shape
    ('breathing', (7, 100, 100))
    """
    dynamics = start(process)
    periodic = process.hamiltonian.periodic
    first = texture_state(dynamics.spins, periodic)
    frames, magnetisation, states = [], [], []
    for time in process.frame_times:
        dynamics.advance(time)
        spins = dynamics.spins
        if observe is not None:
            observe(time, spins)
        frames.append(spins[2])
        magnetisation.append(spins.mean(axis=(1, 2), dtype=np.float64))
        states.append(texture_state(spins, periodic))
    final = states[-1]
    if process.settle > 0:
        dynamics.advance(dynamics.time + process.settle)
        spins = dynamics.spins
        final = texture_state(spins, periodic)
    return ProcessRun(
        process=process,
        times=np.array(process.frame_times),
        frames=np.stack(frames),
        magnetisation=np.stack(magnetisation),
        charge=np.array([state.charge for state in states], dtype=np.float64),
        final=final,
        label=label_process(first, final),
        final_spins=spins,
    )


def simulate_processes(
    processes: Sequence[Process],
    threads: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Generator[ProcessRun, None, None]:
    """Yield the runs of `processes` in order, several at a time in threads.

    Parameters
    ----------
    processes : sequence of Process
        What to simulate.
    threads : int
        Runs side by side; results do not depend on it.
    progress : callable, optional
        Called with (done, total) after each run.

    Yields
    ------
    ProcessRun
    """
    for process in {(p.hamiltonian, p.shape, p.core): p for p in processes}.values():
        relaxed_skyrmion(process.hamiltonian, process.shape, process.core)  # once, not per thread
    pool = ThreadPoolExecutor(max_workers=threads)
    try:
        runs: Iterable[ProcessRun] = pool.map(simulate_process, processes)
        for done, run in enumerate(runs, start=1):
            if progress is not None:
                progress(done, len(processes))
            yield run
    finally:
        # An interrupted caller must not wait for all that is still queued.
        pool.shutdown(cancel_futures=True)


def with_pulse(process: Process, **changes: float) -> Process:
    """Return `process` with some of its pulse's parameters changed."""
    return replace(process, pulse=replace(process.pulse, **changes))
