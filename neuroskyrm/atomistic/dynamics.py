"""Time integration of atomistic spins: the Landau-Lifshitz-Gilbert equation with thermal field.

``dS/dt = -gamma / (1 + alpha^2) S x [B + b + alpha S x (B + b)]`` (Eq. 2 of the paper), by the
classical Runge-Kutta scheme at zero temperature and by Heun's scheme (which converges to the
Stratonovich solution) above it. All arithmetic is in single precision; times are in double.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, prod, sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.atomistic import _kernels as kernels
from neuroskyrm.atomistic._advance import advance_heun, advance_rk4
from neuroskyrm.atomistic._simd import LANES
from neuroskyrm.atomistic.hamiltonian import Hamiltonian, Spins
from neuroskyrm.atomistic.pulse import FieldPulse
from neuroskyrm.constants import BOLTZMANN, GAMMA
from neuroskyrm.errors import ConfigError, PhysicsError

Scheme = Literal["rk4", "heun"]
DampingForm = Literal["gilbert", "landau-lifshitz"]

# Largest precession angle of a step. Runge-Kutta is stable to 2.83; 2.4 keeps the final state of
# the paper's processes within 1e-6 of a step four times smaller. Heun amplifies the fastest
# magnon by angle^4 / 8 a step, which the damping must outweigh.
_ANGLE: dict[str, float] = {"rk4": 2.4, "heun": 0.6}

_LINE = 16
"""Single-precision numbers of a cache line."""


class SpinDynamics:
    """A lattice of spins that moves in time.

    Parameters
    ----------
    hamiltonian : Hamiltonian
        Couplings, moment, boundary, static field.
    spins : ndarray
        Initial unit vectors, shape (3, ny, nx).
    damping : float
        Gilbert damping alpha.
    temperature : float
        Temperature of the thermal field [K].
    pulses : sequence of FieldPulse
        Field pulses; more may be added later with `fire`.
    seed : int
        Seed of the thermal field; the field is a pure function of seed, step and site.
    scheme : {"rk4", "heun"}, optional
        Default: Runge-Kutta at zero temperature, Heun above.
    time_step : float, optional
        Largest step [s]. Default: a fixed precession angle of the fastest magnon.
    damping_form : {"gilbert", "landau-lifshitz"}
        With the factor 1 / (1 + alpha^2) of Eq. (2), or without.
    time : float
        Time of the initial state [s].

    Raises
    ------
    ConfigError
        Damping or temperature is negative, or the spins have a wrong shape.
    """

    def __init__(
        self,
        hamiltonian: Hamiltonian,
        spins: Spins,
        damping: float,
        *,
        temperature: float = 0.0,
        pulses: Sequence[FieldPulse] = (),
        seed: int = 0,
        scheme: Scheme | None = None,
        time_step: float | None = None,
        damping_form: DampingForm = "gilbert",
        time: float = 0.0,
    ) -> None:
        _check(spins, damping, temperature)
        self.hamiltonian = hamiltonian
        self.damping = damping
        self.temperature = temperature
        self.time = time
        self.steps = 0
        self._seed = seed
        self._pulses = list(pulses)
        self._scheme: Scheme = scheme or ("heun" if temperature > 0 else "rk4")
        self._gamma = GAMMA / (1 + damping**2) if damping_form == "gilbert" else GAMMA
        fastest = hamiltonian.largest_field() * GAMMA * (1 + damping) / (1 + damping**2)
        self.time_step = time_step or _ANGLE[self._scheme] / fastest
        _, ny, nx = spins.shape
        wrap_x, wrap_y = hamiltonian.periodic
        self._shape = (ny, nx, kernels.row_stride(nx), wrap_x, wrap_y)
        self._buffers = [pad(spins) for _ in range(4 if self._scheme == "rk4" else 2)]
        self._noise = _aligned_zeros(self._buffers[0].shape) if temperature > 0 else None
        self._couplings = np.array(
            [
                hamiltonian.exchange_field,
                hamiltonian.dmi_field,
                hamiltonian.anisotropy_field,
                damping,
            ],
            dtype=np.float32,
        )
        fill_halo: Callable[..., None] = kernels.fill_halo
        fill_halo(self._buffers[0], *self._shape)

    @property
    def spins(self) -> NDArray[np.float32]:
        """A copy of the spins, shape (3, ny, nx)."""
        ny, nx, stride, _, _ = self._shape
        planes = self._buffers[0].reshape(3, ny + 2, stride)
        return planes[:, 1:-1, LANES : LANES + nx].copy()

    def fire(self, pulse: FieldPulse) -> None:
        """Add a field pulse to the drive."""
        self._pulses.append(pulse)

    def stop(self) -> None:
        """Switch all pulses off at once."""
        self._pulses.clear()

    def advance(self, until: float) -> None:
        """Integrate to the time `until` [s], in equal steps no longer than `time_step`.

        Raises
        ------
        PhysicsError
            The spins are no longer finite: the time step is too long.
        """
        duration = until - self.time
        if duration <= 0:
            return
        count = max(1, ceil(duration / self.time_step - 1e-9))
        step = duration / count
        static = np.array(self.hamiltonian.static_field)
        clock = (self.time, step, count, self.steps)
        advance: Callable[..., None] = advance_rk4 if self._scheme == "rk4" else advance_heun
        advance(
            *self._buffers, self._noise, self._shape, self._couplings, static,
            _pulse_table(self._pulses), *clock, self._gamma, self._seed, self._sigma(step),
        )  # fmt: skip
        self.time = until
        self.steps += count
        if not np.isfinite(self._buffers[0][LANES + self._shape[2] :][: self._shape[1]]).all():
            raise PhysicsError(
                f"The spins diverged before t = {until:.3e} s; "
                f"the time step {step:.1e} s is too long for a field of "
                f"{self.hamiltonian.largest_field():.0f} T."
            )

    def _sigma(self, step: float) -> float:
        """Return the width of the thermal field [T] of one component in one step.

        ``<b^2> = 2 alpha k T / (gamma mu dt)``, with gamma of the undamped equation for the
        Gilbert form (Brown 1963; Skubic et al. 2008).
        """
        power = 2 * self.damping * BOLTZMANN * self.temperature
        # Without the factor 1 + alpha^2, alpha S x S x b dissipates and shakes more strongly.
        form = self._gamma * (1 + self.damping**2)
        return sqrt(power / (form * self.hamiltonian.moment * step))


def pad(spins: Spins) -> NDArray[np.float32]:
    """Return the padded flat state of the kernels; columns outside hold unit vectors."""
    _, ny, nx = spins.shape
    planes = _aligned_zeros((3, ny + 2, kernels.row_stride(nx)))
    planes[2] = 1.0
    planes[:, 1:-1, LANES : LANES + nx] = spins
    return planes.reshape(-1)


def _aligned_zeros(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return zeros that begin at a cache line: vectors across two lines take twice as long."""
    count = prod(shape)
    room = np.zeros(count + _LINE, dtype=np.float32)
    skip = -(room.ctypes.data // room.itemsize) % _LINE
    return room[skip : skip + count].reshape(shape)


def _pulse_table(pulses: Sequence[FieldPulse]) -> NDArray[np.float64]:
    rows = [(*pulse.peak, pulse.centre, pulse.width) for pulse in pulses]
    return np.array(rows, dtype=np.float64).reshape(-1, 5)


def _check(spins: Spins, damping: float, temperature: float) -> None:
    if spins.ndim != 3 or spins.shape[0] != 3 or min(spins.shape) < 1:
        raise ConfigError(f"Spins have the shape {spins.shape}; it must be (3, ny, nx).")
    if not damping >= 0:
        raise ConfigError(f"'damping' = {damping} must be 0 or more.")
    if not temperature >= 0:
        raise ConfigError(f"'temperature' = {temperature} must be 0 K or more.")
