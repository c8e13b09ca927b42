"""The converted deep spiking network: integer weights, integrate-and-fire neurons.

Weights are whole numbers of a conductance unit chosen per layer (see `fixed_point`), inputs are
spikes or 7-bit drives, so every input current is a whole number that single precision holds
exactly. Whatever library multiplies, in whatever order, the result is the same to the bit; this
is what lets an exported model be compared spike by spike.

Source: Chen et al., Appendix B; Diehl et al., IJCNN 2015.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import exp
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from networks._spiking_kernels import fire
from networks.fixed_point import DIGIT, split
from networks.rate_coding import Coding, drive_blocks
from neuroskyrm.errors import ConfigError
from neuroskyrm.io.datasets import Bytes

Float32 = NDArray[np.float32]

Readout = Literal["count", "charge"]
"""Decide by spike count, or by count with the membrane as the tie-break (count·threshold + v)."""


@dataclass(frozen=True)
class Neuron:
    """The neuron model of all layers.

    Attributes
    ----------
    leak_time : float or None
        Membrane time constant [s] (LIF); None for integrate-and-fire.
    reset : {"subtract", "zero"}
        What a spike does to the membrane.
    start : float
        Membrane before the first step, in units of the threshold. One half makes the error of
        a few steps average out (Bu et al., ICLR 2022).
    """

    leak_time: float | None = None
    reset: Literal["subtract", "zero"] = "subtract"
    start: float = 0.5

    def leak(self, time_step: float) -> np.float32:
        """Return the factor on the membrane in one step of `time_step` [s]."""
        return np.float32(1.0 if self.leak_time is None else exp(-time_step / self.leak_time))


@dataclass(frozen=True)
class SpikingLayer:
    """One layer as the hardware runs it.

    Attributes
    ----------
    weights : ndarray of int16, shape (n_in, n_out)
        Signed conductances in units of `unit`.
    planes : int
        1: |weights| <= 127. 2: |weights| <= 16319, run as two integer products.
    unit : float
        Conductance of weight 1 [S].
    threshold : float
        Whole number of current units at which a neuron fires.
    noise : ndarray of float32 or None
        Variance of one read of each weight [unit^2], shape (n_in, n_out); None: no read noise.
    """

    weights: NDArray[np.int16]
    planes: int
    unit: float
    threshold: float
    noise: Float32 | None = None


@dataclass(frozen=True)
class SpikeRun:
    """What came out of a run.

    Attributes
    ----------
    scores : ndarray of float32, shape (steps, N, classes)
        Score of each class after each step; the largest decides.
    counts : ndarray of int32, shape (N, classes)
        Output spikes in all.
    spike_rates : tuple of float
        Mean spikes per neuron and step, layer by layer.
    spikes, membranes : tuple of ndarray or None
        With ``record``: of each layer, shape (steps, N, n_out), spikes as uint8.
    """

    scores: Float32
    counts: NDArray[np.int32]
    spike_rates: tuple[float, ...]
    spikes: tuple[NDArray[np.uint8], ...] | None = None
    membranes: tuple[Float32, ...] | None = None

    def decisions(self, steps: int | None = None) -> NDArray[np.int64]:
        """Return the class of each image after `steps` steps (default: all), shape (N,)."""
        decided: NDArray[np.int64] = self.scores[-1 if steps is None else steps - 1].argmax(1)
        return decided

    def accuracy(self, labels: NDArray[np.uint8], steps: int | None = None) -> float:
        """Return the share of images decided as their label after `steps` steps."""
        return float((self.decisions(steps) == labels).mean())

    def early(self, margin: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return decisions, and steps taken, when each image stops at a clear lead.

        Parameters
        ----------
        margin : float
            Lead of the best score over the second at which an image stops [current units].

        Returns
        -------
        decisions, steps : ndarray of int, shape (N,)
        """
        ordered = np.sort(self.scores, axis=2)
        clear = ordered[:, :, -1] - ordered[:, :, -2] >= margin
        clear[-1] = True
        step = clear.argmax(0)
        return self.scores[step, np.arange(len(step))].argmax(1), step + 1


@dataclass(frozen=True)
class DeepSnn:
    """A feed-forward spiking network on integer weights.

    Attributes
    ----------
    layers : tuple of SpikingLayer
        From the first to the last.
    neuron : Neuron
        The model of every neuron.
    coding : Coding
        How images drive the first layer.
    steps : int
        Time steps of a run.
    readout : {"count", "charge"}
        How outputs become scores.
    """

    layers: tuple[SpikingLayer, ...]
    neuron: Neuron = field(default_factory=Neuron)
    coding: Coding = field(default_factory=Coding)
    steps: int = 10
    readout: Readout = "charge"

    def run(
        self,
        images: Bytes,
        rng: np.random.Generator | None = None,
        steps: int | None = None,
        record: bool = False,
    ) -> SpikeRun:
        """Classify images.

        Parameters
        ----------
        images : ndarray of uint8
            Grey values, shape (N, n_in).
        rng : numpy.random.Generator, optional
            Needed for Poisson inputs and for read noise.
        steps : int, optional
            Time steps; by default the network's own.
        record : bool
            Keep every spike and membrane.

        Returns
        -------
        SpikeRun

        Raises
        ------
        ConfigError
            The images do not fit the first layer, or `rng` is missing where it is needed.
        """
        n_in = self.layers[0].weights.shape[0]
        if images.ndim != 2 or images.shape[1] != n_in or not len(images):
            raise ConfigError(f"images: shape {images.shape}; it must be (N, {n_in}) with N > 0.")
        if rng is None and any(layer.noise is not None for layer in self.layers):
            raise ConfigError("rng: none given, but read noise needs a numpy Generator.")
        count = self.steps if steps is None else steps
        planes = [split(layer.weights, layer.planes) for layer in self.layers]
        blocks = [
            self._block(drive, count, planes, rng, record)
            for drive in drive_blocks(self.coding, images, count, rng)
        ]
        return _joined(blocks, len(self.layers), record)

    def _block(
        self,
        signal: Float32,
        steps: int,
        planes: list[tuple[Float32, ...]],
        rng: np.random.Generator | None,
        record: bool,
    ) -> SpikeRun:
        """Run one block of images through all layers, each over all its time steps."""
        images = signal.shape[-2]
        leak = self.neuron.leak(self.coding.time_step)
        kept_spikes, kept_membranes, rates = [], [], []
        for layer, parts in zip(self.layers, planes, strict=True):
            shape = (steps, images, layer.weights.shape[1])
            currents = _currents(signal, layer, parts, shape, rng)
            membrane = np.full(shape[1] * shape[2], self.start(layer), np.float32)
            spikes = np.empty(shape, np.float32)
            fire(
                currents.reshape(steps, -1),
                membrane,
                spikes.reshape(steps, -1),
                leak,
                np.float32(layer.threshold),
                self.neuron.reset == "subtract",
            )
            rates.append(float(spikes.mean()))
            if record:
                kept_spikes.append(spikes.astype(np.uint8))
                kept_membranes.append(currents)
            signal = spikes
        return SpikeRun(
            self.scores(spikes, currents),
            spikes.sum(0).astype(np.int32),
            tuple(rates),
            tuple(kept_spikes) if record else None,
            tuple(kept_membranes) if record else None,
        )

    def quiet(self) -> DeepSnn:
        """Return the network without read noise."""
        return replace(self, layers=tuple(replace(layer, noise=None) for layer in self.layers))

    def start(self, layer: SpikingLayer) -> np.float32:
        """Return the membrane of `layer` before the first step [current units]."""
        return np.float32(np.floor(self.neuron.start * layer.threshold))

    def scores(self, spikes: Float32, membranes: Float32) -> Float32:
        """Return the class scores after each step from the last layer's spikes and membranes."""
        counts = np.cumsum(spikes, axis=0, dtype=np.float32)
        if self.readout == "count":
            return counts
        return counts * np.float32(self.layers[-1].threshold) + membranes


def _currents(
    signal: Float32,
    layer: SpikingLayer,
    parts: tuple[Float32, ...],
    shape: tuple[int, int, int],
    rng: np.random.Generator | None,
) -> Float32:
    """Return the input current of each neuron and step, shape (steps, images, n_out).

    A constant drive has no time axis: it is multiplied once. Fresh read noise of every device in
    every step adds up to one Gaussian number per neuron, whose variance is formed here.
    """
    flat = signal.reshape(-1, signal.shape[-1])
    total = flat @ parts[0]
    for part in parts[1:]:
        total = total * DIGIT + flat @ part
    total = total.reshape(-1, shape[1], shape[2])
    currents = np.array(np.broadcast_to(total, shape)) if len(total) != shape[0] else total
    if layer.noise is not None and rng is not None:
        spread = np.sqrt((flat * flat) @ layer.noise).reshape(-1, shape[1], shape[2])
        currents += spread * rng.standard_normal(shape, dtype=np.float32)
    return currents


def _joined(blocks: list[SpikeRun], layers: int, record: bool) -> SpikeRun:
    """Return the blocks of a run as one."""
    sizes = np.array([len(b.counts) for b in blocks], dtype=float)
    rates = np.average([b.spike_rates for b in blocks], axis=0, weights=sizes)
    spikes = membranes = None
    if record:
        spikes = tuple(
            np.concatenate([b.spikes[k] for b in blocks if b.spikes], axis=1) for k in range(layers)
        )
        membranes = tuple(
            np.concatenate([b.membranes[k] for b in blocks if b.membranes], axis=1)
            for k in range(layers)
        )
    return SpikeRun(
        np.concatenate([b.scores for b in blocks], axis=1),
        np.concatenate([b.counts for b in blocks]),
        tuple(float(r) for r in rates),
        spikes,
        membranes,
    )
