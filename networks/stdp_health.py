"""What can go wrong while an STDP network learns, found early and called by its name."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from networks.neurons import LifParameters, NeuronState
from networks.stdp_kernel import SynapseState

_MOST = 0.95
_NEAR_REVERSAL = 0.9


def troubles(
    responses: NDArray[np.uint16],
    neurons: NeuronState,
    synapses: SynapseState,
    lif: LifParameters,
) -> dict[str, str]:
    """Return the troubles of a network, as one sentence each, by name.

    Parameters
    ----------
    responses : uint16 array, shape (images, neurons)
        Output spikes to the latest images.
    neurons : NeuronState
        For the thresholds.
    synapses : SynapseState
        For the states.
    lif : LifParameters
        For the voltages.

    Returns
    -------
    dict
        May hold ``"silent network"``, ``"saturated weights"``, ``"exploding thresholds"``; empty
        for a healthy network.
    """
    found = {}
    silent = float((responses.sum(axis=1) == 0).mean())
    if silent > 0.5:
        found["silent network"] = (
            f"{silent:.0%} of the last {len(responses)} images drew no output spike; raise "
            "the input rate or the full-scale weight"
        )
    if synapses.states.size:
        found |= _saturated(synapses)
    reach = lif.threshold + _NEAR_REVERSAL * (lif.e_exc - lif.threshold)
    high = float((lif.threshold + neurons.theta > reach).mean())
    if high > 0.5:
        found["exploding thresholds"] = (
            f"{high:.0%} of the neurons have a threshold above {reach * 1e3:.0f} mV, which no "
            "input can reach; lower theta_plus or the full-scale weight, or shorten tau_theta"
        )
    return found


def _saturated(synapses: SynapseState) -> dict[str, str]:
    top = len(synapses.levels) - 1
    for state, place in ((0, "lowest"), (top, "highest")):
        share = float((synapses.states == state).mean())
        if share > _MOST:
            return {
                "saturated weights": (
                    f"{share:.0%} of the devices are in their {place} state; balance the "
                    "probabilities of potentiation and depression"
                )
            }
    return {}
