"""Weights become device states: converted to codes, programmed as W+/W- pairs, accounted for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from devicemodels.card import load_card
from neuroskyrm.app.stages.base import Context, Stage
from neuroskyrm.app.stages.calibrate import CALIBRATED
from neuroskyrm.app.stages.devices import device_of
from neuroskyrm.app.stages.images import held_out, image_digest, images_of
from neuroskyrm.app.stages.train_deep import load_trained
from neuroskyrm.app.study import Study
from neuroskyrm.errors import ConfigError
from neuroskyrm.io.datasets import Bytes
from neuroskyrm.io.stage_store import Metrics
from neuroskyrm.seeds import generator

if TYPE_CHECKING:
    from devicemodels.base import DeviceModel
    from networks.conversion import Conversion
    from networks.hosting import Hosted

FILE = "snn.safetensors"

COST_IMAGES = 100
"""Held-out images that the cost of inference is the mean of."""


def _work(context: Context) -> Metrics:
    from crossbar import total
    from networks.conversion import convert
    from networks.deep_snn import Neuron
    from networks.inference_cost import inference_cost
    from networks.rate_coding import Coding
    from networks.snn_file import save_snn
    from neuroskyrm.app.figures import draw_crossbar

    study, device = context.study, device_of(context)
    images = images_of(study, context.data)
    end = held_out(study, images)
    context.tick(0.0, "choosing scales and thresholds on held-out training images")
    conversion = convert(
        load_trained(context),
        images.train_images[end:],
        images.train_labels[end:],
        device.levels,
        study.deep.positive,
        neuron=Neuron(reset=study.deep.reset),
        coding=Coding(study.deep.coding),
        steps=study.deep.steps,
        seed=study.seed,
    )
    context.tick(0.6, "programming devices")
    settings = study.crossbar
    hosted = _hosted(study, conversion, device, images.train_images[end:])
    arrays = hosted.crossbars
    save_snn(context.folder / FILE, hosted.snn)
    draw_crossbar(
        context.figure("crossbar", "First layer: W+ and W− device states, signed conductances."),
        arrays[0].plus,
        arrays[0].minus,
        arrays[0].conductances(),
    )
    wrong = sum(int(np.sum(a.codes != a.target)) for a in arrays)
    ledger = total([a.ledger for a in arrays])
    cost = inference_cost(
        hosted,
        images.train_images[end : end + COST_IMAGES],
        generator(study.seed, "program", "inference"),
        settings.read_voltage,
        settings.read_time,
    )
    return {
        **ledger.as_metrics("program"),
        "program.weights": sum(a.target.size for a in arrays),
        "program.wrong_codes": wrong,
        "program.weight_states": 2 * conversion.positive + 1,
        **{f"program.gain.layer{k}": float(t.gain.mean()) for k, t in enumerate(hosted.trims)},
        "inference.energy": cost.energy,
        "inference.latency": cost.latency,
        **{f"program.sigma.layer{k}": scale for k, scale in enumerate(conversion.scales)},
    }


def _hosted(study: Study, conversion: Conversion, device: DeviceModel, held: Bytes) -> Hosted:
    """Return the network on programmed arrays; resistive wires are trimmed on held-out images."""
    from crossbar import Verify, Wires
    from networks.hosting import host

    settings = study.crossbar
    trimmed = settings.wire > 0 and settings.trim > 0
    return host(
        conversion,
        device,
        study.seed,
        read_noise=settings.read_noise,
        trim_images=held[: settings.trim] if trimmed else None,
        placement=settings.placement,
        method=settings.method,
        verify=Verify(reads=settings.verify_reads, tolerance=settings.verify_tolerance),
        wires=Wires(word=settings.wire, bit=settings.wire),
        tile=(settings.tile, settings.tile),
    )


def _checked_card(study: Study, data: Path | None) -> dict[str, str]:
    """Return the hash of the images, after a look whether the card has enough states."""
    positive, use = study.deep.positive, study.card.use
    if positive is not None and use != CALIBRATED:
        states = load_card(use).states
        if positive >= states:
            raise ConfigError(
                f"'deep.positive' = {positive} is beyond the card '{use}', whose {states} states "
                f"give 1 to {states - 1} positive ones."
            )
    return image_digest(study, data)


STAGE = Stage(
    name="program",
    does="Program the trained weights onto the crossbar as W+/W- pairs.",
    sections=("data", "crossbar", "deep"),
    needs=("calibrate", "train-deep"),
    code=("devicemodels", "crossbar", "networks.conversion", "networks.deep_snn",
          "networks.rate_coding", "networks.fixed_point", "networks.hosting",
          "networks.inference_cost",
          "neuroskyrm.app.stages.program"),
    work=_work,
    files=_checked_card,
)  # fmt: skip
