"""What can go wrong while an STDP network learns, found early and called by its name."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from networks.neurons import LifParameters, NeuronState
from networks.stdp_kernel import SynapseState

_MOST = 0.95
_HALF = 0.5


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
    found = _unheard(responses, neurons, lif)
    if synapses.states.size:
        found |= _saturated(synapses)
    return found


def _unheard(
    responses: NDArray[np.uint16], neurons: NeuronState, lif: LifParameters
) -> dict[str, str]:
    """Tell a network that never spoke from one whose thresholds have outgrown its drive."""
    silent = float((responses.sum(axis=1) == 0).mean())
    if silent <= _HALF:
        return {}
    risen = float(neurons.theta.mean())
    what = f"{silent:.0%} of the last {len(responses)} images drew no output spike"
    if risen > (lif.threshold - lif.rest) / 2:
        return {
            "exploding thresholds": (
                f"{what}, as the thresholds have risen by {risen * 1e3:.1f} mV; lower theta_plus, "
                "shorten tau_theta, or raise the full-scale weight"
            )
        }
    return {"silent network": f"{what}; raise the input rate or the full-scale weight"}


def _saturated(synapses: SynapseState) -> dict[str, str]:
    top = len(synapses.levels) - 1
    for state, place in ((0, "lowest"), (top, "highest")):
        share = np.count_nonzero(synapses.states == state) / synapses.states.size
        if share > _MOST:
            return {
                "saturated weights": (
                    f"{share:.0%} of the devices are in their {place} state; balance the "
                    "probabilities of potentiation and depression"
                )
            }
    return {}
