"""The deep spiking network on MNIST: train, adapt to device levels, program, test.

Stages keep their results in a run folder and can be run one by one; each prints what it found.

    python benchmarks/deep_snn_mnist.py RUN train            # the float net
    python benchmarks/deep_snn_mnist.py RUN adapt --states 13
    python benchmarks/deep_snn_mnist.py RUN test --states 13 --seed 1 --wire 1.0 --tile 128
    python benchmarks/deep_snn_mnist.py RUN export
    OMP_NUM_THREADS=2 python benchmarks/deep_snn_mnist.py RUN whole  # time of 10,000 images

The test images are looked at in `train`'s last line, `test` and `export` only; every choice is made
on the last 5,000 training images, which no training sees. Fig. 7b is in `deep_snn_sweep.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from crossbar import Verify, Wires
from devicemodels import SkyrmionDevice, load_card
from devicemodels.calibrate_check import wilson_interval
from networks.ann import BEST, TrainedAnn, load_ann, train_ann
from networks.augmentation import Distortion
from networks.conversion import Conversion, chosen_states, convert, scan_scales, weight_grids
from networks.deep_snn import DeepSnn
from networks.export import export_onnx, verify_onnx
from networks.hosting import host
from networks.rate_coding import constant_drive
from networks.snn_file import load_snn, save_snn
from neuroskyrm.io.atomic import write_json
from neuroskyrm.io.datasets import Bytes, Dataset, load_mnist
from neuroskyrm.io.provenance import machine

HELD_OUT = 5000
VERIFY = Verify(budget=50, reads=4, tolerance=0.12e-6)
"""A quarter of a level step, which four averaged reads can just tell."""

STEPS = 8
FIRST = replace(BEST, epochs=60, batch=200, rate=0.05)
SECOND = replace(
    BEST,
    epochs=30,
    batch=200,
    rate=0.03,
    dropout=(0.0, 0.2),
    distortion=Distortion(1.5, 0.15, 0.1, 0.12, 0.6),
    seed=1,
)
ADAPT = replace(
    SECOND, epochs=3, rate=0.005, dropout=(0.0, 0.1), activation_steps=STEPS, seed=2,
    distortion=Distortion(1.0, 0.12, 0.08, 0.1, 0.5),
)  # fmt: skip


def report(done: int, total: int) -> None:
    """Print the progress of a training."""
    print(f"epoch {done} of {total}", flush=True)


def train(run: Path, data: Dataset) -> dict[str, Any]:
    """Train the float net in two goes: strong distortions, then weak ones."""
    images, labels = data.train_images[:-HELD_OUT], data.train_labels[:-HELD_OUT]
    begun = time.process_time()
    net = train_ann(images, labels, FIRST, checkpoint=run / "first.ckpt", progress=report)
    net = train_ann(
        images, labels, SECOND, start=net, checkpoint=run / "second.ckpt", progress=report
    )
    net.save(run / "float.safetensors")
    return {
        "accuracy": net.accuracy(data.test_images, data.test_labels),
        "cpu_s": time.process_time() - begun,
        "epochs": FIRST.epochs + SECOND.epochs,
    }


def adapted(run: Path, states: int) -> tuple[TrainedAnn, tuple[float, ...]]:
    """Return the net that was adapted to so many states, and its scales."""
    note = json.loads((run / f"adapt-{states}.json").read_text())
    return load_ann(run / f"adapted-{states}.safetensors"), tuple(note["scales"])


def adapt(
    run: Path, data: Dataset, card: str, states: int, epochs: int, noise: float
) -> dict[str, Any]:
    """Fine-tune through the device's levels and the steps of the spiking neurons.

    With `noise`, in units of the largest level, every batch sees other devices (noise-aware).
    """
    net = load_ann(run / "float.safetensors")
    levels = load_card(card).conductance
    levels = levels[chosen_states(levels, (states - 1) // 2)]
    scales = scan_scales(net, data.train_images[-1000:], levels)
    begun = time.process_time()
    tuned = train_ann(
        data.train_images[:-HELD_OUT],
        data.train_labels[:-HELD_OUT],
        replace(ADAPT, epochs=epochs, weight_noise=noise),
        start=net,
        grids=weight_grids(levels, scales),
        checkpoint=run / f"adapt-{states}.ckpt",
        progress=report,
    )
    tuned.save(run / f"adapted-{states}.safetensors")
    return {
        "scales": scales,
        "epochs": epochs,
        "noise": noise,
        "cpu_s": time.process_time() - begun,
    }


def converted(
    run: Path, data: Dataset, device: SkyrmionDevice, states: int
) -> tuple[TrainedAnn, Conversion]:
    """Return the adapted net and its conversion; without one, the float net and a scan."""
    held = data.train_images[-1000:], data.train_labels[-1000:]
    positive = (states - 1) // 2
    if not (run / f"adapt-{states}.json").exists():
        net = load_ann(run / "float.safetensors")
        return net, convert(net, *held, device.levels, positive, steps=STEPS, scan=(0.65,))
    net, scales = adapted(run, states)
    return net, convert(net, *held, device.levels, positive, scales, steps=STEPS, scan=(1.0,))


def test(
    run: Path, data: Dataset, card: str, states: int, seed: int, wire: float, tile: int
) -> dict[str, Any]:
    """Program the adapted net into devices of the card and classify all test images.

    `wire` is the resistance of every word and bit line between neighbouring devices [ohm]; arrays
    of `tile` x `tile` devices are trimmed on 100 held-out training images.
    """
    device = SkyrmionDevice(load_card(card))
    net, conversion = converted(run, data, device, states)
    begun = time.process_time()
    hosted = host(
        conversion, device, seed, method="write-verify", verify=VERIFY,
        wires=Wires(wire, wire), tile=(tile, tile),
        trim_images=data.train_images[-100:] if wire else None,
    )  # fmt: skip
    programming = time.process_time() - begun
    if seed == 1 and wire:
        save_snn(run / f"programmed-{states}.safetensors", hosted.snn)
    begun = time.process_time()
    noisy = hosted.snn.run(data.test_images, np.random.default_rng(seed))
    testing = time.process_time() - begun
    curve, count = _curve(noisy, data), len(data.test_labels)
    cost = sum((crossbar.ledger for crossbar in hosted.crossbars[1:]), hosted.crossbars[0].ledger)
    found: dict[str, Any] = {
        "device": curve,
        "interval": wilson_interval(round(curve[-1] * count), count),
        "wire_ohm": wire,
        "tile": tile,
        "card": load_card(card).digest,
        "wrong_codes": [float((c.codes != c.target).mean()) for c in hosted.crossbars],
        "energy_J": cost.energy,
        "pulses": cost.pulses,
        "spike_rates": noisy.spike_rates,
        "programming_and_wires_cpu_s": programming,
        "test_cpu_s": testing,
    }
    if hosted.trims:
        found["mean_gains"] = [float(trim.gain.mean()) for trim in hosted.trims]
        found["largest_drives"] = [float(trim.drive.max()) for trim in hosted.trims]
    if seed == 1:
        found |= {
            "nominal": _curve(conversion.on().run(data.test_images), data),
            "float": load_ann(run / "float.safetensors").accuracy(
                data.test_images, data.test_labels
            ),
            "own_ann": net.accuracy(data.test_images, data.test_labels),
        }
    return found


def _curve(run: Any, data: Dataset) -> list[float]:
    """Return the accuracy after each step."""
    return [run.accuracy(data.test_labels, step + 1) for step in range(len(run.scores))]


def whole(run: Path, data: Dataset, states: int) -> dict[str, Any]:
    """Time the whole test set on the programmed net: ten steps, with and without read noise."""
    programmed = load_snn(run / f"programmed-{states}.safetensors")
    found: dict[str, Any] = {"images": len(data.test_images), "steps": 10, "machine": machine()}
    found["threads"] = os.environ.get("OMP_NUM_THREADS")
    for name, snn in (("noisy", programmed), ("quiet", programmed.quiet())):
        begun, cpu = time.perf_counter(), time.process_time()
        snn.run(data.test_images, np.random.default_rng(1), steps=10)
        found[f"{name}_s"] = time.perf_counter() - begun
        found[f"{name}_cpu_s"] = time.process_time() - cpu
    return found


def export(run: Path, data: Dataset, card: str, states: int) -> dict[str, Any]:
    """Write all shapes of the programmed net and compare 1,000 images spike by spike."""
    programmed = load_snn(run / f"programmed-{states}.safetensors").quiet()
    _, conversion = converted(run, data, SkyrmionDevice(load_card(card)), states)
    found = {}
    for name, snn, shape, packing in (
        ("step", programmed, "step", "int8"),
        ("layerwise", programmed, "layerwise", "int8"),
        ("rate", programmed, "rate", "int8"),
        ("step_int4", conversion.on(), "step", "int4"),
        ("layerwise_int4", conversion.on(), "layerwise", "int4"),
    ):
        about = {"card": card, "card_digest": load_card(card).digest, "states": states}
        path = export_onnx(snn, run / f"{name}.onnx", shape, packing, about=about)
        found[name] = verify_onnx(path, data.test_images[:1000], data.test_labels[:1000], snn)
        print(found[name], flush=True)
    return found | {"torch_loop_s": torch_loop(programmed, data.test_images[:1000])}


def torch_loop(snn: DeepSnn, images: Bytes) -> float:
    """Return the time per image [s] of the usual float loop over time steps, in torch."""
    weights = [torch.from_numpy(layer.weights.astype(np.float32)) for layer in snn.layers]
    levels = [layer.threshold for layer in snn.layers]
    drive = torch.from_numpy(constant_drive(images).astype(np.float32))
    begun = time.perf_counter()
    for part in drive.split(100):
        membranes = [
            torch.full((len(part), w.shape[1]), float(snn.start(la)))
            for w, la in zip(weights, snn.layers, strict=True)
        ]
        for _ in range(snn.steps):
            signal = part
            for k, matrix in enumerate(weights):
                membranes[k] += signal @ matrix
                signal = (membranes[k] >= levels[k]).float()
                membranes[k] -= signal * levels[k]
    return (time.perf_counter() - begun) / len(images)


def main() -> None:
    """Run one stage and keep what it found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("stage", choices=["train", "adapt", "test", "export", "whole"])
    parser.add_argument("--data", type=Path, help="folder that holds MNIST/raw")
    parser.add_argument("--card", default="rim-n4-300K")
    parser.add_argument("--states", type=int, default=13)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=ADAPT.epochs)
    parser.add_argument("--noise", type=float, default=0.0)
    parser.add_argument("--wire", type=float, default=1.0, help="ohm a device of a line; 0: none")
    parser.add_argument("--tile", type=int, default=128, help="most lines of one array")
    parser.add_argument(
        "--held-out", action="store_true", help="test on the held-out training images: for choices"
    )
    given = parser.parse_args()
    run, data, kind = given.run, load_mnist(given.data), "test"
    if given.held_out:
        held = data.train_images[-HELD_OUT:], data.train_labels[-HELD_OUT:]
        data, kind = replace(data, test_images=held[0], test_labels=held[1]), "held"
    run.mkdir(parents=True, exist_ok=True)
    stages = {
        "train": ("train", lambda: train(run, data)),
        "adapt": (
            f"adapt-{given.states}",
            lambda: adapt(run, data, given.card, given.states, given.epochs, given.noise),
        ),
        "test": (
            f"{kind}-{given.states}-{given.seed}-{given.tile if given.wire else 'none'}",
            lambda: test(run, data, given.card, given.states, given.seed, given.wire, given.tile),
        ),
        "whole": ("whole", lambda: whole(run, data, given.states)),
        "export": ("export", lambda: export(run, data, given.card, given.states)),
    }
    name, work = stages[given.stage]
    found = work()
    write_json(run / f"{name}.json", found)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
