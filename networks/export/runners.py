"""How each ONNX shape is run, and what it is compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto

from networks.deep_snn import DeepSnn, Float32
from networks.export.layerwise import layerwise_probes
from networks.export.rate import rate_probes
from networks.rate_coding import constant_drive, poisson_spikes
from networks.rate_network import run_rate
from neuroskyrm.io.datasets import Bytes


@dataclass(frozen=True)
class Outcome:
    """What one side of a comparison found.

    Attributes
    ----------
    spikes : tuple of ndarray of uint8
        Spikes of each layer, step by step (rate shape: counts).
    membranes : tuple of ndarray of float32
        Membranes of each layer (rate shape: the scores).
    decisions : ndarray of int
        Shape (N,).
    """

    spikes: tuple[NDArray[np.uint8], ...]
    membranes: tuple[Float32, ...]
    decisions: NDArray[np.int64]


Run = Callable[[Any, DeepSnn, Bytes, np.random.Generator], Outcome]


@dataclass(frozen=True)
class Runner:
    """One shape: its run in onnxruntime, its reference, and the outputs to add for comparing."""

    run: Run
    reference: Callable[[DeepSnn, Bytes, np.random.Generator], Outcome]
    probe: Callable[[ModelProto], None] = lambda model: None


def inputs_of(snn: DeepSnn, images: Bytes, rng: np.random.Generator) -> Bytes:
    """Return the input bytes: (N, n_in) constant drives, or (steps, N, n_in) spikes."""
    if snn.coding.kind == "constant":
        return constant_drive(images)
    return poisson_spikes(images, snn.steps, snn.coding.full, rng)


def _spiking_reference(snn: DeepSnn, images: Bytes, rng: np.random.Generator) -> Outcome:
    run = snn.run(images, rng, record=True)
    return Outcome(run.spikes or (), run.membranes or (), run.decisions())


def _last_membranes(snn: DeepSnn, images: Bytes, rng: np.random.Generator) -> Outcome:
    run = snn.run(images, rng, record=True)
    last = tuple(trace[-1] for trace in run.membranes or ())
    return Outcome(run.spikes or (), last, run.decisions())


def _rate_reference(snn: DeepSnn, images: Bytes, rng: np.random.Generator) -> Outcome:
    counts, scores = run_rate(snn, images)
    return Outcome(tuple(counts), (scores,), scores.argmax(1))


def run_step(session: Any, snn: DeepSnn, images: Bytes, rng: np.random.Generator) -> Outcome:
    """Run a step model over all time steps, feeding the membranes back."""
    steps, count = snn.steps, len(images)
    drive = inputs_of(snn, images, rng)
    sizes = [layer.weights.shape[1] for layer in snn.layers]
    spikes = tuple(np.empty((steps, count, size), np.uint8) for size in sizes)
    traces = tuple(np.empty((steps, count, size), np.float32) for size in sizes)
    states = [np.full((count, n), snn.start(la)) for la, n in zip(snn.layers, sizes, strict=True)]
    names = [f"membrane_{k + 1}" for k in range(len(sizes))]
    for step in range(steps):
        now = drive if drive.ndim == 2 else drive[step]
        out = session.run(None, {"input": now, **dict(zip(names, states, strict=True))})
        states = out[1::2]
        for k in range(len(sizes)):
            spikes[k][step], traces[k][step] = out[2 * k], states[k]
    scores = snn.scores(spikes[-1].astype(np.float32), traces[-1])
    return Outcome(spikes, traces, scores[-1].argmax(1))


def _run_layerwise(session: Any, snn: DeepSnn, images: Bytes, rng: np.random.Generator) -> Outcome:
    scores, _, *probes = session.run(None, {"input": inputs_of(snn, images, rng)})
    return Outcome(tuple(probes[::2]), tuple(probes[1::2]), scores.argmax(1))


def _run_rate(session: Any, snn: DeepSnn, images: Bytes, rng: np.random.Generator) -> Outcome:
    scores, *counts = session.run(None, {"input": constant_drive(images)})
    return Outcome(tuple(counts), (scores,), scores.argmax(1))


RUNNERS = {
    "step": Runner(run_step, _spiking_reference),
    "layerwise": Runner(_run_layerwise, _last_membranes, layerwise_probes),
    "rate": Runner(_run_rate, _rate_reference, rate_probes),
}
