"""The spiking engine beside its peers: the same converted net, the same images, one run.

    python benchmarks/deep_snn_speed.py docs/results/deep-speed

Peers that are not installed are left out. Each runs the net 784-2400-2400-10 for ten steps of
constant current on one thread, in batches of 100 and image by image; times are processor seconds,
so that a busy machine blurs them less, the runners taking turns, the best of five. Spikes of the
peers are compared with ours.

Image by image is what an edge device does, and there the loop reads all weights as floats in every
step, 300 MB an image, while the layer-wise graph reads them once as bytes, 7.7 MB.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import json
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from networks.deep_snn import DeepSnn, SpikingLayer
from networks.export import export_onnx
from networks.export.metadata import read_model
from networks.export.parity import open_session
from networks.rate_coding import constant_drive
from neuroskyrm.io.atomic import write_json
from neuroskyrm.io.provenance import machine, versions

Runner = Callable[[], np.ndarray]

IMAGES = 300
REPEATS = 5
SIZES = (784, 2400, 2400, 10)
PEERS = ("snntorch", "spikingjelly")


def network() -> DeepSnn:
    """Return a random net on 13 levels that fires as a trained one does (0.04 to 0.1 a step)."""
    rng = np.random.default_rng(0)
    layers = []
    for k, (n_in, n_out) in enumerate(pairwise(SIZES)):
        codes = np.clip(np.rint(rng.normal(0, 2, (n_in, n_out))), -6, 6)
        threshold = (127 * 2500.0, 1800.0, 1000.0)[k]
        layers.append(SpikingLayer((21 * codes).astype(np.int16), 1, 1e-7, threshold))
    return DeepSnn(tuple(layers), steps=10)


def torch_weights(snn: DeepSnn) -> list[torch.Tensor]:
    """Return the weights as float tensors."""
    return [torch.from_numpy(layer.weights.astype(np.float32)) for layer in snn.layers]


def run_torch(snn: DeepSnn, drive: torch.Tensor, batch: int) -> np.ndarray:
    """Run the usual loop over time steps in torch, float32."""
    weights, counts = torch_weights(snn), []
    for part in drive.split(batch):
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


def run_snntorch(snn: DeepSnn, drive: torch.Tensor, batch: int) -> np.ndarray:
    """Run snnTorch: Leaky neurons with beta = 1 and reset by subtraction in the same step."""
    import snntorch

    weights, counts = torch_weights(snn), []
    neurons = [
        snntorch.Leaky(beta=1.0, threshold=la.threshold - 0.5, reset_delay=False)
        for la in snn.layers
    ]
    for part in drive.split(batch):
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


def run_spikingjelly(snn: DeepSnn, drive: torch.Tensor, batch: int) -> np.ndarray:
    """Run SpikingJelly: IFNode with soft reset, layer by layer over all steps (multi-step mode)."""
    from spikingjelly.activation_based import functional, neuron

    weights, counts = torch_weights(snn), []
    nodes = [
        neuron.IFNode(v_threshold=la.threshold, v_reset=None, step_mode="m") for la in snn.layers
    ]
    for part in drive.split(batch):
        signal = part.expand(snn.steps, *part.shape)
        for node, matrix, layer in zip(nodes, weights, snn.layers, strict=True):
            functional.reset_net(node)
            node.v = torch.full((len(part), matrix.shape[1]), float(snn.start(layer)))
            signal = node(signal @ matrix)
        counts.append(signal.sum(0))
    return torch.cat(counts).numpy()


def runners(snn: DeepSnn, images: np.ndarray, batch: int) -> dict[str, Runner]:
    """Return what is timed, by name; each returns the output spike counts."""
    drive = torch.from_numpy(constant_drive(images).astype(np.float32))
    parts = [images[k : k + batch] for k in range(0, len(images), batch)]
    found: dict[str, Runner] = {
        "engine": lambda: np.concatenate([snn.run(part).counts for part in parts]),
        "torch_loop": lambda: run_torch(snn, drive, batch),
        "onnx_layerwise": onnx_layerwise(snn, images, batch, "int8"),
        "onnx_layerwise_int4": onnx_layerwise(snn, images, batch, "int4"),
    }
    if find_spec("snntorch"):
        found["snntorch"] = lambda: run_snntorch(snn, drive, batch)
    if find_spec("spikingjelly"):
        found["spikingjelly"] = lambda: run_spikingjelly(snn, drive, batch)
    return found


def onnx_layerwise(snn: DeepSnn, images: np.ndarray, batch: int, packing: str) -> Runner:
    """Return a runner of the layer-wise graph in onnxruntime."""
    path = export_onnx(snn, Path(tempfile.mkdtemp()) / "net.onnx", "layerwise", packing)
    session = open_session(read_model(path)[0], path)
    drives = constant_drive(images)
    parts = [drives[k : k + batch] for k in range(0, len(images), batch)]
    return lambda: np.concatenate([session.run(["counts"], {"input": p})[0] for p in parts])


def timed(snn: DeepSnn, images: np.ndarray, batch: int) -> dict[str, object]:
    """Return seconds per image and differing counts of every runner, taking turns."""
    work = runners(snn, images, batch)
    reference = snn.run(images).counts
    found: dict[str, object] = {
        f"batch{batch}.{name}.differing_counts": int((run() != reference).sum())
        for name, run in work.items()
    }
    best = dict.fromkeys(work, np.inf)
    for _ in range(REPEATS):
        for name, run in work.items():
            begun = time.process_time()
            run()
            best[name] = min(best[name], time.process_time() - begun)
    for name, seconds in best.items():
        found[f"batch{batch}.{name}.seconds_per_image"] = seconds / len(images)
        found[f"batch{batch}.{name}.times_torch_loop"] = best["torch_loop"] / seconds
    return found


def profile(snn: DeepSnn, images: np.ndarray) -> dict[str, float]:
    """Return microseconds an image of each kind of node of the layer-wise graph, image by image.

    onnxruntime's own profile, the least of all images; what the nodes inside a Scan take is told
    apart and is contained in the Scan's own time.
    """
    folder = Path(tempfile.mkdtemp())
    path = export_onnx(snn, folder / "net.onnx", "layerwise")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.enable_profiling = 1, True
    options.profile_file_prefix = str(folder / "profile")
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    drives = constant_drive(images)
    for k in range(len(images)):
        session.run(["counts"], {"input": drives[k : k + 1]})
    events = json.loads(Path(session.end_profiling()).read_text())
    spent: dict[str, list[float]] = {}
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("kernel_time"):
            kind = event["args"]["op_name"]
            own = kind in ("MatMulInteger", "Scan")
            name = event["name"].removesuffix("_kernel_time") if own else kind
            spent.setdefault(name, []).append(event["dur"])
    return {
        f"profile_us.{name}": float(np.reshape(times, (len(images), -1)).sum(1).min())
        for name, times in spent.items()
    }


def main() -> None:
    """Time every runner and write the metrics."""
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
        "repeats": REPEATS,
        "peers": {name: version(name) for name in PEERS if find_spec(name)},
        "load": os.getloadavg()[0],
        "spike_rates": snn.run(images[:100]).spike_rates,
    }
    metrics |= profile(snn, images[: IMAGES // 10])
    for batch, count in ((100, IMAGES), (1, IMAGES // 10)):
        metrics |= timed(snn, images[:count], batch)
    for name, value in metrics.items():
        if name.startswith(("batch", "profile")):
            print(name, value, flush=True)
    write_json(Path(sys.argv[1]) / "metrics.json", metrics)


if __name__ == "__main__":
    main()
