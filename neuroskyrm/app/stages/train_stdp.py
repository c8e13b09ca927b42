"""The STDP network learns digits without labels, by pulses on its devices."""

from __future__ import annotations

import json
from dataclasses import asdict
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neuroskyrm.app.progress import Tick
from neuroskyrm.app.stages.base import Context, Stage
from neuroskyrm.app.stages.devices import device_of
from neuroskyrm.app.stages.images import image_digest, images_of
from neuroskyrm.app.study import Study
from neuroskyrm.io.atomic import write_json
from neuroskyrm.io.stage_store import Metrics

if TYPE_CHECKING:
    from devicemodels import SkyrmionDevice
    from networks.stdp import Progress, StdpNetwork, TrainingCurve
    from networks.stdp_wires import WiredArray

FILE = "stdp.safetensors"
CURVE = "stdp-curve.json"
SAVE_EVERY = 2000
"""Images between checkpoints, and between two looks at weights and training curve."""


def _work(context: Context) -> Metrics:
    from networks.stdp import TrainingCurve
    from networks.stdp_files import load_stdp, save_stdp

    study = context.study
    images = images_of(study, context.data)
    shown = images.train_images[: study.stdp.train]
    labels = images.train_labels[: study.stdp.train]
    goal = study.stdp.passes * len(shown)
    checkpoint = context.folder / "checkpoint.safetensors"
    curve = TrainingCurve.empty()
    device = device_of(context)
    network = _fresh_network(study, device, goal)
    wires = _wires(study, network, device)
    if checkpoint.exists():
        network = load_stdp(checkpoint)
        curve = _read_curve(context.folder / CURVE).until(network.presented)
    elif wires is not None:
        wires.attenuate(network)
    while network.presented < goal:
        until = min(goal, network.presented + SAVE_EVERY)
        curve += network.train(shown, labels, until, _scaled(context.tick, until / goal))
        _write_curve(curve, context.folder / CURVE)
        save_stdp(network, checkpoint)
        _draw(context, network, curve)
    context.tick(1.0, "finding out what each neuron stands for")
    if wires is not None:
        wires.deliver_exactly(network)
    some = study.stdp.label
    network.label(images.train_images[:some], images.train_labels[:some], threads=2)
    save_stdp(network, context.folder / FILE)
    checkpoint.unlink(missing_ok=True)
    return {
        "stdp.images": goal,
        "stdp.neurons": study.stdp.neurons,
        "stdp.pulses": network.ledger.pulses,
        "stdp.energy": network.ledger.energy,
        "stdp.energy_per_image": network.ledger.energy / goal,
        "stdp.mean_weight": float(np.mean(network.weights)),
    }


def _fresh_network(study: Study, device: SkyrmionDevice, goal: int) -> StdpNetwork:
    """Return the network before learning, with the constants that suit `goal` images."""
    from networks.stdp import StdpNetwork
    from networks.stdp_rules import suited

    constants = suited(study.stdp.rule, device, goal, study.crossbar.reference)
    return StdpNetwork(device, study.stdp.neurons, seed=study.seed, **constants)


def _wires(study: Study, network: StdpNetwork, device: SkyrmionDevice) -> WiredArray | None:
    """Return the wires around the devices of a fresh network; None if they are ideal."""
    from crossbar import Layout, Wires
    from networks.stdp_wires import WiredArray

    settings = study.crossbar
    if settings.wire == 0 or not network.states.size:
        return None
    wires = Wires(word=settings.wire, bit=settings.wire)
    layout = Layout(wires, tile=(settings.tile,) * 2)
    return WiredArray.of(network, device, layout, trimmed=settings.trim > 0)


def _draw(context: Context, network: StdpNetwork, curve: TrainingCurve) -> None:
    """Draw weights and training curve as they are now; both can be watched while it learns."""
    from networks.stdp_figures import training_figure, weight_map_figure
    from neuroskyrm.app.figures import save_figure

    save_figure(
        lambda: weight_map_figure(network.weights, f"after {network.presented} images"),
        context.figure("stdp-weights", "What each neuron of the STDP network has learned to see."),
    )
    caption = "Accuracy of the STDP network while it learns, and the energy of its pulses."
    save_figure(lambda: training_figure(curve), context.figure("stdp-training", caption))


def _write_curve(curve: TrainingCurve, path: Path) -> None:
    columns = {name: values.tolist() for name, values in asdict(curve).items()}
    columns["accuracy"] = [None if isnan(value) else value for value in columns["accuracy"]]
    write_json(path, columns)


def _read_curve(path: Path) -> TrainingCurve:
    from networks.stdp import TrainingCurve

    found = json.loads(path.read_text(encoding="utf-8"))
    presented = np.array(found.pop("presented"), np.int64)
    return TrainingCurve(presented, **{k: np.array(v, np.float64) for k, v in found.items()})


def _scaled(tick: Tick, share: float) -> Progress:
    """Return progress of a part of the work, which ends at `share` of the whole."""
    return lambda part, text: tick(part * share, text)


STAGE = Stage(
    name="train-stdp",
    does="Let the STDP network learn on its devices.",
    sections=("data", "stdp", "crossbar.spread", "crossbar.read_noise", "crossbar.cycle_to_cycle",
              "crossbar.wire", "crossbar.tile", "crossbar.trim", "crossbar.reference"),
    needs=("calibrate",),
    code=("networks.stdp", "networks.stdp_kernel", "networks.stdp_rules", "networks.stdp_array",
          "networks.stdp_labels", "networks.stdp_reading", "networks.stdp_wires",
          "networks.encoding", "networks.neurons", "devicemodels", "crossbar",
          "neuroskyrm.app.stages.train_stdp"),
    work=_work,
    files=image_digest,
)  # fmt: skip
