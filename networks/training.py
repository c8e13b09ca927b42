"""One training: weights, optimiser, random stream and epoch, that can be kept and continued."""

from __future__ import annotations

import json
from itertools import pairwise
from math import cos, pi
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from networks.losses import label_loss, teacher_loss
from networks.quantisation import Grid, quantised, step_activation
from networks.recipe import Recipe
from networks.submatrix import part
from networks.trained_ann import TrainedAnn
from neuroskyrm.errors import DataError
from neuroskyrm.io.atomic import replacing
from neuroskyrm.io.datasets import Bytes


class Training:
    """The state of one training; see `networks.ann.train_ann` for the arguments."""

    def __init__(
        self,
        images: Bytes,
        labels: NDArray[np.uint8],
        recipe: Recipe,
        start: TrainedAnn | None,
        grids: tuple[Grid, ...],
        teacher: TrainedAnn | None = None,
    ) -> None:
        self.recipe, self.grids, self.teacher, self.epoch = recipe, grids, teacher, 0
        self.images = torch.from_numpy(images.astype(np.float32) / np.float32(255))
        self.labels = torch.from_numpy(labels.astype(np.int64))
        self.random = torch.Generator().manual_seed(recipe.seed)
        sizes = (images.shape[1], *recipe.hidden, int(labels.max()) + 1)
        if start is None:
            self.weights = [self._initial(n_in, n_out) for n_in, n_out in pairwise(sizes)]
        else:
            self.weights = [torch.from_numpy(w.copy()) for w in start.weights]
        self.ceilings = self._ceilings(start)
        trained = [*self.weights, *self.ceilings]
        for tensor in trained:
            tensor.requires_grad_()
        self.optimiser = torch.optim.SGD(
            trained,
            lr=recipe.rate,
            momentum=recipe.momentum,
            nesterov=recipe.momentum > 0,
            fused=True,
        )
        self.history: list[dict[str, float]] = []

    def _initial(self, n_in: int, n_out: int) -> Tensor:
        bound = self.recipe.initial if self.recipe.initial is not None else (6 / n_in) ** 0.5
        return (torch.rand(n_in, n_out, generator=self.random) * 2 - 1) * bound

    def _ceilings(self, start: TrainedAnn | None) -> list[Tensor]:
        """Return the activations at which each hidden layer saturates (99.9 %) to begin with."""
        if not self.recipe.activation_steps:
            return []
        if start is not None and start.ceilings:
            return [torch.tensor(c) for c in start.ceilings]
        weights = tuple(w.numpy() for w in self.weights)
        sample = (self.images[:2000].numpy() * 255).round().astype(np.uint8)
        found = TrainedAnn(weights).activations(sample)[:-1]
        return [torch.tensor(float(np.quantile(a, 0.999))) for a in found]

    def run_epoch(self) -> None:
        """Show every training image once."""
        recipe = self.recipe
        steps = len(self.images) // recipe.batch
        order = torch.randperm(len(self.images), generator=self.random)
        total = 0.0
        for step in range(steps):
            rate = self._rate(self.epoch + step / steps)
            for group in self.optimiser.param_groups:
                group["lr"] = rate
            chosen = order[step * recipe.batch : (step + 1) * recipe.batch]
            total += self._step(self.images[chosen], self.labels[chosen])
        self.epoch += 1
        self.history.append({"epoch": self.epoch, "loss": total / steps, "rate": rate})

    def _rate(self, epoch: float) -> float:
        if not self.recipe.cosine:
            return self.recipe.rate
        return self.recipe.rate * 0.5 * (1 + cos(pi * epoch / self.recipe.epochs))

    def _step(self, images: Tensor, labels: Tensor) -> float:
        if self.recipe.distortion is not None:
            images = self.recipe.distortion(images, self.random)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.recipe.bfloat16):
            outputs = self._forward(images)
        loss = self._loss(outputs.float(), images, labels)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        return float(loss.detach())

    def _loss(self, outputs: Tensor, images: Tensor, labels: Tensor) -> Tensor:
        """Return the distance to the teacher's answers, or without one the error against labels."""
        if self.teacher is None:
            return label_loss(outputs, labels, self.recipe.loss)
        with torch.no_grad():
            answers = images
            for matrix in map(torch.from_numpy, self.teacher.weights):
                answers = torch.relu(answers) @ matrix
        return teacher_loss(outputs, answers, self.recipe.temperature)

    def _forward(self, signal: Tensor) -> Tensor:
        recipe = self.recipe
        awake: Tensor | None = None
        for index, matrix in enumerate(self.weights):
            held, last = self._held(index, matrix), index + 1 == len(self.weights)
            if index == 0 or not recipe.shared_dropout:
                signal = self._silence(signal, recipe.dropout[min(index, 1)])
            if recipe.shared_dropout:
                before, awake = awake, None if last else self._awake(matrix.shape[1])
                held = part(held, before, awake)
            signal = signal @ held
            if not last:
                signal = self._activated(index, signal)
                if awake is not None:
                    signal = signal * (matrix.shape[1] / len(awake))
        return signal

    def _awake(self, neurons: int) -> Tensor | None:
        """Draw the hidden neurons of a layer that take part in this batch; None: all."""
        count = round(neurons * (1 - self.recipe.dropout[1]))
        if count == neurons:
            return None
        return torch.randperm(neurons, generator=self.random)[:count].sort().values

    def _activated(self, index: int, signal: Tensor) -> Tensor:
        if not self.recipe.activation_steps:
            return torch.relu(signal)
        return step_activation(signal, self.ceilings[index], self.recipe.activation_steps)

    def _held(self, index: int, matrix: Tensor) -> Tensor:
        """Return the weights as the devices hold them, where their levels are given."""
        if not self.grids:
            return matrix
        return quantised(matrix, self.grids[index], self.recipe.weight_noise, self.random)

    def _silence(self, signal: Tensor, share: float) -> Tensor:
        """Drop inputs at random; written out because torch's dropout takes no generator."""
        if share <= 0:
            return signal
        kept = torch.rand(signal.shape, generator=self.random) >= share
        return signal * (kept / (1 - share)).to(signal.dtype)

    def result(self) -> TrainedAnn:
        """Return the network as it is now."""
        return TrainedAnn(
            tuple(w.detach().numpy().copy() for w in self.weights),
            tuple(float(c.detach()) for c in self.ceilings),
            self.recipe.activation_steps,
            list(self.history),
        )

    def _state(self) -> dict[str, Tensor]:
        """Return the tensors that a checkpoint holds, by name: trained ones and their momenta."""
        trained = [*self.weights, *self.ceilings]
        tensors = {f"trained.{k}": tensor.detach() for k, tensor in enumerate(trained)}
        for k, tensor in enumerate(trained):
            momentum = self.optimiser.state[tensor].get("momentum_buffer")
            if momentum is not None:
                tensors[f"momentum.{k}"] = momentum
        return tensors

    def save(self, path: Path) -> None:
        """Write a checkpoint, in one step."""
        from safetensors.torch import save_file

        note = {"key": self._key(), "epoch": self.epoch, "history": self.history}
        tensors = {**self._state(), "random": self.random.get_state()}
        with replacing(path) as temporary:
            save_file(tensors, temporary, {"training": json.dumps(note)})

    def resume(self, path: Path) -> None:
        """Continue from a checkpoint of the same training; another one is left aside.

        Raises
        ------
        DataError
            The file is damaged.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework="pt") as file:
                note: dict[str, Any] = json.loads((file.metadata() or {})["training"])
                saved = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, KeyError, ValueError, OSError) as problem:
            raise DataError(f"{path}: damaged checkpoint ({problem}); remove it.") from None
        if note["key"] != self._key():
            return
        for k, tensor in enumerate([*self.weights, *self.ceilings]):
            with torch.no_grad():
                tensor.copy_(saved[f"trained.{k}"])
            if f"momentum.{k}" in saved:
                self.optimiser.state[tensor]["momentum_buffer"] = saved[f"momentum.{k}"]
        self.random.set_state(saved["random"])
        self.history, self.epoch = note["history"], note["epoch"]

    def _key(self) -> str:
        """Return what must agree for a checkpoint to be continued."""
        shapes = [tuple(w.shape) for w in self.weights]
        teacher = self.teacher.digest if self.teacher else None
        return f"{self.recipe}|{shapes}|{len(self.images)}|{len(self.grids)}|{teacher}"
