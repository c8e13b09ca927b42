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
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open

from crossbar import Verify, Wires
from devicemodels import SkyrmionDevice, load_card
from devicemodels.calibrate_check import wilson_interval
from networks.ann import BEST, Recipe, TrainedAnn, load_ann, train_ann
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
    SECOND,
    epochs=3,
    rate=0.005,
    dropout=(0.0, 0.1),
    seed=2,
    distortion=Distortion(1.0, 0.12, 0.08, 0.1, 0.5),
)


UNFINISHED = 75
"""Exit code of a training that `--minutes` stopped; the same command continues it."""


class Report:
    """Print the progress of a training; stop after the epoch in which its time is up."""

    def __init__(self, minutes: float) -> None:
        self.end = time.monotonic() + 60 * minutes

    def __call__(self, done: int, total: int) -> None:
        """Take note of a finished epoch, whose checkpoint is written."""
        print(f"epoch {done} of {total}, {time.process_time():.0f} s", flush=True)
        if done < total and time.monotonic() > self.end:
            raise SystemExit(UNFINISHED)


class CutError(Exception):
    """A training has come to the epoch from which another one begins."""


class CutShort(Report):
    """The same, and no further than epoch `cut`."""

    def __init__(self, report: Report, cut: int) -> None:
        self.end, self.cut = report.end, cut

    def __call__(self, done: int, total: int) -> None:
        """Take note of a finished epoch."""
        if done >= self.cut:
            raise CutError
        super().__call__(done, total)


def weights_at(checkpoint: Path, epoch: int) -> TrainedAnn | None:
    """Return the net that a checkpoint holds once it has come to `epoch`."""
    if not checkpoint.exists():
        return None
    with safe_open(checkpoint, framework="numpy") as file:
        if json.loads(file.metadata()["training"])["epoch"] < epoch:
            return None
        names = sorted(name for name in file.keys() if name.startswith("trained."))  # noqa: SIM118
        return TrainedAnn(tuple(file.get_tensor(name) for name in names))


def train(
    run: Path, data: Dataset, epochs: tuple[int, int, int], seed: int, report: Report
) -> dict[str, Any]:
    """Train the float net in two goes: strong distortions, then weak ones.

    `epochs` are those that the falling rate of the first go is made for, those of them that are
    done, and those of the second go.
    """
    images, labels = data.train_images[:-HELD_OUT], data.train_labels[:-HELD_OUT]
    planned, cut, more = epochs
    first = replace(FIRST, epochs=planned, seed=10 * seed)
    second = replace(SECOND, epochs=more, seed=10 * seed + 1)
    path = run / "first.ckpt"
    start = weights_at(path, cut)
    if start is None:
        with suppress(CutError):
            train_ann(images, labels, first, checkpoint=path, progress=CutShort(report, cut))
        start = weights_at(path, cut)
    net = train_ann(
        images, labels, second, start=start, checkpoint=run / "second.ckpt", progress=report
    )
    net.save(run / "float.safetensors")
    return {
        "accuracy": net.accuracy(data.test_images, data.test_labels),
        "epochs": epochs,
        "seed": seed,
    }


def adapted(run: Path, states: int) -> tuple[TrainedAnn, tuple[float, ...]]:
    """Return the net that was adapted to so many states, and its scales."""
    note = json.loads((run / f"adapt-{states}.json").read_text())
    return load_ann(run / f"adapted-{states}.safetensors"), tuple(note["scales"])


def adapt(
    run: Path, data: Dataset, card: str, states: int, recipe: Recipe, taught: bool, report: Report
) -> dict[str, Any]:
    """Fine-tune through the device's levels and the steps of the spiking neurons.

    With weight noise, in units of the largest level, every batch sees other devices (noise-aware).
    A net that is `taught` learns the float net's answers in place of the labels.
    """
    net = load_ann(run / "float.safetensors")
    levels = load_card(card).conductance
    levels = levels[chosen_states(levels, (states - 1) // 2)]
    scales = scan_scales(net, data.train_images[-1000:], levels)
    begun = time.process_time()
    tuned = train_ann(
        data.train_images[:-HELD_OUT],
        data.train_labels[:-HELD_OUT],
        recipe,
        start=net,
        grids=weight_grids(levels, scales),
        teacher=net if taught else None,
        checkpoint=run / f"adapt-{states}.ckpt",
        progress=report,
    )
    tuned.save(run / f"adapted-{states}.safetensors")
    return {
        "scales": scales,
        "epochs": recipe.epochs,
        "rate": recipe.rate,
        "noise": recipe.weight_noise,
        "steps": recipe.activation_steps,
        "taught": taught,
        "seed": recipe.seed,
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
    steps = net.activation_steps
    return net, convert(net, *held, device.levels, positive, scales, steps=steps, scan=(1.0,))


def verification(device: SkyrmionDevice, reads: int, tolerance: float) -> Verify:
    """Return a verification to `tolerance` mean level steps, which `reads` averaged reads tell."""
    return Verify(200, tolerance * float(np.diff(device.levels).mean()), reads)


def test(
    run: Path, data: Dataset, card: str, states: int, seed: int, wire: float, tile: int,
    reads: int, tolerance: float,
) -> dict[str, Any]:  # fmt: skip
    """Program the adapted net into devices of the card and classify all test images.

    `wire` is the resistance of every word and bit line between neighbouring devices [ohm]; arrays
    of `tile` x `tile` devices are trimmed on 100 held-out training images.
    """
    device = SkyrmionDevice(load_card(card))
    net, conversion = converted(run, data, device, states)
    begun = time.process_time()
    hosted = host(
        conversion, device, seed, method="write-verify",
        verify=verification(device, reads, tolerance), wires=Wires(wire, wire), tile=(tile, tile),
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
        "wrong": wrong(noisy.decisions(), data),
        "interval": wilson_interval(round(curve[-1] * count), count),
        "wire_ohm": wire,
        "tile": tile,
        "reads": reads,
        "tolerance": tolerance,
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
        before = load_ann(run / "float.safetensors").decide(data.test_images)
        nominal = conversion.on().run(data.test_images)
        found |= {
            "nominal": _curve(nominal, data),
            "wrong_nominal": wrong(nominal.decisions(), data),
            "wrong_float": wrong(before, data),
            "wrong_own_ann": wrong(net.decide(data.test_images), data),
        }
        for name in ("float", "own_ann"):
            found[name] = 1 - len(found[f"wrong_{name}"]) / count
    return found


def wrong(decisions: NDArray[np.int64], data: Dataset) -> list[int]:
    """Return the numbers of the images that are decided wrongly, for paired comparisons."""
    return [int(k) for k in np.flatnonzero(decisions != data.test_labels)]


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
    parser.add_argument(
        "--schedule", type=int, nargs=3, default=(FIRST.epochs, FIRST.epochs, SECOND.epochs),
        help="epochs of strong distortions planned, and done; epochs of weak ones",
    )  # fmt: skip
    parser.add_argument("--training-seed", type=int, default=0)
    parser.add_argument(
        "--minutes", type=float, default=float("inf"),
        help="stop training after so long (exit code 75); the same command continues it",
    )  # fmt: skip
    parser.add_argument("--noise", type=float, default=0.0)
    parser.add_argument("--rate", type=float, default=ADAPT.rate)
    parser.add_argument("--steps", type=int, default=STEPS, help="time steps to adapt to")
    parser.add_argument("--taught", action="store_true", help="learn the float net's answers")
    parser.add_argument("--reads", type=int, default=4, help="averaged in write-verify")
    parser.add_argument("--tolerance", type=float, default=0.23, help="in mean level steps")
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
    recipe = replace(
        ADAPT, epochs=given.epochs, rate=given.rate, weight_noise=given.noise,
        activation_steps=given.steps, seed=10 * given.training_seed + 2,
    )  # fmt: skip
    report = Report(given.minutes)
    stages = {
        "train": (
            "train",
            lambda: train(run, data, tuple(given.schedule), given.training_seed, report),
        ),
        "adapt": (
            f"adapt-{given.states}",
            lambda: adapt(run, data, given.card, given.states, recipe, given.taught, report),
        ),
        "test": (
            f"{kind}-{given.states}-{given.seed}-{given.tile if given.wire else 'none'}",
            lambda: test(
                run,
                data,
                given.card,
                given.states,
                given.seed,
                given.wire,
                given.tile,
                given.reads,
                given.tolerance,
            ),
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
