"""The spiking engine beside its peers: the same converted net, the same images, one run.

    python benchmarks/deep_snn_speed.py docs/results/deep-speed

Peers that are not installed are left out. Each runs the net 784-2400-2400-10 for ten steps of
constant current in batches of 100, on one thread; times are processor seconds, so that a busy
machine does not blur them. Spikes of the peers are compared with ours.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from networks.deep_snn import DeepSnn, SpikingLayer
from networks.export import export_onnx
from networks.export.metadata import read_model
from networks.export.parity import open_session
from networks.rate_coding import constant_drive
from neuroskyrm.io.atomic import write_json
from neuroskyrm.io.provenance import machine, versions

IMAGES = 500
SIZES = (784, 2400, 2400, 10)


def network() -> DeepSnn:
    """Return a random net on 13 levels that fires as a trained one does (about 0.1 a step)."""
    rng = np.random.default_rng(0)
    layers = []
    for k, (n_in, n_out) in enumerate(pairwise(SIZES)):
        codes = np.clip(np.rint(rng.normal(0, 2, (n_in, n_out))), -6, 6)
        threshold = (127 * 8000.0, 3000.0, 3000.0)[k]
        layers.append(SpikingLayer((21 * codes).astype(np.int16), 1, 1e-7, threshold))
    return DeepSnn(tuple(layers), steps=10)


def torch_weights(snn: DeepSnn) -> list[torch.Tensor]:
    """Return the weights as float tensors."""
    return [torch.from_numpy(layer.weights.astype(np.float32)) for layer in snn.layers]


def run_torch(snn: DeepSnn, drive: torch.Tensor) -> np.ndarray:
    """Run the usual loop over time steps in torch, float32."""
    weights, counts = torch_weights(snn), []
    for part in drive.split(100):
        states = [
            torch.full((len(part), w.shape[1]), float(snn.start(layer)))
            for w, layer in zip(weights, snn.layers, strict=True)
        ]
        total = torch.zeros(len(part), SIZES[-1])
        for _ in range(snn.steps):
            signal = part
            for k, (matrix, layer) in enumerate(zip(weights, snn.layers, strict=True)):
                states[k] += signal @ matrix
                signal = (states[k] >= layer.threshold).float()
                states[k] -= signal * layer.threshold
            total += signal
        counts.append(total)
    return torch.cat(counts).numpy()


def run_snntorch(snn: DeepSnn, drive: torch.Tensor) -> np.ndarray:
    """Run snnTorch: Leaky neurons with beta = 1 and reset by subtraction in the same step."""
    import snntorch

    weights, counts = torch_weights(snn), []
    neurons = [
        snntorch.Leaky(beta=1.0, threshold=la.threshold - 0.5, reset_delay=False)
        for la in snn.layers
    ]
    for part in drive.split(100):
        states = [
            torch.full((len(part), w.shape[1]), float(snn.start(layer)))
            for w, layer in zip(weights, snn.layers, strict=True)
        ]
        total = torch.zeros(len(part), SIZES[-1])
        for _ in range(snn.steps):
            signal = part
            for k, matrix in enumerate(weights):
                signal, states[k] = neurons[k](signal @ matrix, states[k])
            total += signal
        counts.append(total)
    return torch.cat(counts).numpy()


def run_spikingjelly(snn: DeepSnn, drive: torch.Tensor) -> np.ndarray:
    """Run SpikingJelly: IFNode with soft reset, layer by layer over all steps (multi-step mode)."""
    from spikingjelly.activation_based import functional, neuron

    weights, counts = torch_weights(snn), []
    nodes = [
        neuron.IFNode(v_threshold=la.threshold, v_reset=None, step_mode="m") for la in snn.layers
    ]
    for part in drive.split(100):
        signal = part.expand(snn.steps, *part.shape)
        for node, matrix, layer in zip(nodes, weights, snn.layers, strict=True):
            functional.reset_net(node)
            node.v = torch.full((len(part), matrix.shape[1]), float(snn.start(layer)))
            signal = node(signal @ matrix)
        counts.append(signal.sum(0))
    return torch.cat(counts).numpy()


def runners(snn: DeepSnn, images: np.ndarray) -> dict[str, Callable[[], np.ndarray]]:
    """Return what is timed, by name; each returns the output spike counts."""
    drive = torch.from_numpy(constant_drive(images).astype(np.float32))
    found: dict[str, Callable[[], np.ndarray]] = {
        "engine": lambda: snn.run(images).counts,
        "torch_loop": lambda: run_torch(snn, drive),
    }
    path = export_onnx(snn, Path(tempfile.mkdtemp()) / "net.onnx", "layerwise")
    session = open_session(read_model(path)[0], path)
    bytes_in = constant_drive(images)
    starts = range(0, IMAGES, 100)
    found["onnx_layerwise"] = lambda: np.concatenate(
        [session.run(["counts"], {"input": bytes_in[k : k + 100]})[0] for k in starts]
    )
    if find_spec("snntorch"):
        found["snntorch"] = lambda: run_snntorch(snn, drive)
    if find_spec("spikingjelly"):
        found["spikingjelly"] = lambda: run_spikingjelly(snn, drive)
    return found


def main() -> None:
    """Time every runner (best of three) and write the metrics."""
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    snn = network()
    images = np.random.default_rng(1).integers(0, 256, (IMAGES, SIZES[0]), dtype=np.uint8)
    images[np.random.default_rng(2).random(images.shape) < 0.8] = 0  # dark, as digits are
    metrics: dict[str, object] = {
        "command": "python benchmarks/deep_snn_speed.py docs/results/deep-speed",
        "versions": versions(),
        "machine": machine(),
        "images": IMAGES,
        "spike_rates": snn.run(images[:100]).spike_rates,
    }
    reference = snn.run(images).counts
    for name, work in runners(snn, images).items():
        counts = work()
        best = np.inf
        for _ in range(3):
            begun = time.process_time()
            work()
            best = min(best, time.process_time() - begun)
        metrics[f"{name}.seconds_per_image"] = best / IMAGES
        metrics[f"{name}.differing_counts"] = int((counts != reference).sum())
        print(name, best / IMAGES, metrics[f"{name}.differing_counts"], flush=True)
    write_json(Path(sys.argv[1]) / "metrics.json", metrics)


if __name__ == "__main__":
    main()
