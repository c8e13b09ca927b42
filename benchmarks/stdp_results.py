"""The committed results of the STDP network, one experiment a folder.

    NEUROSKYRM_DATA=... python benchmarks/stdp_results.py states docs/results/stdp-states
    NEUROSKYRM_DATA=... python benchmarks/stdp_results.py card   docs/results/stdp-card
    NEUROSKYRM_DATA=... python benchmarks/stdp_results.py robust docs/results/stdp-robust
    NEUROSKYRM_DATA=... python benchmarks/stdp_results.py scale  docs/results/stdp-scale

Each single training is appended to `runs.jsonl` in the folder as soon as it is done, and is not
repeated by a second call; `metrics.json` and the figures are made from all of them. Constants were
chosen on the last 10,000 training images (see docs/stdp.md); here all 60,000 are for training, and
the test images are looked at once, at the end of each training.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from devicemodels import DeviceModel, Effects, IdealDevice, SkyrmionDevice, load_card
from networks.stdp import StdpNetwork
from networks.stdp_array import WeightMap
from networks.stdp_faults import Unreliable, slip, stick
from networks.stdp_figures import confusion_figure, training_figure, weight_map_figure
from networks.stdp_rules import (
    ColumnFraction,
    DeterministicAdjacent,
    IdealContinuous,
    matched_rule,
)
from neuroskyrm.io.atomic import write_json
from neuroskyrm.io.datasets import load_mnist
from neuroskyrm.io.provenance import code_digest

SEEDS = (1, 2, 3)
STATES = (2, 4, 6, 11, 16, 64)
PULSE_ENERGY = 300e-15  # Eq. 3 of Chen et al.
CARD = "rim-n4-300K"
LABELLED = 5000

Run = dict[str, object]


def ideal(states: int) -> IdealDevice:
    """Return a perfect device with the paper's pulse energy."""
    return IdealDevice(states, pulse_energy=PULSE_ENERGY)


def train(
    name: str, model: DeviceModel | None, rule: object, seed: int, images: int, **options: object
) -> tuple[StdpNetwork, Run]:
    """Train one network and evaluate it on the test images; return it with what was found."""
    data = load_mnist()
    after: Callable[[StdpNetwork], None] | None = options.pop("after", None)
    before: Callable[[StdpNetwork], None] | None = options.pop("before", None)
    neurons = options.pop("neurons", 400)
    net = StdpNetwork(model, neurons, rule, seed=seed, **options)
    if before is not None:
        before(net)
    start = time.process_time()
    curve = net.train(data.train_images, data.train_labels, until=images)
    seconds = time.process_time() - start
    if after is not None:
        after(net)
    net.label(data.train_images[:LABELLED], data.train_labels[:LABELLED], threads=2)
    outcome = net.evaluate(data.test_images, data.test_labels, threads=2)
    run = {
        "name": name, "seed": seed, "images": images, "neurons": neurons,
        "vote": outcome.accuracy["vote"], "proportion": outcome.accuracy["proportion"],
        "pulses_per_image": net.ledger.pulses / images, "energy": net.ledger.energy,
        "output_spikes_per_image": outcome.spikes, "processor_seconds": round(seconds, 2),
    }  # fmt: skip
    net.curve, net.outcome = curve, outcome
    return net, run


def states_experiment() -> Iterator[tuple[str, int, Callable[[int], tuple[StdpNetwork, Run]]]]:
    """Fig. 6(c): accuracy against the number of states; six states on all 60,000 images."""
    for count in (6, 2, 16, 4, 11, 64):
        for rule in (matched_rule(ideal(count)), DeterministicAdjacent()):
            images = 60000 if count == 6 else 20000
            name = f"{rule.name}-{count}"
            yield (
                name,
                images,
                lambda s, n=name, c=count, r=rule, i=images: train(n, ideal(c), r, s, i),
            )
    for images in (60000, 20000):
        name = "ideal-continuous" if images == 20000 else "ideal-continuous-60000"
        yield name, images, lambda s, n=name, i=images: train(n, None, IdealContinuous(), s, i)
    for rule in (matched_rule(ideal(6)), DeterministicAdjacent()):
        name = f"{rule.name}-6-20000"
        yield name, 20000, lambda s, n=name, r=rule: train(n, ideal(6), r, s, 20000)
    rule = ColumnFraction()
    yield "column-6", 60000, lambda s: train("column-6", ideal(6), rule, s, 60000)


def card_experiment() -> Iterator[tuple[str, int, Callable[[int], tuple[StdpNetwork, Run]]]]:
    """Yield the calibrated card: all effects, and each of them left out."""
    card = load_card(CARD)
    rule = matched_rule(SkyrmionDevice(card))
    full = Effects()
    cases = {
        "all effects": full,
        "no read noise": replace(full, read_noise=0.0),
        "no write noise": replace(full, cycle_to_cycle=0.0),
        "likeliest transition only": replace(full, stochastic=False),
    }
    for name, effects in cases.items():
        images = 60000 if name == "all effects" else 20000
        model = SkyrmionDevice(card, effects)
        yield name, images, lambda s, n=name, m=model, i=images: train(n, m, rule, s, i)


def robust_experiment() -> Iterator[tuple[str, int, Callable[[int], tuple[StdpNetwork, Run]]]]:
    """Six ideal states with one fault each, and the case of the issue at full length."""
    worst = Unreliable(ideal(6), failures=0.3, visit_noise=0.1)
    yield (
        "10 % level noise and 30 % failed updates",
        60000,
        lambda s: train(
            "10 % level noise and 30 % failed updates", worst, matched_rule(ideal(6)), s, 60000
        ),
    )
    faults: dict[str, dict[str, object]] = {
        "none": {"model": ideal(6)},
        "30 % failed updates": {"model": Unreliable(ideal(6), failures=0.3)},
        "10 % level noise": {"model": Unreliable(ideal(6), visit_noise=0.1)},
        "20 % level noise": {"model": Unreliable(ideal(6), visit_noise=0.2)},
        "20 % read noise": {"model": Unreliable(ideal(6), read_noise=0.2)},
        "20 % spread": {"model": Unreliable(ideal(6), spread=0.2)},
        "5 % stuck": {"before": lambda net: stick(net, 0.05)},
        "20 % stuck": {"before": lambda net: stick(net, 0.20)},
        "10 % slipped after": {"after": lambda net: slip(net, 0.10)},
        "50 % slipped after": {"after": lambda net: slip(net, 0.50)},
        "no reference column": {"weight_map": WeightMap(reference=False)},
    }
    for name, options in faults.items():
        yield name, 20000, lambda s, n=name, o=options: train(
            n, o.get("model", ideal(6)), matched_rule(ideal(6)), s, 20000,
            **{k: v for k, v in o.items() if k != "model"},
        )  # fmt: skip


def scale_experiment() -> Iterator[tuple[str, int, Callable[[int], tuple[StdpNetwork, Run]]]]:
    """Size: 100 to 1600 neurons, and three passes at 400."""
    for neurons in (100, 1600):
        name = f"{neurons} neurons"
        yield (
            name,
            60000,
            lambda s, n=name, k=neurons: train(
                n, ideal(6), matched_rule(ideal(6)), s, 60000, neurons=k
            ),
        )
    yield (
        "400 neurons, 3 passes",
        180000,
        lambda s: train("400 neurons, 3 passes", ideal(6), matched_rule(ideal(6)), s, 180000),
    )


EXPERIMENTS = {
    "states": states_experiment,
    "card": card_experiment,
    "robust": robust_experiment,
    "scale": scale_experiment,
}


def summarise(experiment: str, folder: Path, runs: list[Run]) -> None:
    """Write metrics.json: mean and standard deviation over the seeds of each case."""
    metrics: dict[str, object] = {
        "command": f"python benchmarks/stdp_results.py {experiment} {folder}",
        "code": code_digest(("networks", "devicemodels")),
    }
    for name in dict.fromkeys(str(run["name"]) for run in runs):
        some = [run for run in runs if run["name"] == name]
        entry: dict[str, object] = {"seeds": [run["seed"] for run in some]}
        for key in ("images", "neurons"):
            entry[key] = some[0][key]
        for key in ("proportion", "vote", "pulses_per_image", "energy", "output_spikes_per_image",
                    "processor_seconds"):  # fmt: skip
            values = np.array([float(run[key]) for run in some])
            entry[key] = float(values.mean())
            entry[f"{key}_sd"] = float(values.std(ddof=1)) if len(values) > 1 else 0.0
        metrics[name] = entry
    write_json(folder / "metrics.json", metrics)


def draw_states(folder: Path, runs: list[Run]) -> None:
    """Draw accuracy against the number of states for rules (a), (b) and (d)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4), layout="constrained")
    axes = figure.add_subplot()
    for colour, rule in (("C0", "probabilistic"), ("C3", "deterministic")):
        mean, sd, where = [], [], []
        for count in STATES:
            name = f"{rule}-{count}" + ("-20000" if count == 6 else "")
            found = [100 * float(r["proportion"]) for r in runs if r["name"] == name]
            if found:
                where.append(count)
                mean.append(np.mean(found))
                sd.append(np.std(found, ddof=1) if len(found) > 1 else 0)
        axes.errorbar(where, mean, sd, marker="o", capsize=3, color=colour, label=f"{rule} step")
    best = [100 * float(r["proportion"]) for r in runs if r["name"] == "ideal-continuous"]
    if best:
        axes.axhline(np.mean(best), color="0.4", linestyle="--", label="continuous, normalised")
    axes.plot(6, 78, "k*", markersize=11, label="Chen et al., six states")
    axes.set(xscale="log", xticks=STATES, xlabel="conductance states", ylabel="test accuracy (%)")
    axes.set_xticks(STATES, [str(count) for count in STATES])
    axes.minorticks_off()
    axes.legend()
    figure.savefig(folder / "accuracy.png", dpi=110)


def main(experiment: str, folder: Path, only: list[str]) -> None:
    """Do what is missing of `experiment` (or of the cases `only`), and write its results."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "runs.jsonl"
    runs: list[Run] = (
        [json.loads(line) for line in log.read_text().splitlines()] if (log.exists()) else []
    )
    for seed in SEEDS:
        for name, _, job in EXPERIMENTS[experiment]():
            if only and name not in only:
                continue
            if any(run["name"] == name and run["seed"] == seed for run in runs):
                continue
            net, run = job(seed)
            runs.append(run)
            with log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(run) + "\n")
            print(seed, name, f"{100 * run['proportion']:.2f} %", flush=True)
            if seed == SEEDS[0] and run["images"] == 60000:
                for kind, figure in (
                    ("weights", weight_map_figure(net.weights, name)),
                    ("training", training_figure(net.curve)),
                    ("confusion", confusion_figure(net.outcome, name)),
                ):
                    stem = name.replace(" ", "-").replace("%", "percent").replace(",", "")
                    figure.savefig(folder / f"{kind}-{stem}.png", dpi=90)
            summarise(experiment, folder, runs)
            if experiment == "states":
                draw_states(folder, runs)
    summarise(experiment, folder, runs)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
