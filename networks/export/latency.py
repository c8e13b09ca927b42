"""How long exported models take for an image, beside the usual float loop in torch."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch

from networks.deep_snn import DeepSnn
from networks.export.metadata import read_model
from networks.export.onnx import Shape
from networks.export.parity import open_session
from networks.export.runners import RUNNERS, inputs_of
from neuroskyrm.io.datasets import Bytes
from neuroskyrm.seeds import generator

REPEATS = 3
"""Turns that every runner gets; the quickest counts."""


def latencies(
    paths: Mapping[Shape, Path], snn: DeepSnn, images: Bytes, batch: int
) -> dict[str, float]:
    """Return seconds of one thread per image and whole run, all runners taking turns.

    Parameters
    ----------
    paths : mapping of shape to Path
        Exported models of `snn` by their shape, which names them in the result.
    snn : DeepSnn
        The network.
    images : ndarray of uint8
        Grey values, shape (N, n_in).
    batch : int
        Images at once; 1 is what a device at the edge does.

    Returns
    -------
    dict
        Names of `paths`, and ``torch_loop``.
    """
    parts = [images[k : k + batch] for k in range(0, len(images), batch)]
    work: dict[str, Callable[[Bytes], object]] = {"torch_loop": torch_loop(snn)}
    work |= {name: _runner(path, snn) for name, path in paths.items()}
    best = dict.fromkeys(work, np.inf)
    for _ in range(REPEATS):
        for name, run in work.items():
            begun = time.perf_counter()
            for part in parts:
                run(part)
            best[name] = min(best[name], (time.perf_counter() - begun) / len(images))
    return best


def _runner(path: Path, snn: DeepSnn) -> Callable[[Bytes], object]:
    model, note = read_model(path)
    session, run = open_session(model, path), RUNNERS[note.shape].run
    return lambda images: run(session, snn, images, generator(0, "latency"))


def torch_loop(snn: DeepSnn) -> Callable[[Bytes], np.ndarray]:
    """Return the usual loop over time steps and layers in torch, float32, one thread.

    What it returns for images is the output spike counts, shape (N, classes).
    """
    weights = [torch.from_numpy(layer.weights.astype(np.float32)) for layer in snn.layers]
    leak = float(snn.neuron.leak(snn.coding.time_step))

    def run(images: Bytes) -> np.ndarray:
        drive = torch.from_numpy(inputs_of(snn, images, generator(0, "latency"))).float()
        drive = drive.expand(snn.steps, *drive.shape[-2:])
        states = [
            torch.full((len(images), w.shape[1]), float(snn.start(layer)))
            for w, layer in zip(weights, snn.layers, strict=True)
        ]
        total = torch.zeros(len(images), weights[-1].shape[1])
        for now in drive:
            signal = now
            for k, (matrix, layer) in enumerate(zip(weights, snn.layers, strict=True)):
                states[k] = states[k] * leak + signal @ matrix
                signal = (states[k] >= layer.threshold).float()
                rest = states[k] - layer.threshold if snn.neuron.reset == "subtract" else 0.0
                states[k] = torch.where(signal > 0, rest, states[k])
            total += signal
        return total.numpy()

    def single(images: Bytes) -> np.ndarray:
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            with torch.no_grad():
                return run(images)
        finally:
            torch.set_num_threads(before)

    return single
