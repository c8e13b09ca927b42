"""What it costs the arrays of a spiking network to classify: energy and time of the reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crossbar import total
from networks.hosting import Hosted
from networks.rate_coding import FULL_DRIVE, constant_drive
from neuroskyrm.errors import ConfigError
from neuroskyrm.io.datasets import Bytes


@dataclass(frozen=True)
class InferenceCost:
    """Cost of one classified image, mean over some.

    Attributes
    ----------
    energy : float
        What the inputs dissipate in devices and wires [J]; drivers, converters, neurons and
        everything digital are not in it.
    latency : float
        Time of the reads, layers and time steps one after the other [s].
    images : int
        Images that the mean is over.
    """

    energy: float
    latency: float
    images: int


def inference_cost(
    hosted: Hosted,
    images: Bytes,
    rng: np.random.Generator,
    voltage: float = 0.1,
    duration: float = 10e-9,
) -> InferenceCost:
    """Run images and account for every read of every array.

    In each time step an array is read once: rows whose input spikes carry `voltage` for
    `duration`, the others nothing. With constant coding the rows of the first array carry the grey
    value's share of `voltage` in every step. A trim multiplies `voltage` by the height it set for
    each row. Columns are held at 0 V, so that a row dissipates V^2 (G+ + G-) in each pair (with
    wires: the exact circuit, see `crossbar.wires`).

    Parameters
    ----------
    hosted : Hosted
        The network and its arrays; the arrays' ledgers take the cost too.
    images : ndarray of uint8, shape (N, n_in)
        What to classify; spikes, and so energy, depend on it.
    rng : numpy.random.Generator
        For Poisson inputs and read noise.
    voltage : float
        Read voltage of a spike [V].
    duration : float
        Length of a read [s].

    Returns
    -------
    InferenceCost

    Raises
    ------
    ConfigError
        Voltage or duration is not positive.
    """
    if not (0 < voltage < np.inf and 0 < duration < np.inf):
        raise ConfigError(f"voltage = {voltage} and duration = {duration} must be positive.")
    snn = hosted.snn
    run = snn.run(images, rng, record=True)
    before = total([array.ledger for array in hosted.crossbars])
    first, *others = hosted.crossbars
    drives = [trim.drive for trim in hosted.trims] or [
        np.ones(len(a.plus)) for a in hosted.crossbars
    ]
    heights = [voltage * drive for drive in drives]
    if snn.coding.kind == "constant":
        drive = constant_drive(images) / FULL_DRIVE * heights[0]
        for _ in range(snn.steps):
            first.account(drive, duration)
    else:
        # The spikes that the run saw are not kept; their mean energy is that of their chances.
        chosen = rng.random((snn.steps, *images.shape)) < images * (snn.coding.full / 255)
        first.account(np.where(chosen, heights[0], 0.0), duration)
    for array, spikes, height in zip(others, run.spikes or (), heights[1:], strict=False):
        array.account(np.where(spikes, height, 0.0), duration)
    after = total([array.ledger for array in hosted.crossbars])
    return InferenceCost(
        (after.inference_energy - before.inference_energy) / len(images),
        (after.inference_latency - before.inference_latency) / len(images),
        len(images),
    )
