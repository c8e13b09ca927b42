"""How many mixed processes are flagged, with an alarm level that no test process has seen.

    python benchmarks/atomistic_abstention.py docs/results/process-abstention

Nets learn at theta = 50 degrees (interiors and the whole grid); the test is the grid at 40. The
level for 2 % false alarms is set in three ways, all reported: carried over (held-out scores of
clear processes of the 50-degree grid), on one random half of the clear 40-degree processes while
the other half is tested (20 splits), and on the tested ones themselves, which flatters. Also
writes the monitor that the toolkit ships.
Needs runs/process/ from atomistic_diagram.py (40 and 50) and atomistic_data.py.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from atomistic_classifier import FALSE_ALARMS, INPUTS, grid_set
from atomistic_data import RUNS, training
from matplotlib.figure import Figure

from networks.monitor_training import ProfileSet, train_monitor
from networks.recurrent import RecurrentClassifier
from networks.recurrent_abstention import (
    MahalanobisNovelty,
    alarm_level,
    doubt,
    final_states,
    flagged,
    merged,
)
from networks.recurrent_training import Training, train_classifier
from neuroskyrm.atomistic import LABELS, load_diagram
from neuroskyrm.atomistic.labels import MIXED
from neuroskyrm.io.atomic import replacing, write_json

HIDDEN, FOLDS, SPLITS = 48, 3, 20
CLEAR = LABELS[:MIXED]
SHIPPED = Path("networks/monitors/process.safetensors")


def options(seed: int, epochs: int = 100) -> Training:
    """Return how every net is trained."""
    return Training(
        hidden=HIDDEN, epochs=epochs, rate=8e-3, batch=96, patience=epochs, anneal=True, seed=seed
    )


def training_profiles() -> ProfileSet:
    """Return the 400 processes of each clear class as profiles, kept beside their frames."""
    path = RUNS / f"training-{INPUTS}.npz"
    if not path.exists():
        made = training().profiles(INPUTS)
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(file, profiles=made.profiles, labels=made.labels, interval=made.interval)
    with np.load(path, allow_pickle=False) as file:
        return ProfileSet(file["profiles"], file["labels"], float(file["interval"]))


def learned(data: ProfileSet, classes: tuple[str, ...], seed: int) -> RecurrentClassifier:
    """Return one trained net."""
    net, history = train_classifier(data.profiles, data.labels, classes, options(seed))
    print(f"{len(classes)} classes, seed {seed}: {min(history.validation):.4f}", flush=True)
    return net


def part_of(data: ProfileSet, chosen: np.ndarray) -> ProfileSet:
    """Return some processes of a set."""
    return replace(data, profiles=data.profiles[chosen], labels=data.labels[chosen])


def held_out(nets, parts, grid: ProfileSet, first: int) -> np.ndarray:
    """Return each grid process's score by the one net that has not learned it.

    `parts` are indices into the whole training set, in which the grid begins at `first`.
    """
    score = np.empty(len(grid))
    for net, part in zip(nets, parts, strict=True):
        own = part[part >= first] - first
        score[own] = fourth_score(net, grid.profiles[own])
    return score


def evaluate(held_clear, score, clear) -> dict[str, float]:
    """Return what is flagged at 2 % false alarms for the three ways to set the level."""
    level = alarm_level(held_clear, FALSE_ALARMS)
    rng = np.random.default_rng(6)
    own = score[clear]
    caught, alarms = [], []
    for _ in range(SPLITS):
        order = rng.permutation(len(own))
        half = alarm_level(own[order[: len(own) // 2]], FALSE_ALARMS)
        caught.append(np.mean(score[~clear] > half))
        alarms.append(np.mean(own[order[len(own) // 2 :]] > half))
    return {
        "carried_over.flagged": round(float(np.mean(score[~clear] > level)), 4),
        "carried_over.false_alarms": round(float(np.mean(own > level)), 4),
        "split.flagged": round(float(np.mean(caught)), 4),
        "split.flagged_sd": round(float(np.std(caught, ddof=1)), 4),
        "split.false_alarms": round(float(np.mean(alarms)), 4),
        "same_points.flagged": round(flagged(own, score[~clear], FALSE_ALARMS), 4),
    }


def softmax_score(net, profiles):
    """Return one minus the largest output."""
    return doubt(net.probabilities(profiles)[:, -1])


def fourth_score(net, profiles):
    """Return the output of the fourth class."""
    return net.probabilities(profiles)[:, -1, MIXED]


def missed_kinds(score, level: float, clear) -> dict[str, object]:
    """Return what the mixed processes are that are not flagged, beside all mixed ones."""
    data = load_diagram(RUNS / "diagram-40.nc")
    islands = data["islands"].values.ravel()
    domain = data["percolates"].values.ravel() > 0
    kinds = {
        "domain_around_the_torus": domain,
        "several_islands": ~domain & (islands >= 2),
        "one_island_of_other_charge": ~domain & (islands == 1),
        "no_island_but_charge": ~domain & (islands == 0),
    }
    missed = ~clear & (score <= level)
    return {
        f"mixed.{name}": [int((kind & missed).sum()), int((kind & ~clear).sum())]
        for name, kind in kinds.items()
    }


def draw(path: Path, rows: dict[str, dict[str, float]]) -> None:
    """Draw what each method flags, with the level carried over and with the split."""
    figure = Figure(figsize=(7.6, 3.8), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(rows))[::-1]
    for shift, key, colour in ((0.2, "split", "#4477aa"), (-0.2, "carried_over", "#ee7733")):
        values = [100 * row[f"{key}.flagged"] for row in rows.values()]
        alarms = [100 * row[f"{key}.false_alarms"] for row in rows.values()]
        axes.barh(places + shift, values, 0.38, color=colour,
                  label={"split": "level from half of the clear ones at 40°",
                         "carried_over": "level carried over from the 50° grid"}[key])  # fmt: skip
        for place, value, alarm in zip(places + shift, values, alarms, strict=True):
            axes.text(value + 1, place, f"{value:.0f} ({alarm:.1f})", va="center", fontsize=7)
    axes.axvline(90, color="#882211", lw=1)
    axes.set(xlabel="mixed processes flagged in % (false alarms in %)", xlim=(0, 115),
             yticks=places, yticklabels=list(rows))  # fmt: skip
    axes.legend(fontsize=7, loc="upper right")
    figure.savefig(path, dpi=130)


def main(folder: Path) -> None:
    """Train, test, draw, write."""
    started = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    store = training_profiles()
    grid, test = grid_set(50)[0], grid_set(40)[0]
    clear = test.labels < MIXED
    learn = store.joined(grid)
    known = store.only(range(MIXED))
    three = [learned(known, CLEAR, seed) for seed in range(FOLDS)]
    four, parts = [], np.array_split(np.random.default_rng(5).permutation(len(learn)), FOLDS)
    for seed, part in enumerate(parts):
        kept = np.ones(len(learn), dtype=bool)
        kept[part] = False
        four.append(learned(part_of(learn, kept), LABELS, seed))
    final, together = merged(four), merged(three)
    far = MahalanobisNovelty(final_states(three[0], known.profiles), known.labels)
    plain = grid.labels < MIXED
    held = held_out(four, parts, grid, len(store))[plain]
    clear_grid = grid.profiles[plain]
    scores = {  # of clear processes at 50 degrees that set the level, and of all at 40
        "softmax": [softmax_score(three[0], p) for p in (clear_grid, test.profiles)],
        "softmax, ensemble": [softmax_score(together, p) for p in (clear_grid, test.profiles)],
        "Mahalanobis in hidden states": [
            far.score(final_states(three[0], p)) for p in (clear_grid, test.profiles)
        ],
        "fourth class": [held, fourth_score(four[0], test.profiles)],
        "fourth class, ensemble": [held, fourth_score(final, test.profiles)],
    }
    rows = {name: evaluate(level, score, clear) for name, (level, score) in scores.items()}
    outputs = final.probabilities(test.profiles)[:, -1]
    named = outputs[clear, :MIXED].argmax(axis=1) == test.labels[clear]
    level = alarm_level(held, FALSE_ALARMS)
    found: dict[str, object] = {
        f"{name}: {key}": value for name, row in rows.items() for key, value in row.items()
    }
    found |= missed_kinds(scores["fourth class, ensemble"][1], level, clear)
    monitor, _ = train_monitor(learn, options(0, 1), LABELS)
    monitor.classifier = final
    monitor.save(SHIPPED)
    draw(folder / "abstention.png", rows)
    found |= {
        "trained_on": np.bincount(learn.labels, minlength=4).tolist(),
        "tested_on": np.bincount(test.labels, minlength=4).tolist(),
        "ensemble.accuracy_clear": round(float(named.mean()), 4),
        "ensemble.alarm_level": round(level, 4),
        "hidden": HIDDEN,
        "nets": FOLDS,
        "wall_time_s": round(time.perf_counter() - started, 1),
        "command": "python benchmarks/atomistic_abstention.py docs/results/process-abstention",
    }
    write_json(folder / "metrics.json", found)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
