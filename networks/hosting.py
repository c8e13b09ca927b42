"""A converted network on crossbars: one array a layer, programmed, read, and paid for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossbar.array import Crossbar
from devicemodels.base import DeviceModel
from networks.conversion import Conversion
from networks.deep_snn import DeepSnn
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
    """

    snn: DeepSnn
    crossbars: tuple[Crossbar, ...]


def host(
    conversion: Conversion,
    model: DeviceModel,
    seed: int = 0,
    planes: int = 1,
    read_noise: bool = True,
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
    return host_on(conversion, crossbars, planes, read_noise)


def host_on(
    conversion: Conversion,
    crossbars: Sequence[Crossbar],
    planes: int = 1,
    read_noise: bool = True,
) -> Hosted:
    """Return the network as already programmed arrays carry it now (see `host`)."""
    variance = read_variances(crossbars) if read_noise else None
    matrices = [crossbar.conductances() for crossbar in crossbars]
    return Hosted(conversion.on(matrices, planes, variance), tuple(crossbars))


def read_variances(crossbars: Sequence[Crossbar]) -> list[NDArray[np.float64]] | None:
    """Return the variance of one read of each signed conductance [S^2], one matrix a layer.

    It is measured by reading every state of the device often. None: reads have no noise.
    """
    model = crossbars[0].model
    states = np.repeat(np.arange(len(model.levels), dtype=np.uint8), _READS)
    reads = model.read(states, generator(0, "deep", "read variance")).reshape(-1, _READS)
    variance = np.where(np.ptp(reads, axis=1) > 0, reads.var(axis=1), 0.0)
    if not variance.any():
        return None
    return [variance[crossbar.plus] + variance[crossbar.minus] for crossbar in crossbars]
