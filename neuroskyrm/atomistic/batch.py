"""Many processes at once as torch tensors: for a GPU, where a whole diagram is one batch.

The same equation and scheme as the compiled kernels (Runge-Kutta, single precision), written with
rolled tensors. On a processor the kernels are several times faster; there this serves as a check.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
import torch

from neuroskyrm.atomistic.dynamics import SpinDynamics
from neuroskyrm.atomistic.hamiltonian import Hamiltonian
from neuroskyrm.atomistic.initial import relaxed_skyrmion
from neuroskyrm.atomistic.labels import TextureState, label_process, texture_state
from neuroskyrm.atomistic.process import Process, ProcessRun
from neuroskyrm.constants import GAMMA
from neuroskyrm.errors import ConfigError

_SHARED = ("hamiltonian", "shape", "core", "frame_times", "damping_form")


def simulate_batch(processes: Sequence[Process], device: str | None = None) -> list[ProcessRun]:
    """Simulate processes that differ in damping and pulse only, as one batch.

    Parameters
    ----------
    processes : sequence of Process
        At zero temperature and without settling, on the same lattice with the same frame times.
    device : str, optional
        A torch device. Default: "cuda" where there is one, else "cpu".

    Returns
    -------
    list of ProcessRun
        In the same order; equal to `simulate_process` up to rounding.

    Raises
    ------
    ConfigError
        The processes differ in something else, or are not at zero temperature.
    """
    _check(processes)
    chosen = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    batch = _Batch(processes, chosen)
    first = texture_state(batch.initial, processes[0].hamiltonian.periodic)
    snapshots = []
    time = 0.0
    for until in processes[0].frame_times:
        batch.advance(time, until)
        time = until
        snapshots.append(batch.spins.cpu().numpy())
    series = np.stack(snapshots, axis=1)  # (process, frame, 3, ny, nx)
    return [_run(process, spins, first) for process, spins in zip(processes, series, strict=True)]


class _Batch:
    """The spins of all processes, shape (processes, 3, ny, nx), and how they move."""

    def __init__(self, processes: Sequence[Process], device: torch.device) -> None:
        base = processes[0]
        self.initial = relaxed_skyrmion(base.hamiltonian, base.shape, base.core)
        start = torch.from_numpy(np.array(self.initial)).to(device)
        self.spins = start.expand(len(processes), -1, -1, -1).clone()
        self.hamiltonian: Hamiltonian = base.hamiltonian
        damping = np.array([process.damping for process in processes])
        gilbert = base.damping_form == "gilbert"
        rate = GAMMA / (1 + damping**2) if gilbert else GAMMA * np.ones_like(damping)
        self.alpha = self._column(damping, device)
        self.rate = self._column(rate * 1e-12, device)  # [1/(T ps)]: near 1 in single precision
        self.step = min(
            SpinDynamics(p.hamiltonian, np.ones((3, 1, 1)), p.damping).time_step for p in processes
        )
        peaks = np.array([process.pulse.peak for process in processes])
        self.peaks = torch.tensor(peaks, dtype=torch.float32, device=device)[:, :, None, None]
        self.static = torch.tensor(
            base.hamiltonian.static_field, dtype=torch.float32, device=device
        )[:, None, None]
        self.centres = np.array([process.pulse.centre for process in processes])
        self.widths = np.array([process.pulse.width for process in processes])
        self.device = device

    def advance(self, time: float, until: float) -> None:
        """Take classical Runge-Kutta steps from `time` to `until` [s]."""
        count = max(1, ceil((until - time) / self.step - 1e-9)) if until > time else 0
        step = (until - time) / max(count, 1)
        h = step * 1e12
        for n in range(count):
            t = time + n * step
            k1 = self._slope(self.spins, t)
            k2 = self._slope(self.spins + 0.5 * h * k1, t + 0.5 * step)
            k3 = self._slope(self.spins + 0.5 * h * k2, t + 0.5 * step)
            k4 = self._slope(self.spins + h * k3, t + step)
            moved = self.spins + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
            self.spins = moved / moved.norm(dim=1, keepdim=True)

    def _slope(self, spins: torch.Tensor, time: float) -> torch.Tensor:
        """Return dS/dt [1/ps], Eq. (2)."""
        field = self._field(spins) + self._applied(time)
        torque = torch.linalg.cross(spins, field, dim=1)
        relaxation = torch.linalg.cross(spins, torque, dim=1)
        slope: torch.Tensor = -self.rate * (torque + self.alpha * relaxation)
        return slope

    def _field(self, spins: torch.Tensor) -> torch.Tensor:
        """Return exchange, Dzyaloshinskii-Moriya, anisotropy and static field [T]."""
        h = self.hamiltonian
        right, left = self._neighbour(spins, -1, 3), self._neighbour(spins, 1, 3)
        up, down = self._neighbour(spins, -1, 2), self._neighbour(spins, 1, 2)
        across, along = right - left, up - down
        twist = torch.stack([-along[:, 2], across[:, 2], along[:, 0] - across[:, 1]], dim=1)
        field = h.exchange_field * (right + left + up + down) + h.dmi_field * twist + self.static
        field[:, 2] += h.anisotropy_field * spins[:, 2]
        return field

    def _neighbour(self, spins: torch.Tensor, shift: int, axis: int) -> torch.Tensor:
        rolled = spins.roll(shift, axis)
        if not self.hamiltonian.periodic[3 - axis]:
            rolled.select(axis, -1 if shift < 0 else 0).zero_()
        return rolled

    def _applied(self, time: float) -> torch.Tensor:
        strength = np.exp(-0.5 * ((time - self.centres) / self.widths) ** 2)
        scale: torch.Tensor = self._column(strength, self.device)
        return scale * self.peaks

    @staticmethod
    def _column(values: np.ndarray, device: torch.device) -> torch.Tensor:
        return torch.tensor(values, dtype=torch.float32, device=device)[:, None, None, None]


def _run(process: Process, spins: np.ndarray, first: TextureState) -> ProcessRun:
    """Return the run of one process from its snapshots, shape (frames, 3, ny, nx)."""
    states = [texture_state(frame, process.hamiltonian.periodic) for frame in spins]
    return ProcessRun(
        process=process,
        times=np.array(process.frame_times),
        frames=spins[:, 2],
        magnetisation=spins.mean(axis=(2, 3), dtype=np.float64),
        charge=np.array([state.charge for state in states], dtype=np.float64),
        final=states[-1],
        label=label_process(first, states[-1]),
        final_spins=spins[-1],
    )


def _check(processes: Sequence[Process]) -> None:
    if not processes:
        raise ConfigError("simulate_batch: there are no processes.")
    for name in _SHARED:
        if len({getattr(process, name) for process in processes}) > 1:
            raise ConfigError(f"simulate_batch: all processes must have the same '{name}'.")
    if any(process.temperature > 0 or process.settle > 0 for process in processes):
        raise ConfigError("simulate_batch: 'temperature' and 'settle' must be 0.")
