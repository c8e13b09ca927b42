"""The float network: it learns, the same bits come out again, and files are checked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from networks.ann import Recipe, TrainedAnn, load_ann, train_ann
from networks.augmentation import Distortion
from networks.losses import label_loss, teacher_loss
from networks.quantisation import Grid, quantised, step_activation
from networks.submatrix import part
from neuroskyrm.errors import ConfigError, DataError
from neuroskyrm.io.datasets import load_digits28

QUICK = Recipe(
    hidden=(48, 32),
    epochs=12,
    batch=50,
    rate=0.05,
    momentum=0.9,
    cosine=True,
    initial=None,
    dropout=(0.1, 0.1),
    distortion=Distortion(1, 0.1, 0.1, 0.1, 0.3),
)
DIGITS = load_digits28()


def trained(recipe: Recipe = QUICK, **options: object) -> TrainedAnn:
    return train_ann(DIGITS.train_images[:600], DIGITS.train_labels[:600], recipe, **options)


class TestTraining:
    def test_it_learns_the_digits(self) -> None:
        assert trained().accuracy(DIGITS.test_images, DIGITS.test_labels) > 0.9

    def test_it_learns_with_the_same_neurons_silent_for_a_whole_batch(self) -> None:
        recipe = replace(QUICK, shared_dropout=True)
        net = trained(recipe)
        assert net.accuracy(DIGITS.test_images, DIGITS.test_labels) > 0.9
        assert net.digest == trained(recipe).digest

    def test_threads_do_not_change_a_bit(self) -> None:
        recipe = replace(QUICK, epochs=1)
        before = torch.get_num_threads()
        first = trained(recipe)
        torch.set_num_threads(2)
        second = trained(recipe)
        assert torch.get_num_threads() == 2
        torch.set_num_threads(before)
        assert first.digest == second.digest
        assert trained(replace(recipe, seed=1)).digest != first.digest

    def test_interrupted_training_ends_with_the_same_bits(self, tmp_path: Path) -> None:
        recipe = replace(QUICK, epochs=3)
        checkpoint = tmp_path / "net.ckpt"

        class StopError(Exception): ...

        def stop(done: int, total: int) -> None:
            if done == 2:
                raise StopError

        with pytest.raises(StopError):
            trained(recipe, checkpoint=checkpoint, progress=stop)
        seen: list[int] = []
        resumed = trained(
            recipe, checkpoint=checkpoint, progress=lambda done, total: seen.append(done)
        )
        assert seen == [3]
        assert resumed.digest == trained(recipe).digest
        other = trained(replace(recipe, seed=5), checkpoint=checkpoint)
        assert other.digest == trained(replace(recipe, seed=5)).digest

    def test_damaged_checkpoint_is_one_sentence(self, tmp_path: Path) -> None:
        checkpoint = tmp_path / "net.ckpt"
        checkpoint.write_bytes(b"not a checkpoint")
        with pytest.raises(DataError, match="damaged checkpoint"):
            trained(replace(QUICK, epochs=1), checkpoint=checkpoint)

    def test_weights_train_towards_device_levels(self) -> None:
        """With a coarse grid, training through it beats rounding after training."""
        smooth = trained()
        grids = tuple(
            Grid(np.array([-1.0, 0.0, 1.0]) * 1.5 * float(w.std())) for w in smooth.weights
        )
        aware = trained(replace(QUICK, rate=0.01), start=smooth, grids=grids)

        def rounded(net: TrainedAnn) -> float:
            held = tuple(
                g.nearest(torch.from_numpy(w)).numpy()
                for w, g in zip(net.weights, grids, strict=True)
            )
            return TrainedAnn(held).accuracy(DIGITS.test_images, DIGITS.test_labels)

        assert rounded(aware) > rounded(smooth)

    def test_a_pupil_gives_its_teachers_answers(self) -> None:
        """Taught without ever seeing a label that is right, it still decides as its teacher."""
        teacher = trained()
        images, false = DIGITS.train_images[:600], (DIGITS.train_labels[:600] + 1) % 10
        recipe = replace(QUICK, hidden=(64,), seed=3)
        pupil = train_ann(images, false, recipe, teacher=teacher)
        shown = DIGITS.test_images
        assert (pupil.decide(shown) == teacher.decide(shown)).mean() > 0.9

    def test_it_learns_from_squared_errors(self) -> None:
        recipe = Recipe((64,), 10, 20, rate=0.2, momentum=0.5, initial=0.1, loss="squared")
        assert trained(recipe).accuracy(DIGITS.test_images, DIGITS.test_labels) > 0.9

    def test_bad_batches_are_refused(self) -> None:
        with pytest.raises(ConfigError, match="at least one batch of 50"):
            train_ann(DIGITS.train_images[:10], DIGITS.train_labels[:10], QUICK)
        with pytest.raises(ConfigError, match="600 images with 599 labels"):
            train_ann(DIGITS.train_images[:600], DIGITS.train_labels[:599], QUICK)


class TestLosses:
    def test_squared_error_is_half_the_sum_over_classes_of_logistic_outputs(self) -> None:
        outputs, labels = torch.tensor([[0.0, 0.0], [100.0, -100.0]]), torch.tensor([0, 1])
        assert float(label_loss(outputs, labels, "squared")) == pytest.approx((0.25 + 1.0) / 2)

    def test_teacher_is_matched_where_answers_agree(self) -> None:
        """The gradient vanishes at the teacher's answers up to a common shift, whatever T."""
        answers = torch.tensor([[1.0, 3.0, -2.0]])
        for temperature in (1.0, 4.0):
            outputs = (answers + 5).requires_grad_()
            teacher_loss(outputs, answers, temperature).backward()
            np.testing.assert_allclose(outputs.grad, np.zeros((1, 3)), atol=1e-6)


class TestSteps:
    def test_quantised_is_the_nearest_level_with_the_gradient_of_the_weight(self) -> None:
        weights = torch.tensor([-2.0, -0.4, 0.1, 0.3, 0.9], requires_grad=True)
        held = quantised(weights, Grid(np.array([-1.0, -0.5, 0.0, 0.5, 1.0])), 0.0, None)
        np.testing.assert_allclose(held.detach(), [-1, -0.5, 0, 0.5, 1], atol=1e-7)
        held.sum().backward()
        np.testing.assert_array_equal(weights.grad, np.ones(5))

    def test_table_finds_the_nearest_level(self) -> None:
        grid = Grid(np.array([-1.0, -0.55, -0.3, 0.0, 0.3, 0.55, 1.0]))
        weights = np.random.default_rng(0).normal(size=5000).astype(np.float32)
        found = grid.nearest(torch.from_numpy(weights)).numpy()
        distance = np.abs(weights[:, None] - grid.levels).min(1)
        np.testing.assert_allclose(np.abs(found - weights), distance, atol=1e-4)

    def test_step_activation_counts_the_spikes_of_an_ideal_neuron(self) -> None:
        z = torch.linspace(-1, 3, 401)
        found = step_activation(z, torch.tensor(2.0), 8)
        spikes = np.clip(np.floor(z.numpy() * 4 + 0.5), 0, 8)
        np.testing.assert_allclose(found, spikes / 4, atol=1e-6)

    def test_step_activation_trains_input_inside_and_ceiling_above(self) -> None:
        z = torch.tensor([-1.0, 0.5, 5.0], requires_grad=True)
        ceiling = torch.tensor(2.0, requires_grad=True)
        step_activation(z, ceiling, 4).sum().backward()
        np.testing.assert_array_equal(z.grad, [0, 1, 0])
        assert float(ceiling.grad) == 1


class TestDistortion:
    def test_no_distortion_changes_nothing(self) -> None:
        images = torch.rand(3, 784)
        still = Distortion(0, 0, 0, 0, 0)(images, torch.Generator().manual_seed(0))
        np.testing.assert_allclose(still, images, atol=1e-5)

    def test_shifts_stay_within_the_limit(self) -> None:
        dot = torch.zeros(64, 28, 28)
        dot[:, 14, 14] = 1
        moved = Distortion(2, 0, 0, 0, 0)(dot.view(64, -1), torch.Generator().manual_seed(0))
        rows = (moved.view(64, 28, 28).sum(2) * torch.arange(28)).sum(1)
        assert float((rows - 14).abs().max()) <= 2.001
        assert float(rows.std()) > 0.5


class TestFiles:
    def test_saved_network_comes_back(self, tmp_path: Path) -> None:
        net = trained(replace(QUICK, epochs=1, activation_steps=8))
        net.save(tmp_path / "net.safetensors")
        again = load_ann(tmp_path / "net.safetensors")
        assert (again.digest, again.ceilings, again.activation_steps) == (
            net.digest,
            net.ceilings,
            8,
        )

    def test_damage_is_one_sentence(self, tmp_path: Path) -> None:
        path = tmp_path / "net.safetensors"
        with pytest.raises(DataError, match="no such file"):
            load_ann(path)
        trained(replace(QUICK, epochs=1)).save(path)
        path.write_bytes(path.read_bytes()[:-10])
        with pytest.raises(DataError, match="not a saved network"):
            load_ann(path)


def test_the_gradient_of_a_part_goes_to_its_places() -> None:
    matrix = torch.arange(12.0).reshape(3, 4).requires_grad_()
    rows, columns = torch.tensor([0, 2]), torch.tensor([1, 3])
    taken = part(matrix, rows, columns)
    assert taken.tolist() == [[1.0, 3.0], [9.0, 11.0]]
    (taken * torch.tensor([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    assert matrix.grad is not None
    assert matrix.grad.tolist() == [[0, 1, 0, 2], [0, 0, 0, 0], [0, 3, 0, 4]]
    assert part(matrix, None, None) is matrix
    assert part(matrix, rows, None).shape == (2, 4)
