"""The whole staircase from Python: one study, every stage, one picture. About a minute."""

# %% A study is the YAML file as an immutable object; here the demo with another seed.
import os
from pathlib import Path

import matplotlib.pyplot as plt

import neuroskyrm as ns

quick = bool(os.environ.get("NEUROSKYRM_QUICK"))  # the tests shorten the examples
overrides = ["name=first-run", "seed=2"]
if quick:
    overrides += [
        "drive.pulses=1",
        "deep.epochs=2",
        "stdp.train=100",
        "stdp.passes=1",
        "monitor.processes=9",
    ]
study = ns.load_study(None, overrides)

# %% Run every stage. What is known already (same inputs, same code) is reused.
pipeline = ns.Pipeline(study, Path("runs"))
metrics = pipeline.run()

# %% The numbers have flat names, the same in every run's metrics.json.
for name in ("device.states", "deep.snn_accuracy", "stdp.accuracy", "export.differing_spikes"):
    print(f"{name:>24}: {metrics[name]:.4g}")

# %% And the pictures lie in the run folder.
figure = plt.figure(figsize=(8, 4))
plt.imshow(plt.imread(pipeline.folder / "figures" / "track.png"))
plt.axis("off")
figure.savefig("first_run.png")
