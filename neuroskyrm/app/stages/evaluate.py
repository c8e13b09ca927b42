"""Both networks classify the test images."""

from __future__ import annotations

import numpy as np

from neuroskyrm.app.stages.base import Context, Stage
from neuroskyrm.app.stages.images import image_digest, images_of
from neuroskyrm.app.stages.program import FILE as SNN_FILE
from neuroskyrm.app.stages.train_stdp import FILE as STDP_FILE
from neuroskyrm.io.datasets import Dataset
from neuroskyrm.io.stage_store import Metrics
from neuroskyrm.seeds import generator


def _work(context: Context) -> Metrics:
    images = images_of(context.study, context.data)
    context.tick(0.0, "spiking net on the crossbar")
    metrics = _deep(context, images)
    context.tick(0.5, "STDP network")
    return metrics | _stdp(context, images)


def _deep(context: Context, images: Dataset) -> Metrics:
    from networks.snn_file import load_snn
    from neuroskyrm.app.figures import draw_confusion

    network = load_snn(context.inputs["program"].folder / SNN_FILE)
    run = network.run(images.test_images, generator(context.study.seed, "evaluate", "deep"))
    decisions = run.decisions()
    matrix = np.zeros((10, 10), np.int64)
    np.add.at(matrix, (images.test_labels, decisions), 1)
    draw_confusion(
        context.figure("confusion-deep", "Deep spiking net on the crossbar: digits and answers."),
        matrix,
        f"deep SNN, {network.steps} steps",
    )
    return {
        "deep.snn_accuracy": run.accuracy(images.test_labels),
        "deep.steps": network.steps,
        "deep.test_images": len(images.test_images),
        **{f"deep.spike_rate.layer{i}": rate for i, rate in enumerate(run.spike_rates)},
    }


def _stdp(context: Context, images: Dataset) -> Metrics:
    from networks.stdp_files import load_stdp
    from neuroskyrm.app.figures import draw_confusion

    network = load_stdp(context.inputs["train-stdp"].folder / STDP_FILE)
    some = context.study.stdp.test
    result = network.evaluate(images.test_images[:some], images.test_labels[:some], threads=2)
    draw_confusion(
        context.figure("confusion-stdp", "STDP network: digits and answers."),
        result.confusion,
        f"STDP network, {context.study.stdp.neurons} neurons",
    )
    return {
        "stdp.accuracy": result.accuracy["proportion"],
        "stdp.accuracy_by_vote": result.accuracy["vote"],
        "stdp.accuracy_by_likelihood": result.accuracy["likelihood"],
        "stdp.test_images": len(images.test_images[:some]),
        "stdp.spikes_per_image": result.spikes,
    }


STAGE = Stage(
    name="evaluate",
    does="Classify the test images with both networks on their devices.",
    sections=("data", "stdp"),
    needs=("train-stdp", "program"),
    code=("networks.deep_snn", "networks.snn_file", "networks.stdp", "networks.stdp_labels",
          "neuroskyrm.app.stages.evaluate"),
    work=_work,
    files=image_digest,
)  # fmt: skip
