"""A converted network on crossbars: one array a layer, programmed, read, and paid for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossbar.array import Crossbar
from crossbar.trim import Trim, fit_trim, word_drive
from devicemodels.base import DeviceModel
from networks.conversion import Conversion
from networks.deep_snn import DeepSnn
from networks.rate_coding import constant_drive
from neuroskyrm.io.datasets import Bytes
from neuroskyrm.seeds import generator

_READS = 4096  # reads of each state from which its noise is taken (1.1 % of its deviation)


@dataclass(frozen=True)
class Hosted:
    """A spiking network with the arrays that carry it.

    Attributes
    ----------
    snn : DeepSnn
        The network on the arrays' effective conductances.
    crossbars : tuple of Crossbar
        One programmed array a layer.
    trims : tuple of Trim
        Trim of each array; empty without trimming.
    """

    snn: DeepSnn
    crossbars: tuple[Crossbar, ...]
    trims: tuple[Trim, ...] = ()


def host(
    conversion: Conversion,
    model: DeviceModel,
    seed: int = 0,
    planes: int = 1,
    read_noise: bool = True,
    trim_images: Bytes | None = None,
    **options: Any,
) -> Hosted:
    """Program a converted network into fresh arrays and return it as they carry it.

    Parameters
    ----------
    conversion : Conversion
        Codes and thresholds.
    model : DeviceModel
        What each device is; its levels are those of the conversion.
    seed : int
        Seed of device spread, switching and visits.
    planes : {1, 2}
        Bytes a weight in the network (see `fixed_point`).
    read_noise : bool
        Whether runs see the devices' read noise, anew in every time step.
    trim_images : ndarray of uint8, optional
        Held-out training images, shape (N, n_in), whose currents each array is trimmed with
        (`crossbar.Trim`): what wires need. Default: no trim.
    **options
        Passed to `Crossbar.program` (placement, wires, tile, method).

    Returns
    -------
    Hosted
    """
    crossbars = tuple(
        Crossbar.program(model, codes, generator(seed, "deep", "program", index), **options)
        for index, codes in enumerate(conversion.codes)
    )
    return host_on(conversion, crossbars, planes, read_noise, trim_images)


def host_on(
    conversion: Conversion,
    crossbars: Sequence[Crossbar],
    planes: int = 1,
    read_noise: bool = True,
    trim_images: Bytes | None = None,
) -> Hosted:
    """Return the network as already programmed arrays carry it now (see `host`)."""
    matrices = [crossbar.conductances() for crossbar in crossbars]
    variance = read_variances(crossbars) if read_noise else None
    trims = () if trim_images is None else trimmed(conversion, crossbars, trim_images)
    if trims:
        matrices = [trim.applied(matrix) for trim, matrix in zip(trims, matrices, strict=True)]
        if variance is not None:
            variance = [trim.noise(part) for trim, part in zip(trims, variance, strict=True)]
    return Hosted(conversion.on(matrices, planes, variance), tuple(crossbars), trims)


def trimmed(
    conversion: Conversion, crossbars: Sequence[Crossbar], images: Bytes
) -> tuple[Trim, ...]:
    """Return the trim of each array, fitted to the inputs it gets in the unspread network."""
    trims = []
    for inputs, wanted, crossbar in zip(
        example_inputs(conversion, images), conversion.nominal(), crossbars, strict=True
    ):
        solution, (plus, minus) = crossbar.solution(), crossbar.device_conductances()
        rows = crossbar.partial_sums
        drive = word_drive(plus + minus, solution.plus + solution.minus, rows)
        trims.append(fit_trim(solution.effective, wanted, inputs, rows, drive))
    return tuple(trims)


def example_inputs(conversion: Conversion, images: Bytes) -> list[NDArray[np.float64]]:
    """Return what the layers of the unspread network get from images, shapes (samples, n_in)."""
    rng = generator(0, "deep", "trim")
    run = conversion.on().run(images, rng, record=True)
    spikes = [part.reshape(-1, part.shape[-1]).astype(np.float64) for part in run.spikes or ()]
    drives = constant_drive(images) if conversion.coding.kind == "constant" else images
    return [drives.astype(np.float64), *spikes[:-1]]


def read_variances(crossbars: Sequence[Crossbar]) -> list[NDArray[np.float64]] | None:
    """Return the variance of one read of each signed conductance [S^2], one matrix a layer.

    It is measured by reading every state of the device often; wires attenuate the noise of a
    device as they attenuate the device. None: reads have no noise.
    """
    model = crossbars[0].model
    states = np.repeat(np.arange(len(model.levels), dtype=np.uint8), _READS)
    reads = model.read(states, generator(0, "deep", "read variance")).reshape(-1, _READS)
    variance = np.where(np.ptp(reads, axis=1) > 0, reads.var(axis=1), 0.0)
    if not variance.any():
        return None
    return [_through_wires(crossbar, variance) for crossbar in crossbars]


def _through_wires(crossbar: Crossbar, variance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the variance of each signed conductance, behind the wires [S^2]."""
    parts = variance[crossbar.plus], variance[crossbar.minus]
    if crossbar.ideal_wires:
        return parts[0] + parts[1]
    solution, devices = crossbar.solution(), crossbar.device_conductances()
    total = np.zeros(crossbar.shape)
    for part, reached, own in zip(parts, (solution.plus, solution.minus), devices, strict=True):
        total += part * np.divide(reached, own, out=np.zeros_like(own), where=own > 0) ** 2
    return total
