"""What a torque is: an effective field that comes from no energy.

Every torque tau on m (dm/dt = -gamma m x B + alpha m x dm/dt + tau) is the field B = m x tau /
gamma, since -gamma m x (m x tau / gamma) = tau for tau perpendicular to m. So torques enter the
equation of motion as fields do, and damping acts on them as it must.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from neuroskyrm.micromagnetics.sample import Array, Sample, State


class Torque(ABC):
    """One torque, written as an effective field."""

    @abstractmethod
    def field(self, state: State, out: Array) -> None:
        """Add the equivalent field [T] at `state.current` to `out`, (3, layers, ny, nx)."""

    def check(self, sample: Sample) -> None:  # noqa: B027 (most torques have nothing to check)
        """Complain about parameters that do not fit `sample` (called once, before a run)."""
