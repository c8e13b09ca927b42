"""Faults to try a network with: failing, noisy and stuck devices, slipped states, drift."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from devicemodels import IdealDevice, Retention
from devicemodels.base import Conductances, States
from networks.stdp import StdpNetwork
from networks.stdp_array import weights_of
from neuroskyrm.errors import ConfigError
from neuroskyrm.seeds import generator


class Unreliable(IdealDevice):
    """An ideal device made worse, one fault at a time.

    Parameters
    ----------
    device : IdealDevice
        Levels and costs.
    failures : float
        Probability that a pulse does nothing.
    visit_noise, read_noise : float
        Standard deviation of each visit to a state and of each read, as a part of the range.
    spread : float
        Relative standard deviation of the range from device to device.
    """

    def __init__(
        self,
        device: IdealDevice,
        failures: float = 0.0,
        visit_noise: float = 0.0,
        read_noise: float = 0.0,
        spread: float = 0.0,
    ) -> None:
        super().__init__(
            device.levels,
            pulse_energy=device.pulse_energy,
            pulse_time=device.pulse_time,
            area=device.area,
        )
        if not 0 <= failures <= 1:
            raise ConfigError(f"Unreliable: 'failures' = {failures} must be from 0 to 1.")
        self.failures = failures
        self.range = float(self.levels[-1] - self.levels[0])
        self.visit_noise, self.read_noise, self.range_spread = visit_noise, read_noise, spread

    def transitions(self, count: int) -> NDArray[np.float64]:
        """Return the probability of i to j after one pulse of the sign of `count`."""
        states = len(self.levels)
        matrix = self.failures * np.eye(states)
        for state in range(states):
            after = min(max(state + int(np.sign(count)), 0), states - 1)
            matrix[state, after] += 1 - self.failures
        return matrix

    def visit(self, state: States, rng: np.random.Generator) -> Conductances:
        """Return how far each fresh visit to its state lies from the mean [S]."""
        return rng.normal(0.0, self.visit_noise * self.range, state.shape)

    def read(self, state: States, rng: np.random.Generator) -> Conductances:
        """Return one noisy read of each device [S]."""
        return self.conductance(state) + rng.normal(0.0, self.read_noise * self.range, state.shape)

    def spread(self, shape: tuple[int, ...], rng: np.random.Generator) -> Conductances:
        """Return a factor on the conductance range of each device, never negative."""
        return np.maximum(rng.normal(1.0, self.range_spread, shape), 0.0)


def stick(network: StdpNetwork, fraction: float) -> None:
    """Let a random `fraction` of the devices ignore all pulses from now on."""
    rng = generator(network.seed, "stdp", "stuck")
    stuck = rng.random(network.states.shape) < fraction
    network.synapses = network.synapses._replace(stuck=stuck)


def slip(network: StdpNetwork, fraction: float) -> None:
    """Move a random `fraction` of the devices by one state, up or down at random."""
    rng = generator(network.seed, "stdp", "slipped")
    moves = rng.choice(np.array([-1, 1]), network.states.shape)
    moves[rng.random(network.states.shape) >= fraction] = 0
    top = len(network.synapses.levels) - 1
    moved = np.clip(network.states.astype(np.int64) + moves, 0, top)
    touched = moved != network.states
    network.states[...] = moved
    if network.synapses.read_sd.size:
        network.synapses.device_read_sd[...] = network.synapses.read_sd[network.states]
    fresh = weights_of(network.synapses, rng.standard_normal(moved.shape))
    network.weights[touched] = fresh[touched]


def drift(network: StdpNetwork, retention: Retention, age: float) -> None:
    """Let the conductances relax for `age` [s] after the last pulse; states stay as they are.

    Parameters
    ----------
    network : StdpNetwork
        Its weights are moved towards the equilibrium of `retention`.
    retention : Retention
        Time constant, equilibrium and share of the way that is gone.
    age : float
        Time since the last pulse [s].
    """
    base = float(network.synapses.base)
    bounds = base, base + network.weight_map.full_scale
    network.weights[...] = retention.drifted(network.weights, age, bounds)
