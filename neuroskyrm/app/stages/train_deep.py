"""The ReLU net that becomes the deep spiking network."""

from __future__ import annotations

from pathlib import Path

from networks.ann import Recipe, TrainedAnn, load_ann, train_ann
from networks.augmentation import Distortion
from neuroskyrm.app.stages.base import Context, Stage
from neuroskyrm.app.stages.images import held_out, image_digest, images_of
from neuroskyrm.app.study import Study
from neuroskyrm.errors import ConfigError
from neuroskyrm.io.stage_store import Metrics

FILE = "ann.safetensors"


def recipe_of(study: Study) -> Recipe:
    """Return the training recipe that the study describes."""
    deep = study.deep
    return Recipe(
        hidden=tuple(deep.hidden),
        epochs=deep.epochs,
        batch=deep.batch,
        rate=deep.learning_rate,
        momentum=deep.momentum,
        cosine=True,
        initial=None,
        dropout=(0.0, deep.dropout),
        distortion=Distortion() if deep.augment else None,
        seed=study.seed,
    )


def load_trained(context: Context) -> TrainedAnn:
    """Return the net that the stage `train-deep` left."""
    return load_ann(context.inputs["train-deep"].folder / FILE)


def _work(context: Context) -> Metrics:
    images = images_of(context.study, context.data)
    end = held_out(images)
    checkpoint = context.folder / "checkpoint.safetensors"
    ann = train_ann(
        images.train_images[:end],
        images.train_labels[:end],
        recipe_of(context.study),
        checkpoint=checkpoint,
        progress=lambda done, total: context.tick(done / total, f"epoch {done} of {total}"),
    )
    ann.save(context.folder / FILE)
    checkpoint.unlink(missing_ok=True)
    return {
        "deep.ann_accuracy": ann.accuracy(images.test_images, images.test_labels),
        "deep.ann_training_images": end,
        "deep.weights": sum(w.size for w in ann.weights),
    }


def _checked_images(study: Study, data: Path | None) -> dict[str, str]:
    """Return the hash of the images, after a look whether they fill a batch."""
    left = held_out(images_of(study, data))
    if left < study.deep.batch:
        raise ConfigError(
            f"'deep.batch' = {study.deep.batch} is more than the {left} training images; lower it, "
            "or raise 'data.train'."
        )
    return image_digest(study, data)


STAGE = Stage(
    name="train-deep",
    does="Train the ReLU net.",
    sections=("data", "deep.hidden", "deep.epochs", "deep.batch", "deep.learning_rate",
              "deep.momentum", "deep.dropout", "deep.augment"),
    needs=(),
    code=("networks.ann", "networks.augmentation", "networks.quantisation", "networks.recipe",
          "networks.trained_ann", "networks.training", "neuroskyrm.app.stages.train_deep"),
    work=_work,
    files=_checked_images,
)  # fmt: skip
