"""A monitor learns skyrmion processes, watches one it never saw, and leaves as ONNX. Half a minute.

A coarse process diagram at theta = 50 degrees is simulated and labelled automatically. A recurrent
network of 64 inputs (quantiles of S_z) and 32 hidden neurons learns the clear ones, and then gives
a verdict after every frame of a process at 40 degrees, running beside the simulation in a thread.
"""

# %% Simulate and label the training processes.
import os
from pathlib import Path

import matplotlib.pyplot as plt

from networks.export.recurrent import differing_verdicts, export_monitor
from networks.monitor_stream import MonitorStream
from networks.monitor_training import UNSEEN, collect_profiles, train_monitor, training_grid
from networks.recurrent_training import Training
from neuroskyrm.atomistic import simulate_process, simulate_processes, watch

quick = bool(os.environ.get("NEUROSKYRM_QUICK"))  # the tests shorten the examples
runs = simulate_processes(training_grid(polar=50.0, side=5 if quick else 11), threads=2)
data = collect_profiles(runs, inputs=64)

# %% Train: true back-propagation through time, random initial weights.
training = Training(hidden=32, epochs=150, rate=1e-2, batch=16, patience=100)
monitor, history = train_monitor(data, training)
print(f"trained on {len(data.labels)} processes, validation loss {min(history.validation):.4f}")

# %% Watch the unseen process as it is simulated; the simulation never waits for the monitor.
verdicts = []
monitor.reset(pulse_time=UNSEEN.pulse.centre)
with MonitorStream(monitor, on_verdict=verdicts.append, events=Path("events.jsonl")) as stream:
    for time, spins in watch(UNSEEN):
        stream.offer(spins, time)
for verdict in verdicts:
    chances = ", ".join(f"{p:.3f}" for p in verdict.probabilities)
    print(f"{verdict.time * 1e12:3.0f} ps  {verdict.label:10} ({chances})")

# %% The same step as ONNX: how many verdicts differ? (None.)
truth = simulate_process(UNSEEN)
path = export_monitor(monitor, Path("monitor.onnx"))
differing, error = differing_verdicts(path, monitor, [truth.frames])
print(f"truth: {truth.label_name}; ONNX: {differing} differing verdicts, error {error:.1e}")

# %% Probabilities against time.
figure, axes = plt.subplots(figsize=(5, 3), layout="constrained")
for k, name in enumerate(monitor.classifier.classes):
    axes.plot([v.time * 1e12 for v in verdicts], [v.probabilities[k] for v in verdicts], "o-",
              label=name)  # fmt: skip
axes.set(xlabel="time (ps)", ylabel="probability", title=f"unseen process: {truth.label_name}")
axes.legend()
figure.savefig("21_process_monitor.png", dpi=130)
