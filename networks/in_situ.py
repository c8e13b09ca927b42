"""Training on the devices themselves: surrogate gradients turned into device pulses.

The forward pass uses what the devices are now, spread and failures included; the backward pass
replaces the spike's derivative by a smooth one (Neftci, Mostafa and Zenke, IEEE Signal Process.
Mag. 36, 51, 2019). Gradients gather in a digital residue of each weight; when it has grown to a
level step, one pulse is sent, and the card decides what becomes of it (mixed precision, as
Nandakumar et al., Front. Neurosci. 14, 406, 2020). No device is read back and corrected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from crossbar.array import Crossbar
from crossbar.dale import quantise
from networks.conversion import Conversion
from networks.rate_coding import FULL_DRIVE, constant_drive
from neuroskyrm.errors import ConfigError
from neuroskyrm.io.datasets import Bytes
from neuroskyrm.torch_threads import single_thread

WIDTH = 0.5
"""Half width of the surrogate derivative, in units of the threshold."""


class _Spike(torch.autograd.Function):
    """Fires at or above one; its derivative is a triangle of half width `WIDTH` around one."""

    @staticmethod
    def forward(ctx: Any, v: Tensor) -> Tensor:
        ctx.save_for_backward(v)
        return (v >= 1).to(v.dtype)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (v,) = ctx.saved_tensors
        return gradient * torch.clamp(1 - (v - 1).abs() / WIDTH, min=0) / WIDTH


def surrogate_scores(
    weights: Sequence[Tensor], drive: Tensor, steps: int, start: float = 0.5
) -> Tensor:
    """Return the output charges of a spiking net, differentiable in its weights.

    Parameters
    ----------
    weights : sequence of Tensor
        Weights in units of each layer's threshold, shape (n_in, n_out).
    drive : Tensor
        Constant input 0 ... 1, shape (N, n_in).
    steps : int
        Time steps.
    start : float
        Membrane before the first step, in thresholds.

    Returns
    -------
    Tensor
        Mean charge a step of each output, in thresholds, shape (N, classes).
    """
    currents = drive @ weights[0]
    membranes = [torch.full((len(drive), w.shape[1]), start) for w in weights[:-1]]
    charge = torch.zeros(len(drive), weights[-1].shape[1])
    for _ in range(steps):
        flow = currents
        for k in range(len(membranes)):
            membrane = membranes[k] + flow
            spikes: Tensor = _Spike.apply(membrane)  # type: ignore[no-untyped-call]
            membranes[k] = membrane - spikes.detach()
            flow = spikes @ weights[k + 1]
        charge = charge + flow
    return charge / steps


class InSituTraining:
    """Trains the devices of a deployed network by pulses.

    Parameters
    ----------
    conversion : Conversion
        The deployed network: integrate-and-fire, reset by subtraction, constant input.
    crossbars : sequence of Crossbar
        Its arrays; changed in place.
    rate : float
        Learning rate, in level steps per unit of gradient (in thresholds).

    Raises
    ------
    ConfigError
        The network's neurons or coding are others.
    """

    def __init__(
        self, conversion: Conversion, crossbars: Sequence[Crossbar], rate: float = 0.4
    ) -> None:
        neuron, coding = conversion.neuron, conversion.coding
        if neuron.leak_time is not None or neuron.reset != "subtract" or coding.kind != "constant":
            raise ConfigError(
                "in-situ training: the neurons must integrate without leak and reset by "
                "'subtract', and the coding must be 'constant'."
            )
        self.conversion = conversion
        self.crossbars = tuple(crossbars)
        self.rate = rate
        self.residues = [np.zeros(c.shape, np.float32) for c in self.crossbars]

    def step(self, images: Bytes, labels: NDArray[np.uint8], rng: np.random.Generator) -> float:
        """Learn from one batch; return its loss.

        Parameters
        ----------
        images, labels : ndarray of uint8
            Grey values, shape (N, n_in), and classes, shape (N,).
        rng : numpy.random.Generator
            Source of the switching statistics.
        """
        with single_thread():
            weights = [self._weights(k) for k in range(len(self.crossbars))]
            drive = torch.from_numpy(constant_drive(images).astype(np.float32) / FULL_DRIVE)
            scores = surrogate_scores(weights, drive, self.conversion.steps)
            target = torch.from_numpy(labels.astype(np.int64))
            # Charges are about one threshold: a gain of ten lets the softmax become certain.
            loss = torch.nn.functional.cross_entropy(10 * scores, target)
            loss.backward()  # type: ignore[no-untyped-call]
        for k, weight in enumerate(weights):
            if weight.grad is not None:
                self.residues[k] -= np.float32(self.rate) * weight.grad.numpy()
                self._pulse(k, rng)
        return float(loss.detach())

    def _weights(self, k: int) -> Tensor:
        """Return what the devices of layer `k` are now, in thresholds, as trainable weights."""
        held = self.crossbars[k].conductances() / self.conversion.thresholds[k]
        return torch.from_numpy(held.astype(np.float32)).requires_grad_()

    def _pulse(self, k: int, rng: np.random.Generator) -> None:
        """Send one pulse wherever the residue has grown to a level step, and take it off."""
        step = np.sign(self.residues[k]) * (np.abs(self.residues[k]) >= 1)
        self.residues[k] -= step
        crossbar = self.crossbars[k]
        up, down = step > 0, step < 0
        # A weight grows by emptying its W- device first, then by filling W+; and back.
        plus = np.where(up & (crossbar.minus == 0), 1, 0) - np.where(
            down & (crossbar.plus > 0), 1, 0
        )
        minus = np.where(down & (crossbar.plus == 0), 1, 0) - np.where(
            up & (crossbar.minus > 0), 1, 0
        )
        crossbar.pulse(plus.astype(np.int16), minus.astype(np.int16), rng)


def federated_average(
    conversion: Conversion, fleet: Sequence[Sequence[Crossbar]], shares: Sequence[float]
) -> Conversion:
    """Return the network whose weights are the mean of what a fleet of devices has learnt.

    McMahan et al., AISTATS 2017: the server sees weights, never a user's images.

    Parameters
    ----------
    conversion : Conversion
        The network that all of them carry (scales and thresholds).
    fleet : sequence of sequence of Crossbar
        The arrays of each device.
    shares : sequence of float
        Weight of each device, e.g. its number of images.

    Returns
    -------
    Conversion
        With the codes nearest to the mean; see `make_update` and `apply_update` to send it out.
    """
    weight = np.asarray(shares, dtype=np.float64) / float(np.sum(shares))
    codes = []
    for k in range(len(conversion.codes)):
        mean = sum(w * arrays[k].conductances() for w, arrays in zip(weight, fleet, strict=True))
        codes.append(quantise(mean, conversion.levels, 1.0, saturate=True))
    return replace(conversion, codes=tuple(codes))
