"""Gather what the scripts `deep_snn_mnist` and `deep_snn_sweep` found: one metrics file, figures.

python benchmarks/deep_snn_figures.py RUN docs/results/deep-wires
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from scipy import stats

from neuroskyrm.io.atomic import replacing, write_json
from neuroskyrm.io.provenance import machine, versions

Found = dict[str, Any]

IMAGES = 10_000
"""Of the test set."""


def tests(run: Path) -> dict[int, list[Found]]:
    """Return the tests in arrays of 128 lines by number of states, one entry a seed."""
    found: dict[int, list[Found]] = {}
    for path in sorted(run.glob("test-*-128.json")):
        _, states, seed, _ = path.stem.split("-")
        entry = json.loads(path.read_text()) | {"seed": int(seed)}
        found.setdefault(int(states), []).append(entry)
    return dict(sorted(found.items(), reverse=True))


def over_seeds(values: list[float]) -> Found:
    """Return mean, sample deviation and the 95 % interval of the mean over device seeds."""
    count = len(values)
    if count < 2:
        return {"accuracy": values[0], "spread": None, "interval_of_mean": None}
    mean, spread = float(np.mean(values)), float(np.std(values, ddof=1))
    half = float(stats.t.ppf(0.975, count - 1)) * spread / count**0.5
    return {"accuracy": mean, "spread": spread, "interval_of_mean": [mean - half, mean + half]}


def against(wrong: list[list[int]], reference: list[int], images: int) -> Found:
    """Return how much accuracy devices win over a net on the same images (negative: lose).

    The interval is over images, of the mean over device seeds, paired: images that both get right,
    or both wrong, do not blur it. `mcnemar` gives for each seed how many images only the devices
    get wrong, how many only the reference, and the exact two-sided p of such a split.
    """
    gains = np.zeros(images)
    gains[reference] += 1
    found: Found = {"mcnemar": []}
    for seed in wrong:
        gains[seed] -= 1 / len(wrong)
        worse, better = len(set(seed) - set(reference)), len(set(reference) - set(seed))
        p = float(stats.binomtest(worse, worse + better).pvalue) if worse + better else 1.0
        found["mcnemar"].append([worse, better, p])
    mean, half = float(gains.mean()), 1.96 * float(gains.std(ddof=1)) / images**0.5
    return found | {"gain": mean, "interval": [mean - half, mean + half]}


def gather(run: Path) -> Found:
    """Return all metrics under flat dotted names."""
    metrics: Found = {
        "command": "python benchmarks/deep_snn_mnist.py RUN train|adapt|test|export; "
        "python benchmarks/deep_snn_sweep.py RUN states|time; "
        "python benchmarks/deep_snn_figures.py RUN OUT",
        "versions": versions(),
        "machine": machine(),
    }
    for states, entries in tests(run).items():
        name, first = f"states{states}", entries[0]
        for key, value in over_seeds([entry["device"][-1] for entry in entries]).items():
            metrics[f"{name}.{key}"] = value
        metrics[f"{name}.by_seed"] = {str(e["seed"]): e["device"][-1] for e in entries}
        metrics[f"{name}.by_step"] = first["device"]
        metrics[f"{name}.nominal_by_step"] = first["nominal"]
        for reference in ("float", "own_ann", "nominal"):
            compared = against(
                [entry["wrong"] for entry in entries], first[f"wrong_{reference}"], IMAGES
            )
            metrics |= {f"{name}.against_{reference}.{k}": v for k, v in compared.items()}
        for key in ("interval", "float", "own_ann", "card", "wire_ohm", "tile", "reads",
                    "tolerance", "mean_gains",
                    "largest_drives", "wrong_codes", "energy_J", "pulses", "spike_rates",
                    "programming_and_wires_cpu_s", "test_cpu_s"):  # fmt: skip
            metrics[f"{name}.{key}"] = first[key]
    for path in sorted(run.glob("test-*.json")):
        if not path.stem.endswith("-128"):
            metrics[path.stem.replace("-", ".")] = json.loads(path.read_text())["device"][-1]
    parts = (
        "train",
        "states",
        "time",
        "export",
        "whole",
        *(p.stem for p in run.glob("adapt-*.json")),
    )
    for name in parts:
        path = run / f"{name}.json"
        if path.exists():
            for key, value in json.loads(path.read_text()).items():
                metrics[f"{name}.{key}"] = value
    return metrics


def draw(run: Path, metrics: Found, path: Path) -> None:
    """Draw accuracy against steps, and if they were made, against states and simulated time."""
    drawn = {"states": draw_states, "time": draw_time}
    drawn = {part: work for part, work in drawn.items() if f"{part}.float" in metrics}
    count = 1 + len(drawn)
    figure, panels = plt.subplots(1, count, figsize=(5 * count, 4), layout="constrained")
    axes = np.atleast_1d(panels)
    for k, (states, entries) in enumerate(tests(run).items()):
        steps = np.arange(1, len(entries[0]["device"]) + 1)
        values = np.mean([entry["device"] for entry in entries], axis=0)
        axes[0].plot(steps, 100 * values, "o-", color=f"C{k}", label=f"{states} states, devices")
        axes[0].plot(steps, 100 * np.array(entries[0]["nominal"]), ":", color=f"C{k}")
        axes[0].axhline(100 * entries[0]["float"], color="grey", linewidth=0.8)
    axes[0].set(xlabel="time steps", ylabel="MNIST accuracy (%)", ylim=(97, 99.6))
    axes[0].legend()
    for axis, work in zip(axes[1:], drawn.values(), strict=True):
        work(axis, metrics)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=90)


def draw_states(axis: Axes, metrics: Found) -> None:
    """Draw accuracy against the states of a weight, directly converted and scaled."""
    for kind, style in (("constant", "o-"), ("poisson", "s:")):
        for name, colour in (("direct", "C7"), ("scaled", "C0")):
            start = f"states.{kind}.{name}."
            found = {float(k.removeprefix(start)): v for k, v in metrics.items()
                     if k.startswith(start)}  # fmt: skip
            if not found:
                continue
            counts = sorted(found)
            rows = 100 * np.array([found[n] for n in counts]).reshape(-1, 3)
            if kind == "constant":  # value, low, high; else one value a seed
                middle, bars = rows[:, 0], [rows[:, 0] - rows[:, 1], rows[:, 2] - rows[:, 0]]
            else:
                middle, bars = rows.mean(1), rows.std(1, ddof=1)
            shown = [n if np.isfinite(n) else 130 for n in counts]
            label = f"{name}, {kind}"
            axis.errorbar(shown, middle, bars, fmt=style, color=colour, label=label, markersize=4)
    axis.axhline(100 * metrics["states.float"], color="grey", linewidth=0.8)
    axis.set(xlabel="states of a weight", ylabel="MNIST accuracy (%)", xscale="log")
    ticks = [1, 3, 5, 7, 13, 33, 65]
    axis.set_xticks([*ticks, 130], [*map(str, ticks), "∞"])
    axis.minorticks_off()
    axis.legend()


def draw_time(axis: Axes, metrics: Found) -> None:
    """Draw accuracy against simulated time, the mean over the seeds of spikes."""
    names = {"if_constant": "integrate-and-fire, constant", "if_poisson": "same, Poisson",
             "lif_poisson": "LIF 50 ms, reset to zero, Poisson"}  # fmt: skip
    for name, label in names.items():
        curves = [value for key, value in metrics.items() if key.startswith(f"time.{name}.")]
        axis.semilogx(range(1, 101), 100 * np.mean(curves, axis=0), label=label)
    axis.set(xlabel="simulated time (ms)", ylabel="accuracy, 13 states, not adapted (%)")
    axis.set_ylim(80, 100)
    axis.legend(loc="lower right")


def main() -> None:
    """Write metrics.json and accuracy.png."""
    run, out = Path(sys.argv[1]), Path(sys.argv[2])
    metrics = gather(run)
    write_json(out / "metrics.json", metrics)
    draw(run, metrics, out / "accuracy.png")


if __name__ == "__main__":
    main()
