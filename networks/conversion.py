"""From a rectified float network to a spiking one on a few device levels.

Three choices make the net (Chen et al., Appendix B; Diehl et al., IJCNN 2015), and all are made
on training images that training has not seen:

1. per layer, the scale that maps weights to device levels (the paper's sigma), by a scan;
2. per layer, the threshold that balances weights and firing rates, from a high percentile of
   the activations;
3. per layer, a factor on that threshold, by a scan of the spiking network's own accuracy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from crossbar.dale import quantise, signed_levels
from networks.ann import TrainedAnn
from networks.deep_snn import DeepSnn, Float32, Neuron, Readout, SpikingLayer
from networks.fixed_point import fixed_point
from networks.quantisation import Grid
from networks.rate_coding import Coding
from neuroskyrm.errors import ConfigError
from neuroskyrm.io.datasets import Bytes

SCALE_SCAN = np.geomspace(0.9, 6.0, 14)
"""Weights, in standard deviations, that are tried for the outermost level."""

THRESHOLD_SCAN = (0.5, 0.65, 0.8, 1.0, 1.2)
"""Factors that are tried on the balanced threshold of each layer."""


@dataclass(frozen=True)
class Conversion:
    """A network in device codes and conductance thresholds, before any device is programmed.

    Attributes
    ----------
    codes : tuple of ndarray of int8
        Signed level codes of each layer, shape (n_in, n_out).
    levels : ndarray
        Conductance of each device state [S], shape (states,).
    scales : tuple of float
        Conductance of weight one in each layer [S] (the paper's sigma times G0).
    thresholds : tuple of float
        Threshold of each layer, in siemens times full input.
    neuron, coding, steps, readout
        As in `DeepSnn`.
    factors : tuple of float
        Scanned factors that `thresholds` already contain.
    """

    codes: tuple[NDArray[np.int8], ...]
    levels: NDArray[np.float64]
    scales: tuple[float, ...]
    thresholds: tuple[float, ...]
    neuron: Neuron = field(default_factory=Neuron)
    coding: Coding = field(default_factory=Coding)
    steps: int = 10
    readout: Readout = "charge"
    factors: tuple[float, ...] = ()

    @property
    def positive(self) -> int:
        """Number of positive codes in use, X of 2 X + 1 states of a weight."""
        return max(len(set(np.unique(np.abs(codes))) - {0}) for codes in self.codes)

    def nominal(self) -> list[NDArray[np.float64]]:
        """Return the signed conductances of unspread devices [S], one matrix a layer."""
        signed = signed_levels(self.levels)
        return [signed[codes.astype(np.int16) + signed.size // 2] for codes in self.codes]

    def on(
        self,
        conductances: Sequence[NDArray[np.float64]] | None = None,
        planes: int = 1,
        read_variance: Sequence[NDArray[np.float64]] | None = None,
    ) -> DeepSnn:
        """Return the spiking network on given devices.

        Parameters
        ----------
        conductances : sequence of ndarray, optional
            Signed effective matrix of each layer [S], e.g. ``Crossbar.conductances()``;
            by default those of unspread devices.
        planes : {1, 2}
            Bytes a weight (see `fixed_point`).
        read_variance : sequence of ndarray, optional
            Variance of one read of each signed conductance [S^2] (see `read_variances`).

        Returns
        -------
        DeepSnn

        Raises
        ------
        ConfigError
            The number or a shape of the matrices is wrong.
        """
        matrices = self.nominal() if conductances is None else list(conductances)
        shapes = [m.shape for m in matrices]
        if shapes != [c.shape for c in self.codes]:
            raise ConfigError(
                f"conductances: shapes {shapes}; they must be {[c.shape for c in self.codes]}."
            )
        layers = []
        for index, matrix in enumerate(matrices):
            whole, unit = fixed_point(matrix, planes)
            full = (FULL_SPIKE, self.coding.full)[index == 0 and self.coding.kind == "constant"]
            threshold = max(1.0, float(np.rint(self.thresholds[index] * full / unit)))
            noise: Float32 | None = None
            if read_variance is not None:
                noise = (read_variance[index] / unit**2).astype(np.float32)
            layers.append(SpikingLayer(whole, planes, unit, threshold, noise))
        return DeepSnn(tuple(layers), self.neuron, self.coding, self.steps, self.readout)


FULL_SPIKE = 1.0
"""Input of one spike [input units]."""


def convert(
    ann: TrainedAnn,
    images: Bytes,
    labels: NDArray[np.uint8],
    levels: ArrayLike,
    positive: int | None = None,
    scales: Sequence[float] | None = None,
    neuron: Neuron = Neuron(),  # noqa: B008  (frozen)
    coding: Coding = Coding(),  # noqa: B008  (frozen)
    steps: int = 10,
    readout: Readout = "charge",
    percentile: float = 99.9,
    scan: Sequence[float] = THRESHOLD_SCAN,
    seed: int = 0,
) -> Conversion:
    """Convert a rectified network to device codes and thresholds.

    Parameters
    ----------
    ann : TrainedAnn
        The network.
    images, labels : ndarray of uint8
        Training images that were held out from training, shapes (N, n_in) and (N,).
    levels : array_like
        Conductance of each device state [S], ascending.
    positive : int, optional
        Positive codes X to use (2 X + 1 states of a weight), spread over the device's range
        (see `chosen_states`); by default all levels.
    scales : sequence of float, optional
        Conductance of weight one in each layer [S]; by default scanned.
    neuron, coding, steps, readout
        As in `DeepSnn`.
    percentile : float
        Percentile of the activations that stands for a spike in every step.
    scan : sequence of float
        Factors tried on each threshold; one factor: no scan.
    seed : int
        Seed of Poisson spikes in the scan.

    Returns
    -------
    Conversion
    """
    device = np.asarray(levels, dtype=np.float64)
    states = chosen_states(device, positive)
    if scales is None:
        scales = scan_scales(ann, images, device[states])
    codes = tuple(
        _codes(weights, device, states, scale)
        for weights, scale in zip(ann.weights, scales, strict=True)
    )
    start = Conversion(
        codes,
        device,
        tuple(float(s) for s in scales),
        _balanced(ann, codes, device, scales, images, percentile),
        neuron,
        coding,
        steps,
        readout,
        (1.0,) * len(codes),
    )
    return _scan_thresholds(start, images, labels, tuple(scan), seed)


def chosen_states(levels: NDArray[np.float64], positive: int | None = None) -> NDArray[np.intp]:
    """Return which device states to use for `positive` positive codes, the lowest first.

    They are spread over the whole range: the noise of a device does not shrink with the number
    of states in use, so that a few states are best kept far apart.

    Raises
    ------
    ConfigError
        The device has too few levels.

    Examples
    --------
    >>> chosen_states(np.arange(1.0, 8.0), 3).tolist()
    [0, 2, 4, 6]
    """
    most = len(levels) - 1
    count = most if positive is None else positive
    if not 1 <= count <= most:
        raise ConfigError(f"positive = {positive}: the device's levels host 1 to {most}.")
    wanted = np.linspace(levels[0], levels[-1], count + 1)
    nearest: NDArray[np.intp] = np.abs(levels[:, None] - wanted).argmin(0)
    if len(set(nearest)) == count + 1:
        return nearest
    evenly: NDArray[np.intp] = np.rint(np.linspace(0, most, count + 1)).astype(np.intp)
    return evenly


def _codes(
    weights: NDArray[np.float32],
    levels: NDArray[np.float64],
    states: NDArray[np.intp],
    scale: float,
) -> NDArray[np.int8]:
    """Return the signed codes, in all states of the device, of weights held by some of them."""
    few = quantise(weights, levels[states], scale, saturate=True)
    every = np.concatenate([-states[:0:-1], states]).astype(np.int8)
    codes: NDArray[np.int8] = every[few.astype(np.intp) + len(states) - 1]
    return codes


def scan_scales(ann: TrainedAnn, images: Bytes, levels: NDArray[np.float64]) -> tuple[float, ...]:
    """Return the conductance of weight one [S] for each layer, found by a scan.

    Layer by layer, the outermost level is put on each of `SCALE_SCAN` standard deviations of the
    weights; the one whose outputs are nearest to the float network's, up to a common factor, is
    kept, with the layers before it quantised already and those after it still smooth. (The
    cross-entropy is no guide: clipping lowers it by making the network less certain, while it
    gets worse.)
    """
    signed = signed_levels(levels)
    signal = images.astype(np.float32) / np.float32(255)
    wanted = ann.outputs(signal)[-1]
    scales = []
    for index, matrix in enumerate(ann.weights):
        losses = []
        candidates = [float(signed[-1] / (k * matrix.std())) for k in SCALE_SCAN]
        for scale in candidates:
            outputs = ann.outputs(signal, index, _held(matrix, levels, scale))[-1]
            losses.append(_deviation(outputs, wanted))
        scales.append(candidates[int(np.argmin(losses))])
        signal = ann.outputs(signal, index, _held(matrix, levels, scales[-1]))[0]
    return tuple(scales)


def weight_grids(levels: ArrayLike, scales: Sequence[float]) -> tuple[Grid, ...]:
    """Return the weights that devices can hold in each layer, for quantisation-aware training."""
    signed = signed_levels(levels)
    return tuple(Grid(signed / scale) for scale in scales)


def _held(
    matrix: NDArray[np.float32], levels: NDArray[np.float64], scale: float
) -> NDArray[np.float32]:
    """Return the weights that device levels hold in place of `matrix`."""
    held: NDArray[np.float32] = (
        Grid(signed_levels(levels) / scale).nearest(torch.from_numpy(matrix)).numpy()
    )
    return held


def _deviation(outputs: Float32, wanted: Float32) -> float:
    """Return the share of `wanted` that no multiple of `outputs` explains."""
    fit = float((outputs * wanted).sum()) ** 2
    power = float((outputs * outputs).sum()) * float((wanted * wanted).sum())
    return 1 - fit / power if power > 0 else 1.0


def _balanced(
    ann: TrainedAnn,
    codes: Sequence[NDArray[np.int8]],
    levels: NDArray[np.float64],
    scales: Sequence[float],
    images: Bytes,
    percentile: float,
) -> tuple[float, ...]:
    """Return thresholds [S] at which the given percentile of activations fires in every step.

    A network whose activations were trained to saturate brings its own ceilings.
    """
    signed = signed_levels(levels)
    held = tuple(
        (signed / s).astype(np.float32)[c + signed.size // 2]
        for c, s in zip(codes, scales, strict=True)
    )
    found = replace(ann, weights=held).activations(images)
    # A layer that is silent altogether (all weights on the zero state) must not divide by zero.
    tops = [max(float(np.percentile(a, percentile)), 1e-6) for a in found]
    tops[: len(ann.ceilings)] = ann.ceilings
    before = [1.0, *tops[:-1]]
    return tuple(
        top / below * scale for top, below, scale in zip(tops, before, scales, strict=True)
    )


def _scan_thresholds(
    start: Conversion,
    images: Bytes,
    labels: NDArray[np.uint8],
    factors: tuple[float, ...],
    seed: int,
) -> Conversion:
    """Return `start` with each threshold times the factor that serves accuracy best.

    Layers are scanned one after the other; the output layer only if its spikes alone decide.
    """
    best = start
    if len(factors) == 1:
        return _scaled(best, dict.fromkeys(range(len(start.codes)), factors[0]))
    last = len(start.codes) - (0 if start.readout == "count" else 1)
    for layer in range(last):
        tried = [_scaled(best, {layer: factor}) for factor in factors]
        found = [_quality(trial, images, labels, seed) for trial in tried]
        best = tried[int(np.argmax(found))]
    return best


def _quality(trial: Conversion, images: Bytes, labels: NDArray[np.uint8], seed: int) -> float:
    """Return the accuracy, with the mean rank of the right class as a gentle tie-break."""
    run = trial.on().run(images, np.random.Generator(np.random.PCG64(seed)))
    scores = run.scores[-1]
    right = scores[np.arange(len(labels)), labels]
    above = (scores >= right[:, None]).sum(1).mean() - 1
    return run.accuracy(labels) - 1e-3 * float(above)


def _scaled(conversion: Conversion, factors: dict[int, float]) -> Conversion:
    changed: dict[str, Any] = {}
    for name in ("thresholds", "factors"):
        values = list(getattr(conversion, name))
        for layer, factor in factors.items():
            values[layer] *= factor
        changed[name] = tuple(values)
    return replace(conversion, **changed)
