"""Figs. 5, 6 and 7 of the process-recognition paper, with the trained monitors.

    python benchmarks/atomistic_figures.py docs/results/process-figures

Fig. 5: final states that the network calls switching or nothing, and what it says about them.
Fig. 6: outputs, mean spin and skyrmion number against time. Fig. 7: the same network on 18
frames of 5 ps; and pulse centres that it was not trained on.
Needs the monitors of atomistic_classifier.py.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from atomistic_data import RUNS, base
from matplotlib.figure import Figure

from networks.frame_inputs import process_inputs
from networks.monitor import ProcessMonitor
from networks.recurrent_study import sampled_processes
from neuroskyrm.atomistic import (
    LABELS,
    FieldPulse,
    Process,
    ProcessRun,
    load_diagram,
    simulate_process,
    simulate_processes,
    with_pulse,
)
from neuroskyrm.atomistic.diagram_figure import COLOURS
from neuroskyrm.atomistic.labels import MIXED
from neuroskyrm.io.atomic import write_json
from neuroskyrm.seeds import generator

MODELS = Path("docs/results/process-classifier")

MARKS = ("s", "o", "^", "d")
THREE = [(0.36, 8), (0.36, 28), (0.36, 40)]
FIG5 = [(0.1, 32), (0.12, 40), (0.04, 14), (0.04, 8), (0.58, 18), (0.04, 24)]
FINE = tuple(5e-12 * k for k in range(18))
"""18 frames of 5 ps, so that the peak at 40 ps moves to another frame (Fig. 7)."""
CENTRES = (25e-12, 32e-12, 40e-12, 48e-12, 55e-12)
SAMPLE = 10


def outputs_of(monitor: ProcessMonitor, run: ProcessRun) -> np.ndarray:
    """Return the outputs after every frame, shape (frames, classes)."""
    net = monitor.classifier
    return net.probabilities(process_inputs(run.frames, net.input_count, monitor.spacing))


def draw_outputs(axes, run: ProcessRun, outputs: np.ndarray) -> None:
    """Draw the outputs against time."""
    for k, name in enumerate(LABELS[: outputs.shape[1]]):
        axes.plot(run.times * 1e12, outputs[:, k], marker=MARKS[k], color=COLOURS[k], label=name)
    axes.set(ylim=(-0.05, 1.05), ylabel="output", title=run.label_name)


def figure5(folder: Path, plain: ProcessMonitor, four: ProcessMonitor) -> dict[str, object]:
    """Draw the final states of the paper's mixed points with both networks' outputs."""
    figure = Figure(figsize=(9, 6.4), layout="constrained")
    found: dict[str, object] = {}
    runs = [simulate_process(Process(a, FieldPulse(w * 1e-12))) for a, w in FIG5]
    for axes, run, (damping, width) in zip(figure.subplots(2, 3).flat, runs, FIG5, strict=True):
        p, q = outputs_of(plain, run)[-1], outputs_of(four, run)[-1]
        axes.imshow(run.final_spins[2], cmap="RdBu_r", vmin=-1, vmax=1, origin="lower")
        said = " ".join(f"{x:.2f}" for x in p)
        axes.set(xticks=[], yticks=[], xlabel=f"b s c: {said}\nmixed (4th class): {q[MIXED]:.2f}")
        axes.set_title(rf"$\alpha$={damping:g}, $t_w$={width:g} ps: {run.label_name}", fontsize=9)
        found[f"fig5.{damping:g}_{width:g}.outputs"] = [round(float(x), 3) for x in p]
        found[f"fig5.{damping:g}_{width:g}.fourth"] = round(float(q[MIXED]), 3)
    figure.savefig(folder / "fig5-mixed.png", dpi=110)
    return found


def figure6(folder: Path, monitor: ProcessMonitor) -> dict[str, object]:
    """Draw outputs, mean spin and skyrmion number of the three processes of Fig. 4."""
    figure = Figure(figsize=(9, 7), layout="constrained")
    grid = figure.subplots(3, 3, sharex=True)
    found: dict[str, object] = {}
    for column, (damping, width) in enumerate(THREE):
        run = simulate_process(Process(damping, FieldPulse(width * 1e-12)))
        outputs = outputs_of(monitor, run)
        draw_outputs(grid[0, column], run, outputs)
        for k, (name, colour) in enumerate(
            zip("xyz", ("#cc3311", "#228833", "#4477aa"), strict=True)
        ):
            mean = run.magnetisation[:, k]
            grid[1, column].plot(run.times * 1e12, mean, ".-", color=colour, label=f"$M_{name}$")
        grid[2, column].plot(run.times * 1e12, run.charge, color="black", marker="o")
        grid[2, column].set(xlabel="time (ps)", ylabel="skyrmion number", ylim=(-1.5, 1.5))
        grid[1, column].set(ylabel="mean spin", ylim=(-1.05, 1.05))
        found[f"fig6.{run.label_name}.final_output"] = round(float(outputs[-1, run.label]), 4)
        found[f"fig6.{run.label_name}.first_is_breathing"] = bool(outputs[0].argmax() == 0)
    grid[0, 0].legend(fontsize=7)
    grid[1, 0].legend(fontsize=7)
    figure.savefig(folder / "fig6-outputs-in-time.png", dpi=110)
    return found


def figure7(folder: Path, monitor: ProcessMonitor) -> dict[str, object]:
    """Draw the outputs on 18 frames of 5 ps, and count how many unseen processes are named."""
    figure = Figure(figsize=(6, 7), layout="constrained")
    found: dict[str, object] = {}
    for axes, (damping, width) in zip(figure.subplots(3, 1, sharex=True), THREE, strict=True):
        run = simulate_process(Process(damping, FieldPulse(width * 1e-12), frame_times=FINE))
        outputs = outputs_of(monitor, run)
        draw_outputs(axes, run, outputs)
        found[f"fig7.{LABELS[THREE.index((damping, width))]}.final_output"] = round(
            float(outputs[-1].max()), 4
        )
    axes.set_xlabel("time (ps)")
    figure.axes[0].legend(fontsize=7)
    figure.savefig(folder / "fig7-fine-frames.png", dpi=110)
    chosen = sample()
    found["fig7.accuracy_5ps_frames"] = share(
        monitor, [replace(process, frame_times=FINE) for process in chosen]
    )
    return found


def sample() -> list[Process]:
    """Return clear processes at theta = 40 degrees, the same number of each label."""
    diagram = load_diagram(RUNS / "diagram-40.nc")
    return [
        process
        for label in range(MIXED)
        for process in sampled_processes(
            diagram, base(40.0), label, SAMPLE, generator(3, "figures", label)
        )
    ]


def share(monitor: ProcessMonitor, processes: list[Process]) -> float:
    """Return how many clear ones of `processes` the monitor names rightly."""
    runs = [run for run in simulate_processes(processes) if run.label != MIXED]
    hits = [int(outputs_of(monitor, run)[-1, :MIXED].argmax()) == run.label for run in runs]
    return round(float(np.mean(hits)), 4)


def pulse_centres(folder: Path, monitor: ProcessMonitor) -> dict[str, object]:
    """Measure the accuracy for pulse centres other than the 40 ps of the training."""
    found = {}
    for centre in CENTRES:
        # The frames end as long after the peak as in training: the label needs that time.
        last = centre + 50e-12
        times = tuple(np.arange(last, -1e-15, -15e-12)[::-1])
        moved = [replace(with_pulse(p, centre=centre), frame_times=times) for p in sample()]
        found[f"centre.{centre * 1e12:g}ps.accuracy"] = share(monitor, moved)
    figure = Figure(figsize=(5, 3), layout="constrained")
    axes = figure.subplots()
    axes.plot(
        [c * 1e12 for c in CENTRES], [100 * v for v in found.values()], "o-", color=COLOURS[0]
    )
    axes.set(xlabel="pulse centre (ps)", ylabel="accuracy (%)", ylim=(50, 104))
    figure.savefig(folder / "pulse-centres.png", dpi=110)
    return found


def main(folder: Path) -> None:
    """Draw all and write the metrics."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = ProcessMonitor.load(MODELS / "monitor.safetensors")
    four = ProcessMonitor.load(MODELS / "monitor-four.safetensors")
    metrics = figure5(folder, plain, four) | figure6(folder, plain) | figure7(folder, plain)
    metrics |= pulse_centres(folder, plain)
    metrics["command"] = "python benchmarks/atomistic_figures.py docs/results/process-figures"
    write_json(folder / "metrics.json", metrics)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
