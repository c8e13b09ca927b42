"""A signed matrix on an array of synapses: program it, read it, and see what it cost. 20 seconds.

Two ways of programming are compared: planned pulses given blindly, and write-verify.
"""

# %% A stochastic six-level synapse: a pulse moves it by 0.17 of its range, give or take 0.07.
import matplotlib.pyplot as plt
import numpy as np

from crossbar import Crossbar, Wires, dale, figures
from devicemodels import SkyrmionDevice, linear_step

card = linear_step(6, up=0.17, down=0.14, noise=0.07)
levels = card.levels.model_copy(update={"read_sd": [2e-7] * 6, "visit_sd": [1e-7] * 6})
device = SkyrmionDevice(card.model_copy(update={"levels": levels, "device_spread": 0.03}))

# %% A matrix becomes integer codes: which signed level G+ - G- is nearest to each weight.
rng = np.random.default_rng(0)
x, y = np.meshgrid(np.linspace(-2, 2, 48), np.linspace(-2, 2, 64))
weights = np.sin(3 * x) * np.exp(-(y**2))
scale = dale.full_scale(weights, device.levels)  # siemens per unit weight
codes = dale.quantise(weights, device.levels, scale)

# %% Program it twice, on lines of 1 ohm a segment.
wires = Wires(word=1.0, bit=1.0, driver=10.0, sense=10.0)
blind = Crossbar.program(device, codes, rng, wires=wires)
seen = Crossbar.program(device, codes, rng, wires=wires, method="write-verify")
for name, array in (("open loop", blind), ("write-verify", seen)):
    ledger = array.ledger
    print(f"{name:>12}: {ledger.pulses} pulses, {ledger.failures} of {ledger.devices} off target")

# %% One read: currents for an input, and the energy they took.
inputs = np.full(len(weights), 0.1)
currents = seen.infer(inputs, duration=10e-9, rng=rng)
print(f"largest output current {np.abs(currents).max() * 1e6:.1f} uA, ", end="")
print(f"read energy {seen.ledger.inference_energy * 1e12:.2f} pJ")

# %% What the array looks like.
figure, axes = plt.subplots(2, 3, figsize=(13, 7), layout="constrained")
figures.draw_transfer(device, 12, rng, axes=axes[0, 0])
figures.draw_states(seen, axes=axes[0, 1])
figures.draw_conductances(seen, axes=axes[0, 2])
figures.draw_errors(blind, axes=axes[1, 0])
figures.draw_errors(seen, axes=axes[1, 1])
figures.draw_ir_drop(seen.device_conductances()[0], wires, inputs, axes=axes[1, 2])
figure.savefig("crossbar_array.png")
