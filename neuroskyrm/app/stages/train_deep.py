"""The ReLU net that becomes the deep spiking network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from neuroskyrm.app.stages.base import Context, Stage
from neuroskyrm.app.stages.images import held_out, image_digest, images_of
from neuroskyrm.app.study import Study
from neuroskyrm.errors import ConfigError
from neuroskyrm.io.datasets import Dataset
from neuroskyrm.io.stage_store import Metrics

if TYPE_CHECKING:
    from networks.ann import Recipe, TrainedAnn

FILE = "ann.safetensors"


def recipe_of(study: Study) -> Recipe:
    """Return the training recipe that the study describes."""
    from networks.ann import Recipe
    from networks.augmentation import Distortion

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
    from networks.ann import load_ann

    return load_ann(context.inputs["train-deep"].folder / FILE)


def _work(context: Context) -> Metrics:
    study, images = context.study, images_of(context.study, context.data)
    end = held_out(study, images)
    ann = _train(context, images, end) if study.deep.net is None else _given(study, images)
    ann.save(context.folder / FILE)
    return {
        "deep.ann_accuracy": ann.accuracy(images.test_images, images.test_labels),
        "deep.ann_training_images": end if study.deep.net is None else 0,
        "deep.weights": sum(w.size for w in ann.weights),
    }


def _train(context: Context, images: Dataset, end: int) -> TrainedAnn:
    """Train on the images that are not held out, from the checkpoint if there is one."""
    from networks.ann import train_ann

    checkpoint = context.folder / "checkpoint.safetensors"
    ann = train_ann(
        images.train_images[:end],
        images.train_labels[:end],
        recipe_of(context.study),
        checkpoint=checkpoint,
        progress=lambda done, total: context.tick(done / total, f"epoch {done} of {total}"),
    )
    checkpoint.unlink(missing_ok=True)
    return ann


def _given(study: Study, images: Dataset) -> TrainedAnn:
    """Return the net of a file, after a look whether it is the one that the study describes."""
    from networks.trained_ann import load_ann

    ann = load_ann(Path(str(study.deep.net)))
    found = [len(ann.weights[0]), *(matrix.shape[1] for matrix in ann.weights)]
    wanted = [images.train_images.shape[1], *study.deep.hidden, 10]
    if found != wanted:
        raise ConfigError(
            f"'deep.net' = '{study.deep.net}' has layers of {found} neurons; with these images and "
            f"'deep.hidden' they must be {wanted}."
        )
    return ann


def _checked_images(study: Study, data: Path | None) -> dict[str, str]:
    """Return the hashes of images and given net, after a look whether they fit."""
    images = images_of(study, data)
    left = held_out(study, images)
    if study.deep.net is not None:
        return {**image_digest(study, data), "net": _given(study, images).digest}
    if left < study.deep.batch:
        raise ConfigError(
            f"'deep.batch' = {study.deep.batch} is more than the {left} training images; lower it, "
            "or raise 'data.train'."
        )
    return image_digest(study, data)


STAGE = Stage(
    name="train-deep",
    does="Train the ReLU net, or take a given one.",
    sections=("data", "deep.hidden", "deep.epochs", "deep.batch", "deep.learning_rate",
              "deep.momentum", "deep.dropout", "deep.augment"),
    needs=(),
    code=("networks.ann", "networks.augmentation", "networks.losses", "networks.quantisation",
          "networks.recipe", "networks.trained_ann", "networks.training",
          "neuroskyrm.app.stages.images", "neuroskyrm.app.stages.train_deep",
          "neuroskyrm.torch_threads"),
    work=_work,
    files=_checked_images,
)  # fmt: skip
