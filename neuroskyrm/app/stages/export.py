"""The spiking net as ONNX, and the proof that it spikes alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from networks.export.onnx import export_onnx
from networks.export.parity import describe_file, verify_onnx
from networks.snn_file import load_snn
from neuroskyrm.app.stages.base import Context, Stage
from neuroskyrm.app.stages.calibrate import used_card
from neuroskyrm.app.stages.images import image_digest, images_of, load_images
from neuroskyrm.app.stages.program import FILE as SNN_FILE
from neuroskyrm.errors import DataError, ExportError
from neuroskyrm.io.atomic import write_json
from neuroskyrm.io.stage_store import Metrics

FILE = "model.onnx"
REPORT = "parity.json"


def _work(context: Context) -> Metrics:
    network = load_snn(context.inputs["program"].folder / SNN_FILE)
    # Read noise belongs to a device's read, not to the model: both sides run without it.
    quiet = replace(network, layers=tuple(replace(x, noise=None) for x in network.layers))
    images = images_of(context.study, context.data)
    card = used_card(context)
    about = {
        "card": card.name,
        "card_digest": card.digest,
        "levels": card.levels.mean,
        "data": images.name,
        "source": context.study.data.source,
        "seed": context.study.seed,
    }
    path = export_onnx(quiet, context.folder / FILE, about=about)
    context.tick(0.5, "comparing spike by spike")
    some = context.study.export.images
    report = verify_onnx(path, images.test_images[:some], images.test_labels[:some], quiet)
    write_json(context.folder / REPORT, report)
    wanted = ("images", "spikes", "differing_spikes", "differing_membranes",
              "differing_decisions", "accuracy", "latency", "size")  # fmt: skip
    return {f"export.{name}": report[name] for name in wanted}


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
    if not model.is_file():
        raise ExportError(f"{model}: there is no such file; give an ONNX model of neuroskyrm.")
    source = str(describe_file(model).about.get("source", ""))
    try:
        images = load_images(source, data)
    except DataError:
        # Its images are not on this machine: spikes are compared on random ones instead.
        return verify_onnx(model)
    return verify_onnx(model, images.test_images[:count], images.test_labels[:count])


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
