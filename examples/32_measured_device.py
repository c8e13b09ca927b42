"""Your own measured staircase as a synapse: CSV in, card out, then an array of them. 20 seconds.

The table here is made up (an exponential staircase with noise, ten sweeps); replace it by yours:
columns pulse, conductance [S] and, for repeated sweeps, repeat.
"""

# %% Something like a measurement: 30 pulses up, 30 down, ten times.
import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from crossbar import Crossbar, Verify, dale, figures
from devicemodels import SkyrmionDevice, from_table, piecewise_step_parameters, plot_fit

rng = np.random.default_rng(0)
p = np.linspace(0, 1, 31)
up = 20e-6 + 12e-6 * np.expm1(-2 * p) / np.expm1(-2)
down = up[-1] - 10e-6 * np.expm1(-4 * p) / np.expm1(-4)  # it does not quite come back
sweeps = np.concatenate([up, down[1:]]) + rng.normal(0, 2e-7, (10, 61))
rows = [f"{k},{g!r},{r}" for r, s in enumerate(sweeps.tolist()) for k, g in enumerate(s)]
table = Path("measured.csv")
table.write_text("\n".join(["pulse,conductance,repeat", *rows]) + "\n")

# %% One call fits both branches apart, with bootstrap intervals.
card = from_table(table, name="my-device")
for name, (low, high) in card.intervals.items():
    print(f"{name:>26}: {low:.4g} to {high:.4g}")
card.save(Path("my-device.yaml"))

# %% It programs like any other device: here by write-verify. Its levels lie closer than its
# scatter (0.2 uS), so the tolerance is set to what a read can tell.
device = SkyrmionDevice(card)
weights = rng.normal(0, 1, (64, 64))
codes = dale.quantise(weights, device.levels, dale.full_scale(weights, device.levels))
array = Crossbar.program(device, codes, rng, method="write-verify", verify=Verify(tolerance=4e-7))
print(f"{array.ledger.pulses} pulses, {array.ledger.failures} of {array.ledger.devices} failed")

# %% Plain data for IBM's aihwkit, and the fit against the table.
Path("aihwkit.json").write_text(json.dumps(piecewise_step_parameters(card), indent=2))
figure, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
plot_fit(table, card, axes[0])
figures.draw_errors(array, axes[1])
figure.savefig("measured_device.png")
