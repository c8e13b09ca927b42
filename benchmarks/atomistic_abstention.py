"""How many mixed processes are flagged, with an alarm level that no test process has seen.

    python benchmarks/atomistic_abstention.py docs/results/process-abstention

Nets learn the 44 x 40 grids at theta = 45 and 50 degrees (or 50 alone); the test is the grid
at 40. Compared are scores (softmax, Mahalanobis distance in the hidden states, a fourth class)
and inputs (sorted S_z as in the paper; further numbers of each frame beside it). Every case is
three nets, each of which leaves out a third of the grids: its scores there set the level for 2 %
false alarms, which is then carried over to 40 degrees. Beside it the level is set on one random
half of the clear 40-degree processes while the other half is tested (20 splits), and on the
tested ones themselves, which flatters. Also writes the monitor that the toolkit ships.
Needs runs/process/ from atomistic_diagram.py (40, 45, 50); nets are kept there too.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from atomistic_classifier import FALSE_ALARMS, INPUTS, grid_set
from atomistic_data import RUNS
from matplotlib.figure import Figure

from devicemodels.calibrate_check import wilson_interval
from networks.frame_inputs import GAINS
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
from neuroskyrm.atomistic import LABELS, draw_diagram, load_diagram
from neuroskyrm.atomistic.labels import MIXED
from neuroskyrm.io.atomic import replacing, write_json

HIDDEN, EPOCHS, FOLDS, SPLITS = 48, 150, 3, 20
CLEAR = LABELS[:MIXED]
COLUMNS = ("walls", "euler", "islands", "charge")
"""Columns of `scalars` in the diagrams."""
ANGLES = (45, 50)
SHIPPED = Path("networks/monitors/process.safetensors")


@dataclass(frozen=True)
class Case:
    """What a net learns from, reads, and is asked."""

    name: str
    angles: tuple[int, ...] = ANGLES
    extra: tuple[str, ...] = ()
    score: str = "fourth"

    @property
    def classes(self) -> tuple[str, ...]:
        """The outputs of its nets."""
        return LABELS if self.score == "fourth" else CLEAR


CASES = (
    Case("softmax", score="softmax"),
    Case("Mahalanobis in hidden states", score="mahalanobis"),
    Case("fourth class, 50° only", (50,)),
    Case("fourth class"),
    Case("fourth class, walls", extra=("walls",)),
    Case("fourth class, Euler number", extra=("euler",)),
    Case("fourth class, charge", extra=("charge",)),
)
BEST = Case("fourth class, Euler number", extra=("euler",))
"""The case that the shipped monitor is."""


def options(seed: int, epochs: int = EPOCHS) -> Training:
    """Return how every net is trained."""
    return Training(
        hidden=HIDDEN, epochs=epochs, rate=8e-3, batch=96, patience=epochs, anneal=True, seed=seed
    )


def inputs_of(theta: int, extra: tuple[str, ...]) -> ProfileSet:
    """Return all points of a diagram: quantiles, and the scalars named."""
    data, _ = grid_set(theta)
    raw = load_diagram(RUNS / f"diagram-{theta}.nc")["scalars"].values
    raw = raw.reshape(*data.profiles.shape[:2], -1)
    columns = [np.tanh(GAINS.get(name, 0.5) * raw[..., COLUMNS.index(name)]) for name in extra]
    every = np.concatenate([data.profiles, *(c[..., None] for c in columns)], axis=-1)
    return replace(data, profiles=every.astype(np.float32))


def learning_set(case: Case) -> ProfileSet:
    """Return the processes that a case may learn."""
    first, *others = [inputs_of(theta, case.extra) for theta in case.angles]
    return first.joined(*others).only(range(len(case.classes)))


def part_of(data: ProfileSet, chosen: np.ndarray) -> ProfileSet:
    """Return some processes of a set."""
    return replace(data, profiles=data.profiles[chosen], labels=data.labels[chosen])


def learned(case: Case, data: ProfileSet, fold: int) -> RecurrentClassifier:
    """Return one trained net, kept on disk."""
    kind = "-".join((str(len(case.classes)), *map(str, case.angles), *case.extra, str(fold)))
    path = RUNS / "nets" / f"{kind}.npz"
    if not path.exists():
        net, history = train_classifier(data.profiles, data.labels, case.classes, options(fold))
        print(f"{case.name}, fold {fold}: {min(history.validation):.4f}", flush=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(file, inputs=net.inputs, recurrent=net.recurrent, outputs=net.outputs,
                     hidden_bias=net.hidden_bias, output_bias=net.output_bias)  # fmt: skip
    with np.load(path, allow_pickle=False) as file:
        return RecurrentClassifier(**dict(file), classes=case.classes)


def scores_of(case: Case, net: RecurrentClassifier, known: ProfileSet, profiles) -> np.ndarray:
    """Return the score of each process; `known` is what the net has learned."""
    if case.score == "mahalanobis":
        far = MahalanobisNovelty(final_states(net, known.profiles), known.labels)
        return far.score(final_states(net, profiles))
    outputs = net.probabilities(profiles)[:, -1]
    return outputs[:, MIXED] if case.score == "fourth" else doubt(outputs)


@dataclass(frozen=True)
class Judged:
    """The nets of a case and their scores."""

    nets: list[RecurrentClassifier]
    held: np.ndarray
    """Of clear processes at the learned angles, each by the net that has not learned it."""
    single: np.ndarray
    """Of the test processes, by the first net."""
    together: np.ndarray
    """By all nets: of their mean logits, or mean distance."""


def judged(case: Case, test: ProfileSet) -> Judged:
    """Train the nets of a case and score."""
    data = learning_set(case)
    parts = np.array_split(np.random.default_rng(5).permutation(len(data)), FOLDS)
    held, nets, scores = np.empty(len(data)), [], []
    for fold, part in enumerate(parts):
        kept = np.ones(len(data), dtype=bool)
        kept[part] = False
        known = part_of(data, kept)
        nets.append(learned(case, known, fold))
        held[part] = scores_of(case, nets[-1], known, data.profiles[part])
        scores.append(scores_of(case, nets[-1], known, test.profiles))
    if case.score == "mahalanobis":
        together = np.mean(scores, axis=0)
    else:
        together = scores_of(case, merged(nets), data, test.profiles)
    return Judged(nets, held[data.labels < MIXED], scores[0], together)


def evaluate(held: np.ndarray, score: np.ndarray, clear: np.ndarray) -> dict[str, object]:
    """Return what is flagged at 2 % false alarms for the three ways to set the level."""
    level = alarm_level(held, FALSE_ALARMS)
    rng = np.random.default_rng(6)
    own, other = score[clear], score[~clear]
    caught, alarms = [], []
    for _ in range(SPLITS):
        order = rng.permutation(len(own))
        half = alarm_level(own[order[: len(own) // 2]], FALSE_ALARMS)
        caught.append(np.mean(other > half))
        alarms.append(np.mean(own[order[len(own) // 2 :]] > half))
    found: dict[str, object] = {"level": round(level, 4)}
    for name, values in (("flagged", other), ("false_alarms", own)):
        hits = int(np.sum(values > level))
        found[f"carried_over.{name}"] = round(hits / len(values), 4)
        bounds = wilson_interval(hits, len(values))
        found[f"carried_over.{name}_wilson_95"] = [round(bound, 4) for bound in bounds]
    return found | {
        "split.flagged": round(float(np.mean(caught)), 4),
        "split.flagged_sd": round(float(np.std(caught, ddof=1)), 4),
        "split.false_alarms": round(float(np.mean(alarms)), 4),
        "same_points.flagged": round(flagged(own, other, FALSE_ALARMS), 4),
    }


def missed_kinds(score: np.ndarray, level: float, clear: np.ndarray) -> dict[str, object]:
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


def draw(path: Path, rows: dict[str, dict[str, object]]) -> None:
    """Draw what each case flags with the level carried over, and its false alarms."""
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 1.4))
    places = np.arange(len(rows))[::-1]
    for axes, key, colour in ((left, "flagged", "#4477aa"), (right, "false_alarms", "#ee7733")):
        values = 100 * np.array([row[f"carried_over.{key}"] for row in rows.values()])
        bounds = 100 * np.array([row[f"carried_over.{key}_wilson_95"] for row in rows.values()])
        axes.barh(places, values, 0.7, color=colour)
        axes.errorbar(values, places, xerr=abs(bounds.T - values), fmt="none", color="black")
        for place, value, bound in zip(places, values, bounds[:, 1], strict=True):
            axes.text(bound, place, f"  {value:.1f}", va="center", fontsize=8)
    left.axvline(90, color="#882211", lw=1, ls="--", zorder=0)
    right.axvline(2, color="#882211", lw=1, ls="--", zorder=0)
    left.set(xlabel="mixed processes flagged (%)", xlim=(0, 110), yticks=places,
             yticklabels=list(rows))  # fmt: skip
    right.set(xlabel="clear ones flagged (%)", xlim=(0, 6))
    figure.savefig(path, dpi=130)


def ship(
    case: Case, nets: list[RecurrentClassifier], level: float, picture: Path
) -> dict[str, object]:
    """Write the shipped monitor, which is sure where no alarm is raised; draw what it says."""
    known = replace(learning_set(case), scalars=case.extra)
    monitor, _ = train_monitor(known, options(0, 1), LABELS)
    monitor.classifier = merged(nets)
    monitor.threshold = round(1 - level, 4)
    monitor.save(SHIPPED)
    test = inputs_of(40, case.extra)
    clear = test.labels < MIXED
    outputs = monitor.classifier.probabilities(test.profiles)[:, -1]
    named = (outputs[:, :MIXED].max(axis=1) >= monitor.threshold) & (outputs.argmax(1) != MIXED)
    right = named & (outputs.argmax(1) == test.labels)
    data = load_diagram(RUNS / "diagram-40.nc")
    said = np.where(named, outputs.argmax(1), MIXED).reshape(data["label"].shape)
    title = r"$\theta$ = 40$^\circ$, lines: the shipped monitor"
    draw_diagram(data, title, boundaries=said).savefig(picture, dpi=130)
    return {
        "shipped.threshold": monitor.threshold,
        "shipped.mixed_not_named": round(float(np.mean(~named[~clear])), 4),
        "shipped.clear_not_named": round(float(np.mean(~named[clear])), 4),
        "shipped.clear_named_rightly": round(float(np.mean(right[clear])), 4),
        "shipped.accuracy_of_largest_clear_output": round(
            float(np.mean(outputs[clear, :MIXED].argmax(1) == test.labels[clear])), 4
        ),
    }


def main(folder: Path) -> None:
    """Train, test, draw, write."""
    folder.mkdir(parents=True, exist_ok=True)
    rows: dict[str, dict[str, object]] = {}
    found: dict[str, object] = {}
    for case in CASES:
        test = inputs_of(40, case.extra)
        clear = test.labels < MIXED
        result = judged(case, test)
        rows[case.name] = evaluate(result.held, result.single, clear)
        rows[f"{case.name}, ensemble"] = evaluate(result.held, result.together, clear)
        print(case.name, rows[case.name], rows[f"{case.name}, ensemble"], flush=True)
        if case == BEST:
            level = alarm_level(result.held, FALSE_ALARMS)
            found |= missed_kinds(result.together, level, clear)
            found |= ship(case, result.nets, level, folder / "boundaries.png")
    draw(folder / "abstention.png", {k: v for k, v in rows.items() if k.endswith("ensemble")})
    found |= {f"{name}: {key}": value for name, row in rows.items() for key, value in row.items()}
    found |= {
        "tested_on": np.bincount(test.labels, minlength=4).tolist(),
        "learned_from": np.bincount(learning_set(BEST).labels, minlength=4).tolist(),
        "angles": ANGLES,
        "inputs": INPUTS,
        "hidden": HIDDEN,
        "nets": FOLDS,
        "command": "python benchmarks/atomistic_abstention.py docs/results/process-abstention",
    }
    write_json(folder / "metrics.json", found)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
