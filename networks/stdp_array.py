"""The devices of an STDP network: their states, and the weights that the neurons see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devicemodels.base import DeviceModel, States
from networks.stdp_kernel import SynapseState
from networks.stdp_reading import normal_table
from neuroskyrm.errors import ConfigError

_SAMPLES = 1 << 16


@dataclass(frozen=True)
class WeightMap:
    """How conductances become weights: w = full_scale (G - G_ref) / (G_max - G_min).

    Parameters
    ----------
    full_scale : float
        Weight of the whole conductance range.
    reference : bool
        A reference column at the lowest state is subtracted (G_ref = G_min); without it the
        pedestal stays in (G_ref = 0): the paper's 1.0 to 1.6 G0 are then weights of 1.7 to 2.7
        full scales.
    initial : float
        Devices start uniformly in the states of this lower part of the range.
    """

    full_scale: float = 0.5
    reference: bool = True
    initial: float = 0.6

    def __post_init__(self) -> None:
        if not self.full_scale > 0:
            raise ConfigError(f"WeightMap: 'full_scale' = {self.full_scale} must be above 0.")
        if not 0 < self.initial <= 1:
            raise ConfigError(f"WeightMap: 'initial' = {self.initial} must be in (0, 1].")

    def start_states(self, states: int) -> int:
        """Return how many of the lowest `states` states devices start in."""
        return max(2, round(self.initial * (states - 1)) + 1)


PEDESTAL = 0.17
"""Weight of the lowest state that networks without a reference column learn well with: every
input then excites all neurons by that much, whatever they have learned (docs/stdp.md)."""


def without_reference(model: DeviceModel) -> WeightMap:
    """Return the map of an array without a reference column, scaled so that its pedestal fits."""
    levels = model.levels
    span = float(levels[-1] - levels[0])
    return WeightMap(full_scale=PEDESTAL * span / float(levels[0]), reference=False)


def transition_matrix(model: DeviceModel, polarity: int) -> NDArray[np.float64]:
    """Return the probability that one pulse takes state i to state j, shape (states, states).

    Parameters
    ----------
    model : DeviceModel
        The device. One that knows its `transitions` is asked; of any other 65,536 devices a
        state are pulsed, which gives the probabilities to 0.2 %.
    polarity : int
        +1 potentiates, -1 depresses.
    """
    if hasattr(model, "transitions"):
        exact: NDArray[np.float64] = model.transitions(polarity)
        return exact
    count = len(model.levels)
    rng = np.random.default_rng(count)
    before = np.repeat(np.arange(count, dtype=np.uint8), _SAMPLES)
    after = model.pulse(before, np.full(before.shape, polarity, np.int16), rng)
    pairs = before.astype(np.int64) * count + after
    return np.bincount(pairs, minlength=count * count).reshape(count, count) / _SAMPLES


def _sd_by_state(model: DeviceModel, what: str) -> NDArray[np.float64]:
    """Return the standard deviation of reads or visits of each state [S], from samples."""
    rng = np.random.default_rng(len(model.levels))
    out = []
    for state in range(len(model.levels)):
        devices = np.full(_SAMPLES, state, np.uint8)
        values = model.read(devices, rng) if what == "read" else model.visit(devices, rng)
        out.append(0.0 if (values == values[0]).all() else values.std())
    return np.array(out)


def make_synapses(
    model: DeviceModel,
    shape: tuple[int, int],
    weight_map: WeightMap,
    rng: np.random.Generator,
    states: States | None = None,
) -> SynapseState:
    """Return a fresh array of devices for the kernels.

    Parameters
    ----------
    model : DeviceModel
        What each device is; its read noise, write noise, spread and transitions are taken over.
    shape : tuple of int
        Inputs and neurons.
    weight_map : WeightMap
        From conductance to weight, and the initial states.
    rng : numpy.random.Generator
        Draws the initial states, the device spread and the first visits.
    states : uint8 array, shape `shape`, optional
        Initial states instead of random ones.

    Returns
    -------
    SynapseState
    """
    levels = model.levels
    per_siemens = weight_map.full_scale / (levels[-1] - levels[0])
    if states is None:
        states = rng.integers(0, weight_map.start_states(len(levels)), shape, dtype=np.uint8)
    spread = model.spread(shape, rng)
    moves = np.stack([transition_matrix(model, +1), transition_matrix(model, -1)])
    read_sd = (_sd_by_state(model, "read") * per_siemens).astype(np.float32)
    read_sd = read_sd if read_sd.any() else read_sd[:0]
    synapses = SynapseState(
        weights=np.zeros(shape, np.float32),
        states=np.ascontiguousarray(states),
        levels=((levels - levels[0]) * per_siemens).astype(np.float32),
        visit_sd=(_sd_by_state(model, "visit") * per_siemens).astype(np.float32),
        base=np.float32(0 if weight_map.reference else levels[0] * per_siemens),
        spread=_unless_one(spread),
        stuck=np.zeros((0, 0), np.bool_),
        gain=np.zeros(0, np.float32),
        cumulative=np.cumsum(moves, axis=2),
        read_sd=read_sd,
        device_read_sd=read_sd[states] if read_sd.size else np.zeros((0, 0), np.float32),
        normals=normal_table(shape[1], rng),
    )
    visits = rng.standard_normal(shape) if synapses.visit_sd.any() else None
    synapses.weights[:] = weights_of(synapses, visits)
    return synapses


def continuous_synapses(
    shape: tuple[int, int], total: float, rng: np.random.Generator
) -> SynapseState:
    """Return ideal real-valued synapses: uniform random weights with column sums `total`."""
    weights = rng.random(shape).astype(np.float32)
    weights *= total / weights.sum(axis=0)
    nothing = np.zeros((0, 0))
    return SynapseState(
        weights=weights,
        states=np.zeros((0, 0), np.uint8),
        levels=np.zeros(0, np.float32),
        visit_sd=np.zeros(0, np.float32),
        base=np.float32(0),
        spread=nothing.astype(np.float32),
        stuck=nothing.astype(np.bool_),
        gain=np.zeros(0, np.float32),
        cumulative=np.zeros((2, 0, 0)),
        read_sd=np.zeros(0, np.float32),
        device_read_sd=nothing.astype(np.float32),
        normals=normal_table(shape[1], rng),
    )


def weights_of(
    synapses: SynapseState, visits: NDArray[np.float64] | None = None
) -> NDArray[np.float32]:
    """Return the weights that the present states stand for, shape (inputs, neurons).

    Parameters
    ----------
    synapses : SynapseState
        The array.
    visits : float64 array, shape (inputs, neurons), optional
        Write noise of each device in units of its standard deviation.
    """
    weights = synapses.levels[synapses.states]
    if synapses.spread.size:
        weights *= synapses.spread
    if visits is not None:
        weights += (synapses.visit_sd[synapses.states] * visits).astype(np.float32)
    weights += synapses.base
    np.maximum(weights, 0, out=weights)
    return weights


def _unless_one(spread: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the spread in single precision, or an empty array if all devices are alike."""
    return np.zeros((0, 0), np.float32) if (spread == 1).all() else spread.astype(np.float32)
