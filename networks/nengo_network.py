"""The spiking network as a ``nengo.Network``, for users of Nengo and its backends.

Connections carry the crossbar's whole-number weights, without synaptic filters, so that spikes
reach the next layer in the same time step, as in our own engine. Nengo sums in double precision:
whole-number currents are the same in both, but a leaking membrane differs from ours in its last
bits, and could in principle fire a step apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nengo
import numpy as np
from nengo.dists import Choice
from nengo.neurons import NeuronType
from nengo.params import BoolParam, NumberParam
from numpy.typing import NDArray

from networks.deep_snn import DeepSnn, SpikeRun
from networks.rate_coding import constant_drive, poisson_spikes
from neuroskyrm.io.datasets import Bytes

Float64 = NDArray[np.float64]


class IntegrateAndFire(NeuronType):  # type: ignore[misc]
    """The neuron of `DeepSnn`: at most one spike a step, of height one.

    Parameters
    ----------
    threshold : float
        Fires where the membrane is at or above this.
    leak : float
        Factor on the membrane in each step.
    subtract : bool
        Reset by subtraction, else to zero.
    start : float
        Membrane before the first step.
    """

    negative = False
    spiking = True
    threshold = NumberParam("threshold", low=0, low_open=True)
    leak = NumberParam("leak", low=0, high=1)
    subtract = BoolParam("subtract")

    def __init__(self, threshold: float, leak: float, subtract: bool, start: float) -> None:
        super().__init__(initial_state={"voltage": Choice([start])})
        self.threshold = threshold
        self.leak = leak
        self.subtract = subtract

    state = {"voltage": Choice([0.0])}  # noqa: RUF012  (Nengo's own form)

    def gain_bias(self, max_rates: Float64, intercepts: Float64) -> tuple[Float64, Float64]:
        """Return gain one and bias zero: currents reach the neurons as they are."""
        return np.ones_like(max_rates), np.zeros_like(max_rates)

    def max_rates_intercepts(self, gain: Float64, bias: Float64) -> tuple[Float64, Float64]:
        """Return nominal values; nothing is derived from them."""
        return np.ones_like(gain), np.zeros_like(bias)

    def step(self, dt: float, J: Float64, output: Float64, voltage: Float64) -> None:
        """Advance the membranes by one step of input currents `J`."""
        voltage *= self.leak
        voltage += J
        fired = voltage >= self.threshold
        output[:] = fired
        if self.subtract:
            voltage[fired] -= self.threshold
        else:
            voltage[fired] = 0.0


def nengo_network(
    snn: DeepSnn, drive: Callable[[float], Float64]
) -> tuple[nengo.Network, list[nengo.Probe]]:
    """Return `snn` as a Nengo network.

    Parameters
    ----------
    snn : DeepSnn
        The network; read noise is left out.
    drive : callable
        Returns the input of the first layer at a time [s], shape (n_in,).

    Returns
    -------
    network : nengo.Network
    probes : list of nengo.Probe
        Spikes of each layer, then the membranes of the last.
    """
    leak = float(snn.neuron.leak(snn.coding.time_step))
    with nengo.Network(seed=0) as network:
        source = nengo.Node(drive, size_out=snn.layers[0].weights.shape[0])
        probes = []
        for index, layer in enumerate(snn.layers):
            kind = IntegrateAndFire(
                layer.threshold, leak, snn.neuron.reset == "subtract", float(snn.start(layer))
            )
            size = layer.weights.shape[1]
            ensemble = nengo.Ensemble(
                size, 1, neuron_type=kind, gain=np.ones(size), bias=np.zeros(size),
                label=f"layer {index + 1}",
            )  # fmt: skip
            weights = layer.weights.T.astype(np.float64)
            nengo.Connection(source, ensemble.neurons, transform=weights, synapse=None)
            probes.append(nengo.Probe(ensemble.neurons))
            source = ensemble.neurons
        probes.append(nengo.Probe(ensemble.neurons, "voltage"))
    return network, probes


def run_nengo(snn: DeepSnn, images: Bytes, rng: np.random.Generator | None = None) -> SpikeRun:
    """Classify images in Nengo's reference simulator.

    Parameters
    ----------
    snn : DeepSnn
        The network.
    images : ndarray of uint8
        Grey values, shape (N, n_in).
    rng : numpy.random.Generator, optional
        Needed for Poisson inputs; in blocks of up to 100 images the spikes are then those that
        `DeepSnn.run` draws.

    Returns
    -------
    SpikeRun
        With the spikes of every layer, aligned in time.
    """
    steps = snn.steps
    inputs = _inputs(snn, images, rng)
    shown = {"input": inputs[:, 0]}
    dt = snn.coding.time_step

    def drive(t: float) -> Float64:
        now: Float64 = shown["input"][round(t / dt) - 1].astype(np.float64)
        return now

    network, probes = nengo_network(snn, drive)
    found: list[list[Any]] = [[] for _ in probes]
    with nengo.Simulator(network, dt=dt, progress_bar=False) as simulator:
        for n in range(len(images)):
            shown["input"] = inputs[:, n]
            simulator.reset()
            simulator.run_steps(steps)
            for k, probe in enumerate(probes):
                found[k].append(simulator.data[probe].copy())
    *trains, membranes = [np.stack(part, axis=1).astype(np.float32) for part in found]
    return SpikeRun(
        snn.scores(trains[-1], membranes),
        trains[-1].sum(0).astype(np.int32),
        tuple(float(train.mean()) for train in trains),
        tuple(train.astype(np.uint8) for train in trains),
    )


def _inputs(snn: DeepSnn, images: Bytes, rng: np.random.Generator | None) -> Bytes:
    """Return the inputs of all steps, shape (steps, N, n_in)."""
    if snn.coding.kind == "constant" or rng is None:
        drive = constant_drive(images)
        return np.broadcast_to(drive, (snn.steps, *drive.shape))
    return poisson_spikes(images, snn.steps, snn.coding.full, rng)
