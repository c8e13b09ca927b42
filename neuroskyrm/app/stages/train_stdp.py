"""The STDP network learns digits without labels, by pulses on its devices."""

from __future__ import annotations

import numpy as np

from networks.stdp import Progress, StdpNetwork
from networks.stdp_files import load_stdp, save_stdp
from networks.stdp_rules import suited
from neuroskyrm.app.progress import Tick
from neuroskyrm.app.stages.base import Context, Stage
from neuroskyrm.app.stages.devices import device_of
from neuroskyrm.app.stages.images import image_digest, images_of
from neuroskyrm.io.stage_store import Metrics

FILE = "stdp.safetensors"
SAVE_EVERY = 2000
"""Images between checkpoints."""


def _work(context: Context) -> Metrics:
    from networks.stdp_figures import weight_map_figure
    from neuroskyrm.app.figures import save_figure

    study = context.study
    images = images_of(study, context.data)
    shown = images.train_images[: study.stdp.train]
    labels = images.train_labels[: study.stdp.train]
    goal = study.stdp.passes * len(shown)
    checkpoint = context.folder / "checkpoint.safetensors"
    if checkpoint.exists():
        network = load_stdp(checkpoint)
    else:
        device = device_of(context)
        constants = suited(study.stdp.rule, device, goal)
        network = StdpNetwork(device, study.stdp.neurons, seed=study.seed, **constants)
    while network.presented < goal:
        until = min(goal, network.presented + SAVE_EVERY)
        network.train(shown, labels, until, _scaled(context.tick, until / goal))
        save_stdp(network, checkpoint)
    context.tick(1.0, "finding out what each neuron stands for")
    some = study.stdp.label
    network.label(images.train_images[:some], images.train_labels[:some], threads=2)
    save_stdp(network, context.folder / FILE)
    checkpoint.unlink(missing_ok=True)
    save_figure(
        lambda: weight_map_figure(network.weights),
        context.figure("stdp-weights", "What each neuron of the STDP network has learned to see."),
    )
    return {
        "stdp.images": goal,
        "stdp.neurons": study.stdp.neurons,
        "stdp.pulses": network.ledger.pulses,
        "stdp.energy": network.ledger.energy,
        "stdp.energy_per_image": network.ledger.energy / goal,
        "stdp.mean_weight": float(np.mean(network.weights)),
    }


def _scaled(tick: Tick, share: float) -> Progress:
    """Return progress of a part of the work, which ends at `share` of the whole."""
    return lambda part, text: tick(part * share, text)


STAGE = Stage(
    name="train-stdp",
    does="Let the STDP network learn on its devices.",
    sections=("data", "stdp", "crossbar.spread", "crossbar.read_noise", "crossbar.cycle_to_cycle"),
    needs=("calibrate",),
    code=("networks.stdp", "networks.stdp_kernel", "networks.stdp_rules", "networks.stdp_array",
          "networks.stdp_labels", "networks.encoding", "networks.neurons", "devicemodels",
          "neuroskyrm.app.stages.train_stdp"),
    work=_work,
    files=image_digest,
)  # fmt: skip
