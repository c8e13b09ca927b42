"""Learn handwritten digits without labels, on six-state devices.

A hundred neurons learn prototypes of the digits that scikit-learn ships: each of their spikes
pulses the devices of its own column, up where the input was active and down where it was silent.
Takes about ten seconds; ends in the map of weights, as Fig. 6(b) of Chen et al. (2020).
"""

# %%
import os
from pathlib import Path

from devicemodels import IdealDevice
from networks.stdp import StdpNetwork
from networks.stdp_figures import weight_map_figure
from networks.stdp_files import load_stdp, save_stdp
from networks.stdp_rules import DeterministicAdjacent, ProbabilisticAdjacent
from neuroskyrm.io.datasets import load_digits28

quick = bool(os.environ.get("NEUROSKYRM_QUICK"))  # the tests shorten the examples
data = load_digits28().first(train=300 if quick else None)
device = IdealDevice(6, pulse_energy=300e-15)  # six states, 300 fJ a pulse (Eq. 3)

# %% The paper pulses every synapse at every spike. Pulsing a few at random costs a fortieth; it
# learns more slowly, so 1,300 images favour the former, and 60,000 the latter (docs/stdp.md).
for rule in (DeterministicAdjacent(), ProbabilisticAdjacent()):
    network = StdpNetwork(device, neurons=100, rule=rule, seed=1)
    network.train(data.train_images, data.train_labels)
    network.label(data.train_images, data.train_labels, threads=2)
    result = network.evaluate(data.test_images, data.test_labels, threads=2)
    pulses = network.ledger.pulses / network.presented
    print(
        f"{rule.name:14} vote {result.accuracy['vote']:.1%}, "
        f"class-proportion vote {result.accuracy['proportion']:.1%}, "
        f"{pulses:.0f} pulses = {pulses * 300e-6:.1f} nJ an image"
    )

# %% One file holds all it takes to go on, with the same bits.
save_stdp(network, Path("stdp_digits.safetensors"))
again = load_stdp(Path("stdp_digits.safetensors"))
print("loaded, classifies alike:", again.evaluate(data.test_images, data.test_labels).accuracy)

# %% What each neuron has learned.
weight_map_figure(network.weights, "100 neurons, six states").savefig("stdp_digits.png")
