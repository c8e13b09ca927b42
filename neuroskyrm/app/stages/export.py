"""The spiking net as ONNX, and the proof that it spikes alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuroskyrm.app.stages.base import Context, Stage
from neuroskyrm.app.stages.calibrate import used_card
from neuroskyrm.app.stages.images import image_digest, images_of, load_images
from neuroskyrm.app.stages.program import FILE as SNN_FILE
from neuroskyrm.errors import ConfigError, DataError, ExportError
from neuroskyrm.io.atomic import write_json
from neuroskyrm.io.datasets import Bytes, Dataset
from neuroskyrm.io.stage_store import Metrics
from neuroskyrm.seeds import generator

if TYPE_CHECKING:
    from networks.deep_snn import DeepSnn
    from networks.export.onnx import Shape

FILE = "model.onnx"
SHAPES: dict[Shape, str] = {"step": FILE, "layerwise": "layerwise.onnx", "rate": "rate.onnx"}
REPORT = "parity.json"


def _work(context: Context) -> Metrics:
    from networks.export.latency import latencies
    from networks.export.onnx import export_onnx
    from networks.export.parity import verify_onnx
    from networks.snn_file import load_snn

    network = load_snn(context.inputs["program"].folder / SNN_FILE)
    # Read noise belongs to a device's read, not to the model: both sides run without it.
    quiet = replace(network, layers=tuple(replace(x, noise=None) for x in network.layers))
    images, some = images_of(context.study, context.data), context.study.export.images
    card = used_card(context)
    tested = images.test_images[:some]
    about = {
        "card": card.name,
        "card_digest": card.digest,
        "levels": card.levels.mean,
        "sigma": [
            context.inputs["program"].metrics[f"program.sigma.layer{k}"]
            for k in range(len(quiet.layers))
        ],
        "data": images.name,
        "source": context.study.data.source,
        "seed": context.study.seed,
        "accuracy": quiet.run(tested, generator(0, "export")).accuracy(images.test_labels[:some]),
        "accuracy_images": len(tested),
    }
    shown = _shown(images, some)
    paths = {
        shape: export_onnx(quiet, context.folder / name, shape, about=about)
        for shape, name in SHAPES.items()
        if shape != "rate" or _has_rates(quiet)
    }
    reports = {}
    for place, (shape, path) in enumerate(paths.items()):
        context.tick((1 + place) / 5, f"comparing spike by spike: {path.name}")
        reports[shape] = verify_onnx(path, shown, reference=quiet)
    context.tick(0.8, "timing each shape beside a float loop")
    timed = {f"batch{size}": latencies(paths, quiet, shown[: 3 * size], size) for size in (1, 100)}
    write_json(context.folder / REPORT, {"models": reports, "seconds_per_image": timed})
    step, size = reports["step"], sum(report["size"] for report in reports.values())
    worst = {
        name: sum(report[name] for report in reports.values())
        for name in ("spikes", "differing_spikes", "differing_membranes", "differing_decisions")
    }
    return {
        "export.images": step["images"],
        "export.models": len(reports),
        **{f"export.{name}": value for name, value in worst.items()},
        "export.accuracy": about["accuracy"],
        "export.latency": step["latency"],
        "export.size": size,
    }


def _has_rates(network: DeepSnn) -> bool:
    """Return whether there is an equivalent network without time (see `networks.rate_network`)."""
    from networks.export.rate import MOST_STEPS
    from networks.rate_network import check_rate

    try:
        check_rate(network)
    except ConfigError:
        return False
    return network.steps <= MOST_STEPS


def verify(model: Path, count: int, data: Path | None) -> dict[str, Any]:
    """Compare an exported model with the reference that its own tensors describe.

    Parameters
    ----------
    model : Path
        The ONNX file.
    count : int
        Images to compare.
    data : Path or None
        Folder that holds MNIST, if the model was made for it.

    Returns
    -------
    dict
        The parity report (see `networks.export.parity.verify_onnx`).

    Raises
    ------
    ExportError
        The file is missing, damaged, or not one of ours.
    """
    from networks.export.parity import describe_file, verify_onnx

    if not model.is_file():
        raise ExportError(f"{model}: there is no such file; give an ONNX model of neuroskyrm.")
    source = str(describe_file(model).about.get("source", ""))
    try:
        images = load_images(source, data)
    except DataError:
        # Its images are not on this machine: spikes are compared on random ones instead.
        return verify_onnx(model)
    return verify_onnx(model, _shown(images, count), images.test_labels[:count])


def _shown(images: Dataset, count: int) -> Bytes:
    """Return images to compare on: test images and, as parity asks for many, training images."""
    shown: Bytes = np.concatenate([images.test_images[:count], images.train_images])[:count]
    return shown


STAGE = Stage(
    name="export",
    does="Write the spiking net as ONNX and compare it spike by spike.",
    sections=("data", "export"),
    needs=("calibrate", "program"),
    code=("networks.export", "networks.deep_snn", "networks.snn_file",
          "neuroskyrm.app.stages.export"),
    work=_work,
    files=image_digest,
)  # fmt: skip
