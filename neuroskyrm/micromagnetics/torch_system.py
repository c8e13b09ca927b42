"""The right-hand side on torch tensors: the same problem on a graphics card.

Fields, torque, update and random numbers stay on the device; what leaves it is one number a step
and what a run records. Terms and torques outside the fused kernels (a field per cell, spin-transfer
torques, your own) are evaluated on this computer and copied: slower, but right.
"""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from neuroskyrm.errors import ConfigError
from neuroskyrm.micromagnetics import torch_kernels as kernels
from neuroskyrm.micromagnetics.sample import Array, State
from neuroskyrm.micromagnetics.system import System
from neuroskyrm.micromagnetics.torch_demag import TorchDemag
from neuroskyrm.torch_threads import single_thread

_KERNELS = ("effective_field", "stage", "combine", "largest_error", "thermal_field")


class TorchSystem(System):
    """`System` on a torch device.

    Parameters
    ----------
    *arguments
        Those of `System`.
    device : torch.device
        Where to work; on a card `torch.compile` fuses the kernels.

    Raises
    ------
    ConfigError
        A term cannot work there.
    """

    def __init__(self, *arguments: Any, device: torch.device) -> None:
        self.device = device
        super().__init__(*arguments)

    def _allocate(self) -> None:
        if self.carried:
            raise ConfigError("ExtrapolatedDemag needs device = 'cpu'; use Demag on a card.")
        # A row of zeros stands at the end, where the lookup -1 points.
        rows = np.vstack((self.table.rows, np.zeros((1, self.sample.mesh.nx), self.dtype)))
        self.coefficients = self.array(rows[self.table.lookup])
        self.operations = tuple(
            (int(a), int(b), int(layer), int(y), int(x))
            for a, b, layer, y, x in self.table.operations
        )
        rate, alpha = self.rate_rows[self.rate_lookup]
        self.rate, self.damping = self.array(rate), self.array(alpha)
        self.spread = self.array(self.sigma)
        self.noise = self._numbers(0.0)
        self.demag: TorchDemag | None = None
        if self.demags:
            images = self.demags[0].images
            self.demag = TorchDemag(self.sample, images, self.dtype, self.device)

        self.run = {name: getattr(kernels, name) for name in _KERNELS}
        if self.device.type == "cuda":
            self.fuse()

    def fuse(self, **options: Any) -> None:
        """Let `torch.compile` fuse the kernels; `options` are its own, such as backend."""
        # Every stage of a scheme is a kernel of its own, and so is every mesh of a session.
        config = torch._dynamo.config
        config.recompile_limit = max(config.recompile_limit, 64)
        for name in _KERNELS:
            self.run[name] = torch.compile(getattr(kernels, name), fullgraph=True, **options)
        if self.demag is not None:
            self.demag.multiply = torch.compile(kernels.multiply_layers, fullgraph=True, **options)

    def array(self, values: Array) -> Tensor:
        """Return numbers of this computer as a tensor of the device."""
        return torch.tensor(values, device=self.device)

    def host(self, values: Tensor) -> Array:
        """Return numbers of the device as an array of this computer."""
        return np.asarray(values.cpu().numpy())

    def _numbers(self, values: ArrayLike) -> Tensor:
        return self.array(np.asarray(values, dtype=self.dtype))

    def at_work(self) -> AbstractContextManager[None]:
        """Return what surrounds a run: torch's idle threads would slow down everybody else."""
        return single_thread()

    def draw_noise(self, step: int, dt: float) -> None:
        """Set the thermal field of step number `step` of length `dt` [s]; see `System`."""
        if self.is_warm:
            self.noise = self.run["thermal_field"](
                self.spread, self._numbers(dt**-0.5), self._halves(step), self._halves(self.seed)
            )

    def _halves(self, number: int) -> Tensor:
        return torch.tensor([number % 2**32, number >> 32], device=self.device)

    def stage(
        self,
        m: Tensor,
        start: Tensor,
        slopes: Tensor,
        number: int,
        weights: NDArray[np.float64],
        following: Tensor,
        t: float,
        current: float,
    ) -> float:
        """Evaluate slope `number` at `m` and the next stage value; see `kernels.stage`."""
        field = self._field(m, t, current, self.noise)
        push = self._numbers(self._push(current).T)
        deviation: float = self.run["stage"](
            m, start, slopes, number, self._numbers(weights), following, field, push,
            self.rate, self.damping,
        )  # fmt: skip
        return deviation

    def combine(
        self, start: Tensor, slopes: Tensor, weights: NDArray[np.float64], following: Tensor
    ) -> float:
        """Set the next stage value without a new slope; see `kernels.combine`."""
        deviation: float = self.run["combine"](start, slopes, self._numbers(weights), following)
        return deviation

    def largest_error(self, slopes: Tensor, weights: NDArray[np.float64]) -> float:
        """Return the largest error of any spin per time; see `kernels.largest_error`."""
        return float(self.run["largest_error"](slopes, self._numbers(weights)))

    def field(self, m: Array, t: float, current: float, out: Array) -> None:
        """Write the effective field of all terms to `out` [T], both of this computer."""
        out[...] = self.host(self._field(self.array(m), t, current, self._numbers(0.0)))

    def _field(self, m: Tensor, t: float, current: float, noise: Tensor) -> Tensor:
        added = noise.expand(m.shape) if self.demag is None else self.demag.field(m) + noise
        if self.others:
            self.own[...] = 0
            others = self.own.transpose(1, 0, 2, 3)
            self._add_others(others, State(self.sample, self.host(m), t, current))
            added = added + self.array(others)
        uniform = self._numbers(self._uniform(t, current).T)
        field: Tensor = self.run["effective_field"](
            m, self.coefficients, self.operations, added, uniform
        )
        return field


def find_device(name: str) -> torch.device:
    """Return the torch device of "cuda", "cuda:1", ... or "torch-cpu".

    Raises
    ------
    ConfigError
        The name is unknown, or there is no such device.
    """
    if name == "torch-cpu":
        return torch.device("cpu")
    if not re.fullmatch(r"cuda(:\d+)?", name):
        raise ConfigError(f"device = {name!r} must be 'cpu', 'cuda', 'cuda:1', ... or 'torch-cpu'.")
    device = torch.device(name)
    if (device.index or 0) >= torch.cuda.device_count():
        raise ConfigError(
            f"device = {name!r}: torch {torch.__version__} finds {torch.cuda.device_count()} CUDA "
            f"devices here; use 'cpu', or a torch built for CUDA and a computer with such a card."
        )
    return device
