"""What the wires of the array do to an STDP network: a cheap model to learn with, an exact one.

Learning changes a few devices at every spike, so it works with the attenuation of each word and
bit line, fitted once; evaluation can use the exact effective matrix of the finished array.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crossbar import MeanAttenuation, Wires, solve
from devicemodels.base import DeviceModel
from networks.stdp import StdpNetwork

Matrix = NDArray[np.float64]


def attenuate(network: StdpNetwork, model: DeviceModel, wires: Wires) -> MeanAttenuation:
    """Let `network` learn through wires: from now on every weight is attenuated by its lines.

    Parameters
    ----------
    network : StdpNetwork
        Its present states are those the attenuation is fitted to.
    model : DeviceModel
        Conductances of the states.
    wires : Wires
        Resistances of lines, drivers and sense amplifiers.

    Returns
    -------
    MeanAttenuation
        One factor a row and one a column, of the conductance that counts as weight (without the
        pedestal, if there is a reference column).
    """
    devices, effective = _weighing(network, model, wires)
    fitted = MeanAttenuation.fit(devices, effective)
    factors = (fitted.row * fitted.column).astype(np.float32)
    old = network.synapses.spread
    spread = factors * old if old.size else factors
    network.synapses.weights[...] *= factors
    network.synapses = network.synapses._replace(spread=np.ascontiguousarray(spread))
    return fitted


def use_exact_wires(network: StdpNetwork, model: DeviceModel, wires: Wires) -> float:
    """Set the weights of a trained `network` to what the exact array delivers, for evaluation.

    The reference column is an array of devices in their lowest state behind the same wires.

    Parameters
    ----------
    network, model, wires
        As for `attenuate`; the network must not have been attenuated.

    Returns
    -------
    float
        Mean of the weights after, relative to before.
    """
    levels = model.levels
    before = float(network.weights.mean())
    per_siemens = network.weight_map.full_scale / (levels[-1] - levels[0])
    _, effective = _weighing(network, model, wires)
    network.weights[...] = np.maximum(effective * per_siemens, 0)
    return float(network.weights.mean()) / before


def _weighing(network: StdpNetwork, model: DeviceModel, wires: Wires) -> tuple[Matrix, Matrix]:
    """Return the conductances that count as weights [S], without wires and exactly with them."""
    devices = model.conductance(network.states)
    effective = solve(devices, wires).effective
    if not network.weight_map.reference:
        return devices, effective
    lowest = np.full(devices.shape, model.levels[0])
    return devices - lowest, effective - solve(lowest, wires).effective
