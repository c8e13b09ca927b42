"""Train the classifier as the paper does, draw its boundaries over Fig. 3, compare abstentions.

    python benchmarks/atomistic_classifier.py docs/results/process-classifier

Trained at theta = 50 degrees (400 processes of each class from the interior regions), tested on
all 1760 points at theta = 40 degrees. Writes metrics.json, boundaries.png, abstention.png,
monitor.safetensors (three classes) and monitor-four.safetensors (with "mixed" as the fourth).
Needs runs/process/ from atomistic_diagram.py (40 and 50) and atomistic_data.py.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from atomistic_data import RUNS, training

from networks.monitor_training import ProfileSet, train_monitor
from networks.recurrent_abstention import (
    doubt,
    ensemble_probabilities,
    fitted_temperature,
    flagged,
)
from networks.recurrent_features import rebinned
from networks.recurrent_training import Training
from neuroskyrm.atomistic import LABELS, clear_interior, draw_diagram, load_diagram
from neuroskyrm.atomistic.labels import MIXED
from neuroskyrm.io.atomic import write_json

INPUTS, HIDDEN, SEEDS = 128, 64, 2
FALSE_ALARMS = 0.02


def grid_set(theta: int, inputs: int = INPUTS) -> tuple[ProfileSet, np.ndarray]:
    """Return all points of a diagram as profiles, and which of them are interior."""
    data = load_diagram(RUNS / f"diagram-{theta}.nc")
    profiles = rebinned(data["profile"].values, inputs).reshape(-1, 7, inputs)
    labels = data["label"].values
    interval = float(np.diff(data["frame_time"].values).mean())
    chosen = ProfileSet(profiles, labels.ravel().astype(np.int64), interval)
    return chosen, clear_interior(labels).ravel()


def joined(*sets: ProfileSet) -> ProfileSet:
    """Return several sets as one."""
    return replace(
        sets[0],
        profiles=np.concatenate([one.profiles for one in sets]),
        labels=np.concatenate([one.labels for one in sets]),
    )


def trained(data: ProfileSet, classes: tuple[str, ...], hidden: int, epochs: int, seeds: int):
    """Return monitors that differ in their seed only."""
    return [
        train_monitor(
            data,
            Training(hidden=hidden, epochs=epochs, rate=4e-3, batch=64, patience=40, seed=seed),
            classes,
        )[0]
        for seed in range(seeds)
    ]


def accuracy(outputs: np.ndarray, labels: np.ndarray) -> float:
    """Return how often the largest of the clear outputs is the label."""
    return float(np.mean(outputs[:, :MIXED].argmax(axis=1) == labels))


def draw_abstention(path: Path, rows: dict[str, float], plain: np.ndarray, four: np.ndarray,
                    clear: np.ndarray) -> None:  # fmt: skip
    """Draw flagged parts, and how the scores of clear and mixed processes spread."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.barh(list(rows), [100 * value for value in rows.values()], color="#4477aa")
    left.axvline(90, color="#882211", lw=1)
    left.set(xlabel="mixed processes flagged (%)\nat 2 % false alarms", xlim=(0, 100))
    for score, name, colour in ((plain, "1 - largest output", "#ccbb44"),
                                (four, "fourth class", "#4477aa")):  # fmt: skip
        order = np.sort(score[clear])[::-1]
        alarms = np.linspace(0.002, 0.3, 100)
        levels = order[np.minimum((alarms * len(order)).astype(int), len(order) - 1)]
        right.plot(100 * alarms, [100 * np.mean(score[~clear] > level) for level in levels],
                   label=name, color=colour)  # fmt: skip
    right.set(xlabel="false alarms (%)", ylabel="mixed flagged (%)", ylim=(0, 100))
    right.legend()
    figure.savefig(path, dpi=130)


def main(folder: Path) -> None:
    """Train, test, draw, write."""
    started = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    store = training().profiles(INPUTS)
    test, interior = grid_set(40)
    grid, _ = grid_set(50)
    clear = test.labels < MIXED
    truth = test.labels[clear]

    three = trained(store.only(range(MIXED)), LABELS[:MIXED], HIDDEN, 40, SEEDS)
    three[0].save(folder / "monitor.safetensors")
    print(f"three classes: {time.perf_counter() - started:.0f} s", flush=True)
    outputs = [m.classifier.probabilities(test.profiles)[:, -1] for m in three]
    scores = [accuracy(p[clear], truth) for p in outputs]
    inside = [accuracy(p[interior], test.labels[interior]) for p in outputs]
    held = grid.only(range(MIXED))
    heat = fitted_temperature(three[0].classifier, held.profiles, held.labels)
    cooled = replace(three[0].classifier, temperature=heat).probabilities(test.profiles)[:, -1]
    ensemble = ensemble_probabilities([m.classifier for m in three], test.profiles)
    # A fourth class from data: the interiors, and the whole grid with its borders.
    four = trained(joined(store, grid), LABELS, HIDDEN, 60, 1)
    four_outputs = [m.classifier.probabilities(test.profiles)[:, -1] for m in four]
    together = np.mean(four_outputs, axis=0)

    def caught(score: np.ndarray) -> float:
        return round(flagged(score[clear], score[~clear], FALSE_ALARMS), 4)

    rows = {
        "softmax threshold": caught(doubt(outputs[0])),
        "temperature scaling": caught(doubt(cooled)),
        f"ensemble of {SEEDS}": caught(doubt(ensemble)),
        "fourth class from data": caught(together[:, MIXED]),
    }
    four[0].save(folder / "monitor-four.safetensors")
    data = load_diagram(RUNS / "diagram-40.nc")
    best = np.where(outputs[0].max(axis=1) >= 0.8, outputs[0].argmax(axis=1), MIXED)
    figure = draw_diagram(
        data, r"$\theta$ = 40$^\circ$, lines: network of three classes, threshold 0.8",
        boundaries=best.reshape(data["label"].shape),
    )  # fmt: skip
    figure.savefig(folder / "boundaries.png", dpi=130)
    careful = together.argmax(axis=1).reshape(data["label"].shape)
    figure = draw_diagram(data, "lines: network with a fourth class", boundaries=careful)
    figure.savefig(folder / "boundaries-four.png", dpi=130)
    draw_abstention(folder / "abstention.png", rows, doubt(outputs[0]), together[:, MIXED], clear)
    write_json(
        folder / "metrics.json",
        {
            "inputs": INPUTS,
            "hidden": HIDDEN,
            "trained_on": np.bincount(store.labels, minlength=4).tolist(),
            "tested_on.clear": int(clear.sum()),
            "tested_on.mixed": int((~clear).sum()),
            "accuracy.clear.mean": round(float(np.mean(scores)), 4),
            "accuracy.clear.sd_over_seeds": round(float(np.std(scores, ddof=1)), 4),
            "accuracy.interior.mean": round(float(np.mean(inside)), 4),
            "accuracy.clear.four_classes": round(accuracy(together[clear], truth), 4),
            "mixed.confident_softmax": round(float(np.mean(outputs[0][~clear].max(1) > 0.8)), 4),
            "temperature": round(heat, 3),
            **{f"flagged_at_2_percent.{name}": value for name, value in rows.items()},
            "seeds": SEEDS,
            "wall_time_s": round(time.perf_counter() - started, 1),
            "command": "python benchmarks/atomistic_classifier.py docs/results/process-classifier",
        },
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
