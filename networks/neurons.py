"""Leaky integrate-and-fire neurons with conductance synapses and an adaptive threshold."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neuroskyrm.errors import ConfigError


@dataclass(frozen=True)
class LifParameters:
    """Constants of the excitatory neurons and of their lateral inhibition.

    The membrane obeys tau dv/dt = (rest - v) + g_e (e_exc - v) + g_i (e_inh - v), with g_e and
    g_i relative to the leak. A neuron spikes where v > threshold + theta; theta then rises by
    `theta_plus`, and every other neuron's g_i by `inhibition`: the inhibitory layer of Diehl &
    Cook, whose neurons repeat each excitatory spike, as direct one-to-all connections.

    Parameters
    ----------
    rest, threshold, reset : float
        Membrane voltages [V].
    e_exc, e_inh : float
        Reversal potentials of excitation and inhibition [V].
    tau, tau_exc, tau_inh : float
        Time constants of the membrane and of both conductances [s].
    refractory : float
        Time after a spike in which the membrane stays at reset [s].
    inhibition : float
        Rise of g_i of all other neurons at a spike.
    inhibition_reading : float or None
        The same while the network is evaluated: weaker competition lets more neurons vote. None:
        as in learning.
    theta_plus : float
        Rise of a neuron's threshold at its spike [V].
    tau_theta : float
        Time constant of the threshold's return [s].

    References
    ----------
    P. U. Diehl and M. Cook, Front. Comput. Neurosci. 9, 99 (2015), section 2.1-2.3.
    """

    rest: float = -65e-3
    threshold: float = -52e-3
    reset: float = -65e-3
    e_exc: float = 0.0
    e_inh: float = -100e-3
    tau: float = 100e-3
    tau_exc: float = 1e-3
    tau_inh: float = 2e-3
    refractory: float = 5e-3
    inhibition: float = 17.0
    inhibition_reading: float | None = None
    theta_plus: float = 0.05e-3
    tau_theta: float = 1e4

    def __post_init__(self) -> None:
        for name in ("tau", "tau_exc", "tau_inh", "tau_theta"):
            if not getattr(self, name) > 0:
                raise ConfigError(
                    f"LifParameters: '{name}' = {getattr(self, name)} must be above 0."
                )
        if not self.e_inh <= self.reset <= self.rest < self.threshold < self.e_exc:
            raise ConfigError(
                "LifParameters: the voltages must be in the order "
                "e_inh <= reset <= rest < threshold < e_exc."
            )

    def discrete(self, step: float, learning: bool = True) -> StepConstants:
        """Return the constants of one time step of length `step` [s]."""
        inhibition = self.inhibition
        if not learning and self.inhibition_reading is not None:
            inhibition = self.inhibition_reading
        single = np.float32
        return StepConstants(
            rest=single(self.rest),
            threshold=single(self.threshold),
            reset=single(self.reset),
            e_exc=single(self.e_exc),
            e_inh=single(self.e_inh),
            rate=single(step / self.tau),
            keep_exc=single(exp(-step / self.tau_exc)),
            keep_inh=single(exp(-step / self.tau_inh)),
            refractory=round(self.refractory / step),
            inhibition=single(inhibition),
            theta_plus=single(self.theta_plus),
        )


MIDDLE_TRAINING = LifParameters(theta_plus=0.1e-3)
"""For trainings of about 5,000 to 30,000 images: thresholds that settle sooner."""

LONG_TRAINING = LifParameters(inhibition=34.0, inhibition_reading=17.0)
"""For trainings of 30,000 images and more. In short ones, whose thresholds have not yet settled,
so strong an inhibition lets a few neurons win everything."""


class StepConstants(NamedTuple):
    """`LifParameters` for one time step, in the types of the kernels."""

    rest: np.float32
    threshold: np.float32
    reset: np.float32
    e_exc: np.float32
    e_inh: np.float32
    rate: np.float32
    keep_exc: np.float32
    keep_inh: np.float32
    refractory: int
    inhibition: np.float32
    theta_plus: np.float32


class NeuronState(NamedTuple):
    """State of a layer, each an array of shape (neurons,).

    `v` [V], `g_exc`, `g_inh` (relative to the leak), `theta` [V], all float32.
    """

    v: NDArray[np.float32]
    g_exc: NDArray[np.float32]
    g_inh: NDArray[np.float32]
    theta: NDArray[np.float32]

    @classmethod
    def at_rest(cls, count: int, parameters: LifParameters) -> NeuronState:
        """Return `count` neurons at rest, with theta = 0."""
        return cls(
            np.full(count, parameters.rest, np.float32),
            np.zeros(count, np.float32),
            np.zeros(count, np.float32),
            np.zeros(count, np.float32),
        )
