"""A study that starts from a trained net: it is taken as it is, and shared by what uses it."""

from pathlib import Path

import numpy as np
import pytest

from networks.trained_ann import TrainedAnn
from neuroskyrm.app.pipeline import Pipeline
from neuroskyrm.app.stages.images import held_out, images_of
from neuroskyrm.app.stages.train_deep import FILE
from neuroskyrm.app.study import load_study
from neuroskyrm.errors import ConfigError, DataError

HIDDEN = 16


def net_file(folder: Path, seed: int = 0) -> Path:
    rng = np.random.default_rng(seed)
    shapes = [(784, HIDDEN), (HIDDEN, 10)]
    weights = tuple(rng.standard_normal(shape).astype(np.float32) for shape in shapes)
    TrainedAnn(weights).save(folder / f"net-{seed}.safetensors")
    return folder / f"net-{seed}.safetensors"


def study_with(file: Path, hidden: int = HIDDEN):
    return load_study(None, [f"deep.net={file}", f"deep.hidden=[{hidden}]"])


def test_given_net_is_not_trained(tmp_path):
    file = net_file(tmp_path)
    run = Pipeline(study_with(file), tmp_path / "runs")
    metrics = run.run(["train-deep"])
    assert metrics["deep.ann_training_images"] == 0
    assert metrics["deep.weights"] == 784 * HIDDEN + HIDDEN * 10
    assert (run.done["train-deep"].folder / FILE).read_bytes() == file.read_bytes()


def test_stage_goes_by_the_content_of_the_file(tmp_path):
    def digest(file):
        run = Pipeline(study_with(file), tmp_path / "runs")
        run.run(["train-deep"])
        return run.done["train-deep"].digest

    first, second = net_file(tmp_path), net_file(tmp_path, 1)
    before = digest(first)
    copy = tmp_path / "copy.safetensors"
    copy.write_bytes(first.read_bytes())
    assert digest(copy) == before != digest(second)


def test_net_of_another_size_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"784, 16, 10.* must be \[784, 32, 10\]"):
        Pipeline(study_with(net_file(tmp_path), 32), tmp_path / "runs").run(["train-deep"])
    assert not (tmp_path / "runs").exists()


def test_missing_net_is_named(tmp_path):
    with pytest.raises(DataError, match=r"gone\.safetensors: no such file"):
        Pipeline(study_with(tmp_path / "gone.safetensors"), tmp_path / "runs").run(["train-deep"])


def test_images_are_held_out_as_told():
    study = load_study(None, ["data.held_out=50"])
    images = images_of(study, None)
    assert held_out(study, images) == len(images.train_images) - 50
    assert held_out(load_study(None), images) == round(0.9 * len(images.train_images))
    with pytest.raises(ConfigError, match="held_out"):
        held_out(load_study(None, ["data.held_out=1300"]), images)
