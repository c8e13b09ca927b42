"""One loop that runs any Runge–Kutta table over the fused kernels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from neuroskyrm.errors import PhysicsError
from neuroskyrm.micromagnetics.sample import Array
from neuroskyrm.micromagnetics.schemes import Scheme
from neuroskyrm.micromagnetics.system import System, Values

Drive = Callable[[float], float]
"""Current density [A/m^2] as a function of time [s]."""


@dataclass(frozen=True)
class Tolerance:
    """How an adaptive scheme chooses its step.

    Parameters
    ----------
    error : float
        Largest error of any unit vector per step.
    smallest, largest : float
        Bounds of the step [s].
    safety : float
        Fraction of the step that the error estimate would allow.
    """

    error: float = 1e-5
    smallest: float = 1e-18
    largest: float = 1e-10
    safety: float = 0.9


class Integrator:
    """Advances m through time with one scheme.

    Parameters
    ----------
    system : System
        The right-hand side.
    scheme : Scheme
        The table.
    m : array of shape (3, layers, ny, nx)
        Initial value.
    dt : float
        Step, or first step of an adaptive scheme [s].
    tolerance : Tolerance
        Step control of an adaptive scheme.
    """

    def __init__(
        self, system: System, scheme: Scheme, m: Array, dt: float, tolerance: Tolerance
    ) -> None:
        self.system, self.scheme, self.tolerance = system, scheme, tolerance
        self.m: Values = system.array(m)
        self.dt = dt
        self.step_number = 0
        self.slopes: Values = system.array(np.zeros((len(scheme.nodes), *m.shape), dtype=m.dtype))
        self._values = [system.array(np.zeros_like(m)) for _ in range(2)]
        self._limit = 1.0 + 1e-5 * m[0].size
        self._fresh = False

    def restart(self, m: Array) -> None:
        """Continue from `m`, an array of this computer."""
        self.m[...] = self.system.array(m)
        self.forget()

    def forget(self) -> None:
        """Do not reuse the last slope: the drive has jumped."""
        self._fresh = False
        self.system.forget()

    def memory(self) -> dict[str, Array]:
        """Return what the next step uses of earlier ones, beside m, step and number."""
        slope = {"slope": self.system.host(self.slopes[0])} if self._fresh else {}
        return {**slope, **self.system.memory()}

    def recall(self, memory: Mapping[str, Array]) -> None:
        """Take back what `memory` returned."""
        self._fresh = "slope" in memory
        if self._fresh:
            self.slopes[0] = self.system.array(memory["slope"])
        self.system.recall(memory)

    def step(self, t: float, dt: float, drive: Drive) -> float:
        """Advance from `t` by `dt` [s] (less if the error asks for it); return the step done.

        Raises
        ------
        PhysicsError
            m became NaN, left the unit sphere, or the step fell below its minimum.
        """
        while True:
            self.system.begin_step()
            self.system.draw_noise(self.step_number, dt)
            new, deviation = self._stages(t, dt, drive)
            if not self.scheme.adaptive:
                self._check(deviation, t, dt)
                break
            error = dt * self._error() if deviation < self._limit else np.inf
            following = self._next_step(dt, error)
            if following < min(dt, self.tolerance.smallest):
                self._fail(t, dt, f"the step fell below its minimum of {self.tolerance.smallest} s")
            if error <= self.tolerance.error:
                self.dt = following
                break
            dt = following
            # The first slope stays valid unless the noise, which depends on the step, is in it.
            self._fresh = not self.system.is_warm and (self._fresh or bool(np.isfinite(error)))
        self.system.end_step()
        self._accept(new)
        return dt

    def _stages(self, t: float, dt: float, drive: Drive) -> tuple[Values, float]:
        """Evaluate all slopes; return the new value and its deviation from unit length."""
        scheme = self.scheme
        value, deviation = self.m, 0.0
        count = len(scheme.nodes)
        new = self.m
        for number, node in enumerate(scheme.nodes):
            weights = scheme.stages[number] if number < count - 1 else scheme.solution
            following = self._values[number % 2]
            time = t + node * dt
            scaled = dt * np.array(weights)
            if number == 0 and self._fresh:
                deviation = self.system.combine(self.m, self.slopes, scaled, following)
            else:
                deviation = self.system.stage(
                    value, self.m, self.slopes, number, scaled, following, time, drive(time)
                )
            new, value = value, following
        # With FSAL the last slope is taken at the new value itself.
        return (new if scheme.reuses_last else value), deviation

    def _error(self) -> float:
        return self.system.largest_error(self.slopes, np.array(self.scheme.error))

    def _next_step(self, dt: float, error: float) -> float:
        """Return the step that should meet the tolerance, within a factor 5 of the last."""
        ratio = self.tolerance.error / max(error, 1e-300)
        factor = self.tolerance.safety * ratio ** (1 / self.scheme.order)
        return float(min(dt * min(max(factor, 0.2), 5.0), self.tolerance.largest))

    def _accept(self, new: Values) -> None:
        index = 0 if new is self._values[0] else 1
        self._values[index], self.m = self.m, new
        self.step_number += 1
        self._fresh = self.scheme.reuses_last and not self.system.is_warm
        if self._fresh:
            self.slopes[0] = self.slopes[-1]

    def _check(self, deviation: float, t: float, dt: float) -> None:
        if not deviation < self._limit:
            self._fail(t, dt, "a spin left unit length")

    def _fail(self, t: float, dt: float, what: str) -> None:
        slope = self.system.host(self.slopes[-1]).astype(np.float64)
        speed = np.sqrt(np.sum(slope**2, axis=0))
        worst = np.where(np.isfinite(speed), speed, np.inf)
        layer, y, x = np.unravel_index(int(np.argmax(worst)), worst.shape)
        raise PhysicsError(
            f"At t = {t:.6g} s, {what} in cell x = {x}, y = {y}, layer = {layer} "
            f"(step {dt:.3g} s); the likely cause is a time step that is too long for the field "
            f"there, or a parameter with a wrong unit."
        )
