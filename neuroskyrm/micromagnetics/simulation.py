"""A micromagnetic simulation: sample, terms and torques, advanced in time and recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from neuroskyrm import __version__
from neuroskyrm.errors import ConfigError
from neuroskyrm.io.trajectory import Trajectory
from neuroskyrm.micromagnetics import checkpoint
from neuroskyrm.micromagnetics.integrator import Integrator, Tolerance
from neuroskyrm.micromagnetics.mesh import Mesh
from neuroskyrm.micromagnetics.minimiser import minimise
from neuroskyrm.micromagnetics.recorder import Quantity, Recorder
from neuroskyrm.micromagnetics.run import Keeper, Place, advance
from neuroskyrm.micromagnetics.sample import Array, Sample, State
from neuroskyrm.micromagnetics.schemes import find_scheme
from neuroskyrm.micromagnetics.system import System
from neuroskyrm.micromagnetics.terms.base import Term
from neuroskyrm.micromagnetics.torques.base import Torque

DEFAULT_STEP = {"heun": 1e-13, "rk4": 2e-13, "dormand-prince": 1e-14}
"""Step of each scheme where none is given [s]; the adaptive one only starts with it."""

Progress = Callable[[float, int], None]
"""Called with the time done [s] and the step number."""


class Drive(Protocol):
    """Anything that gives a current density over time, such as a `PulseTrain`."""

    def amplitude(self, t: float) -> float:
        """Return the current density at time `t` after the start of the run [A/m^2]."""

    @property
    def edges(self) -> tuple[float, ...]:
        """Times at which the current jumps [s]; no step crosses them."""


class Simulation:
    """Landau–Lifshitz–Gilbert dynamics of a sample.

    dm/dt = -gamma m x B + alpha m x dm/dt + torques, solved in Landau–Lifshitz form.

    Parameters
    ----------
    mesh : Mesh
        Cells and layers.
    terms : sequence of Term
        Contributions to the energy.
    Ms : float or array broadcastable to mesh.shape
        Saturation magnetisation [A/m]; 0 outside the sample.
    alpha : float or array broadcastable to mesh.shape
        Gilbert damping.
    torques : sequence of Torque
        Torques of the current.
    temperature : float or array broadcastable to mesh.shape
        Temperature [K].
    seed : int
        Seed of the thermal field.
    scheme : {"heun", "rk4", "dormand-prince"}
        Integrator. "dormand-prince" chooses its step by itself; at a temperature give it a
        `tolerance` of about 1e-3, as the noise lets no step be much better.
    dt : float, optional
        Time step [s].
    dtype : numpy dtype
        float32 or float64; energies are summed in float64 anyway.
    threads : int
        Threads that share the work; results do not depend on it.
    m : array broadcastable to (3, layers, ny, nx)
        Initial magnetisation; it is normalised, and set to 0 outside the sample.
    tolerance : Tolerance
        Step control of the adaptive scheme.
    device : str
        "cpu" (compiled loops), "cuda" or "cuda:1" (torch on a graphics card), or "torch-cpu" (the
        code of the card on this processor, to check it).

    Raises
    ------
    ConfigError
        A parameter is not allowed or does not fit the mesh, or there is no such device.
    """

    def __init__(
        self,
        mesh: Mesh,
        terms: Sequence[Term],
        Ms: ArrayLike,
        alpha: ArrayLike,
        torques: Sequence[Torque] = (),
        temperature: ArrayLike = 0.0,
        seed: int = 0,
        scheme: str = "heun",
        dt: float | None = None,
        dtype: DTypeLike = np.float32,
        threads: int = 1,
        m: ArrayLike = (0.0, 0.0, 1.0),
        tolerance: Tolerance | None = None,
        device: str = "cpu",
    ) -> None:
        table = find_scheme(scheme)
        if np.dtype(dtype) not in (np.float32, np.float64):
            raise ConfigError(f"dtype = {dtype!r} must be float32 or float64.")
        if dt is not None and not dt > 0:
            raise ConfigError(f"dt = {dt!r} must be a positive time in seconds.")
        self.sample = Sample(mesh, Ms)
        self.system = _open_system(
            device, self.sample, terms, torques, alpha, temperature, seed, np.dtype(dtype), threads
        )
        self.t = 0.0
        step = dt or DEFAULT_STEP[scheme]
        initial = unit_vectors(self.sample, m, np.dtype(dtype))
        self.integrator = Integrator(self.system, table, initial, step, tolerance or Tolerance())

    @property
    def mesh(self) -> Mesh:
        """Cells and layers."""
        return self.sample.mesh

    @property
    def m(self) -> Array:
        """Magnetisation, shape (3, layers, ny, nx); unit vectors, 0 outside the sample."""
        return self.system.host(self.integrator.m)

    @m.setter
    def m(self, values: ArrayLike) -> None:
        self.integrator.restart(unit_vectors(self.sample, values, self.system.dtype))

    @property
    def state(self) -> State:
        """The present state, without drive."""
        return State(self.sample, self.m, self.t)

    def energies(self) -> dict[str, float]:
        """Return the energy of every term [J], by class name, and their "total"."""
        result: dict[str, float] = {}
        for term in self.system.terms:
            name = type(term).__name__
            result[name] = result.get(name, 0.0) + term.energy(self.state)
        return {**result, "total": sum(result.values())}

    def effective_field(self) -> Array:
        """Return the effective field of all terms without noise [T], (3, layers, ny, nx)."""
        out = np.zeros_like(self.m)
        with self.system.at_work():
            self.system.field(self.m, self.t, 0.0, out)
        return out

    def run(
        self,
        duration: float,
        drive: Drive | None = None,
        record: Mapping[str, Quantity] | None = None,
        every: float | None = None,
        snapshot_every: float | None = None,
        progress: Progress | None = None,
        keep: Path | str | None = None,
        keep_every: float = 20.0,
    ) -> Trajectory:
        """Advance by `duration` and return what was recorded.

        Parameters
        ----------
        duration : float
            Simulated time [s].
        drive : Drive, optional
            Current density over time, counted from the start of this run.
        record : dict of str to callable, optional
            Columns of the table: functions of a `State` that return a number. The columns t, mx,
            my, mz and current are always there.
        every : float, optional
            Time between rows of the table [s]; start and end alone if missing.
        snapshot_every : float, optional
            Time between stored magnetisations [s]; none if missing.
        progress : callable, optional
            Called with the time done [s] and the step number.
        keep : Path or str, optional
            Checkpoint of this run. If it exists, the same simulation goes on from there with the
            same bits; remove it once you have stored what the run returned.
        keep_every : float
            Time between checkpoints [s on the clock]; they take no more than 5 % of the time.

        Returns
        -------
        Trajectory

        Raises
        ------
        ConfigError
            `duration` or an interval is not positive.
        DataError
            `keep` is damaged or belongs to another run.
        PhysicsError
            The run diverged; the message says when, where and the likely cause.
        """
        for name, value in (
            ("duration", duration),
            ("every", every),
            ("snapshot_every", snapshot_every),
        ):
            if value is not None and not value > 0:
                raise ConfigError(f"{name} = {value!r} must be a positive time in seconds.")
        start = self.t
        recorder = Recorder(record or {}, start, duration, every, snapshot_every)
        current = drive.amplitude if drive is not None else _no_current
        edges = drive.edges if drive is not None else ()
        breaks = sorted({*recorder.moments, *(start + e for e in edges if 0 < e < duration)})
        place = Place(start, duration, start)
        keeper = Keeper(Path(keep), keep_every, self.system.seed) if keep is not None else None
        if keeper is not None and keeper.path.exists():
            place = keeper.load(place, self.integrator, recorder)
            self.t = place.begin
        else:
            self._record(recorder, current(0.0))

        def after_step() -> None:
            if progress is not None:
                now = place.begin + place.done
                progress(now - start, self.integrator.step_number)
            if keeper is not None and keeper.is_due():
                keeper.save(place, self.integrator, recorder)

        with self.system.at_work():
            for end in breaks:
                if end <= place.begin:
                    continue
                if place.steps == 0:
                    self.integrator.forget()
                advance(self.integrator, place, end, current, after_step)
                self.t, place.begin, place.done, place.steps = end, end, 0.0, 0
                self._record(recorder, current(end - start))
        if keeper is not None:
            keeper.save(place, self.integrator, recorder)
        return recorder.trajectory(self._provenance())

    def minimize(
        self,
        stop: float = 1e-4,
        most_steps: int = 20_000,
        progress: Callable[[int, float], None] | None = None,
    ) -> int:
        """Move to an energy minimum without dynamics, drive or noise; time stands still.

        Parameters
        ----------
        stop : float
            Largest torque |m x B| of any spin in the result [T]. In single precision the field
            itself is rough at about 1e-5 T.
        most_steps : int
            Give up after this many steps.
        progress : callable, optional
            Called with the step number and the largest |m x B| [T].

        Returns
        -------
        int
            Steps done.

        Raises
        ------
        ConvergenceError
            The criterion was not met; m is left as it was.
        PhysicsError
            The field is not finite.
        """
        with self.system.at_work():
            minimum, steps = minimise(
                self.m,
                lambda m, out: self.system.field(m, self.t, 0.0, out),
                stop,
                most_steps,
                progress,
            )
        self.integrator.restart(minimum)
        return steps

    def _record(self, recorder: Recorder, current: float) -> None:
        recorder.see(State(self.sample, self.m, self.t, current))

    def _provenance(self) -> dict[str, Any]:
        mesh, system = self.mesh, self.system
        return {
            "program": f"neuroskyrm {__version__}",
            "mesh": {
                "nx": mesh.nx, "ny": mesh.ny, "dx": mesh.dx, "dy": mesh.dy,
                "thicknesses": list(mesh.thicknesses), "heights": list(mesh.heights),
                "periodic": list(mesh.periodic),
            },
            "terms": [type(term).__name__ for term in system.terms],
            "torques": [type(torque).__name__ for torque in system.torques],
            "temperature": float(system.temperature.max()),
            "seed": system.seed,
            "dtype": str(system.dtype),
            "steps": self.integrator.step_number,
        }  # fmt: skip

    def save(self, path: Path | str) -> None:
        """Write a checkpoint: magnetisation, time, step number and step (nothing half-written)."""
        checkpoint.save(Path(path), self.t, self.integrator, self.system.seed)

    def load(self, path: Path | str) -> None:
        """Continue from a checkpoint of the same simulation, with the same bits.

        Raises
        ------
        DataError
            The file is missing, damaged, or belongs to another mesh, number type or seed.
        """
        self.t, _, _ = checkpoint.load(Path(path), self.integrator, self.system.seed)


def _open_system(device: str, *arguments: Any) -> System:
    if device == "cpu":
        return System(*arguments)
    from neuroskyrm.micromagnetics.torch_system import TorchSystem, find_device

    return TorchSystem(*arguments, device=find_device(device))


def unit_vectors(sample: Sample, m: ArrayLike, dtype: np.dtype[Any]) -> Array:
    """Return `m` as unit vectors of type `dtype`, 0 outside the sample.

    Raises
    ------
    ConfigError
        `m` has the wrong shape, is not finite, or vanishes inside the sample.
    """
    values = np.asarray(m, dtype=np.float64)
    if values.ndim == 1:
        values = values.reshape(-1, 1, 1, 1)
    try:
        values = np.broadcast_to(values, (3, *sample.mesh.shape))
    except ValueError:
        raise ConfigError(
            f"m of shape {np.shape(m)} must be 3 numbers or fit {(3, *sample.mesh.shape)}."
        ) from None
    length = np.sqrt(np.sum(values**2, axis=0))
    if not np.isfinite(length).all() or not (length[sample.inside] > 0).all():
        raise ConfigError("m must be finite, and must not vanish where Ms is positive.")
    scale = np.divide(1.0, length, out=np.zeros_like(length), where=sample.inside)
    return np.ascontiguousarray(values * scale, dtype=dtype)


def _no_current(_: float) -> float:
    return 0.0
