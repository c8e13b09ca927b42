"""The committed results of the STDP network, one experiment a folder.

    NEUROSKYRM_DATA=... python benchmarks/stdp_results.py states docs/results/stdp-states
    NEUROSKYRM_DATA=... python benchmarks/stdp_results.py card   docs/results/stdp-card
    NEUROSKYRM_DATA=... python benchmarks/stdp_results.py robust docs/results/stdp-robust
    NEUROSKYRM_DATA=... python benchmarks/stdp_results.py scale  docs/results/stdp-scale
    NEUROSKYRM_DATA=... python benchmarks/stdp_results.py wires  docs/results/stdp-wires

Each single training is appended to `runs.jsonl` in the folder as soon as it is done, and is not
repeated by a second call; `metrics.json` and the figures are made from all of them. Constants were
chosen on the last 10,000 training images (see docs/stdp.md); here all 60,000 are for training, and
the test images are looked at once, at the end of each training. Numbers after a name of a case are
states and images.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from crossbar import Layout, Wires
from devicemodels import (
    DeviceModel,
    Effects,
    IdealDevice,
    Retention,
    SkyrmionDevice,
    load_card,
)
from networks.encoding import PoissonCode
from networks.neurons import LONG_TRAINING, MIDDLE_TRAINING, LifParameters
from networks.stdp import StdpNetwork
from networks.stdp_array import WeightMap, without_reference
from networks.stdp_faults import Unreliable, drift, slip, stick
from networks.stdp_figures import confusion_figure, training_figure, weight_map_figure
from networks.stdp_rules import (
    ColumnFraction,
    DeterministicAdjacent,
    IdealContinuous,
    matched_rule,
)
from networks.stdp_wires import WiredArray
from neuroskyrm.io.atomic import write_json
from neuroskyrm.io.datasets import load_mnist
from neuroskyrm.io.provenance import code_digest

SEEDS = (1, 2, 3)
STATES = (2, 4, 6, 11, 16, 64)
PULSE_ENERGY = 300e-15  # Eq. 3 of Chen et al.
REBOOT = 0.1**2 * 25e-9 / 2e-9  # energy of an initialisation pulse in programming pulses (Fig. 8)
CARD = "rim-n4-300K"
OTHERS = ("register-n4-300K", "compact-n4-300K")  # six states each
LABELLED = 10000
FULL = 60000
SHORT = 10000  # images of the runs that are compared with each other
SLOW = PoissonCode(duration_reading=0.7)  # every image read twice as long as it is learned
DRAWN = (
    f"probabilistic-6-{FULL}",
    f"deterministic-6-{FULL}",
    "two passes, read twice as long",
    "10 % level noise and 30 % failed updates",
)
"""Cases whose weights, training curve and confusion matrix are drawn, of the first seed."""
METHODS = ("vote", "proportion", "likelihood")

Run = dict[str, object]
Case = tuple[str, Callable[[int], tuple[StdpNetwork, Run]]]


def ideal(states: int) -> IdealDevice:
    """Return a perfect device with the paper's pulse energy."""
    return IdealDevice(states, pulse_energy=PULSE_ENERGY)


def train(
    name: str, model: DeviceModel | None, rule: object, images: int, seed: int, **options: object
) -> tuple[StdpNetwork, Run]:
    """Train one network and evaluate it on the test images; return it with what was found."""
    data = load_mnist()
    after: Callable[[StdpNetwork], None] | None = options.pop("after", None)
    before: Callable[[StdpNetwork], None] | None = options.pop("before", None)
    neurons = options.pop("neurons", 400)
    options.setdefault("lif", LifParameters(inhibition=34.0) if images >= FULL else MIDDLE_TRAINING)
    net = StdpNetwork(model, neurons, rule, seed=seed, **options)
    if before is not None:
        before(net)
    start = time.process_time()
    curve = net.train(data.train_images, data.train_labels, until=images)
    seconds = time.process_time() - start
    if after is not None:
        after(net)
    named, tested = (LABELLED, 10000) if images >= FULL else (3000, 5000)
    net.label(data.train_images[:named], data.train_labels[:named], threads=2)
    outcome = net.evaluate(data.test_images[:tested], data.test_labels[:tested], threads=2)
    run = {
        "name": name, "seed": seed, "images": images, "labelled": named, "tested": tested,
        "neurons": neurons, "code": code_digest(("networks", "devicemodels")),
        **{method: outcome.accuracy[method] for method in METHODS},
        "pulses_per_image": net.ledger.pulses / images, "energy": net.ledger.energy,
        "output_spikes_per_image": outcome.spikes, "processor_seconds": round(seconds, 2),
    }  # fmt: skip
    if isinstance(model, SkyrmionDevice):
        run["card"] = model.card.digest
    net.curve, net.outcome = curve, outcome
    return net, run


def case(
    name: str, model: DeviceModel | None, rule: object, images: int = FULL, **options: object
) -> tuple[str, Callable[[int], tuple[StdpNetwork, Run]]]:
    """Return a named training, still to be given its seed."""
    return name, partial(train, name, model, rule, images, **options)


def states_experiment() -> Iterator[Case]:
    """Yield Fig. 6(c), accuracy against the number of states, at both lengths of training."""
    normalised = {"lif": MIDDLE_TRAINING, "weight_map": WeightMap(full_scale=1.0)}
    for images in (FULL, SHORT):
        lif = LONG_TRAINING if images == FULL else MIDDLE_TRAINING
        for kind in (matched_rule, lambda _: DeterministicAdjacent()):
            for count in (6, *(n for n in STATES if n != 6)):
                rule = kind(ideal(count))
                yield case(f"{rule.name}-{count}-{images}", ideal(count), rule, images, lif=lif)
        yield case(f"ideal-continuous-{images}", None, IdealContinuous(), images, **normalised)
    yield case(f"column-6-{FULL}", ideal(6), ColumnFraction(), lif=LONG_TRAINING)


def card_experiment() -> Iterator[Case]:
    """Yield the calibrated card: all effects, and each of them left out."""
    card = load_card(CARD)
    rule = matched_rule(SkyrmionDevice(card))
    yield case("all effects", SkyrmionDevice(card), rule)
    weaker = {"lif": LONG_TRAINING}
    paper = SkyrmionDevice(load_card("paper-n4-300K"))
    yield case("paper-n4-300K, short", paper, matched_rule(paper), SHORT)
    yield case("weaker inhibition in reading", SkyrmionDevice(card), rule, **weaker)
    slow = weaker | {"code": SLOW}
    yield case("two passes, read twice as long", SkyrmionDevice(card), rule, 2 * FULL, **slow)
    others = [SkyrmionDevice(load_card(name)) for name in OTHERS]
    for other in others:
        name = f"{other.name}, two passes, read twice as long"
        yield case(name, other, matched_rule(other), 2 * FULL, **slow)
    for name, effects in {
        "no read noise": Effects(read_noise=0.0),
        "no write noise": Effects(cycle_to_cycle=0.0),
        "likeliest transition only": Effects(stochastic=False),
    }.items():
        model = SkyrmionDevice(card, effects)
        yield case(name, model, matched_rule(model), SHORT)
    for device in (SkyrmionDevice(card), *others):
        pedestal = {"weight_map": without_reference(device)}
        own = matched_rule(device)
        yield case(f"{device.name}, short", device, own, SHORT)
        yield case(f"{device.name}, no reference column, short", device, own, SHORT, **pedestal)


def robust_experiment() -> Iterator[Case]:
    """Yield six ideal states with one fault each, and two faults together at full length."""
    rule = matched_rule(ideal(6))
    worst = Unreliable(ideal(6), failures=0.3, visit_noise=0.1)
    yield case("10 % level noise and 30 % failed updates", worst, rule, lif=LONG_TRAINING)
    yield case("none", ideal(6), rule, SHORT)
    pedestal = {"weight_map": without_reference(ideal(6))}
    yield case("no reference column", ideal(6), rule, SHORT, **pedestal)
    for name, faults in {
        "30 % failed updates": {"failures": 0.3},
        "10 % level noise": {"visit_noise": 0.1},
        "20 % level noise": {"visit_noise": 0.2},
        "20 % read noise": {"read_noise": 0.2},
        "20 % spread": {"spread": 0.2},
    }.items():
        yield case(name, Unreliable(ideal(6), **faults), rule, SHORT)
    for part in (0.5, 0.9):
        cold = Unreliable(ideal(6), failures=part)
        yield case(f"{part:.0%} of pulses find a relaxed device", cold, rule, SHORT)
    rebooted = IdealDevice(6, pulse_energy=PULSE_ENERGY * (1 + REBOOT))
    yield case("initialisation pulse before every pulse", rebooted, rule, SHORT)
    for part in (0.2, 0.5):
        rest = {"retention": Retention(1e-6, drift=part), "age": 1.0}
        after = partial(drift, **rest)
        yield case(f"{part:.0%} drift to mid-range", ideal(6), rule, SHORT, after=after)
    for part in (0.05, 0.20):
        yield case(f"{part:.0%} stuck", ideal(6), rule, SHORT, before=partial(stick, fraction=part))
    for part in (0.10, 0.50):
        after = partial(slip, fraction=part)
        yield case(f"{part:.0%} slipped", ideal(6), rule, SHORT, after=after)


def scale_experiment() -> Iterator[Case]:
    """Yield sizes from 100 to 6400 neurons."""
    rule = matched_rule(ideal(6))
    long = {"lif": LONG_TRAINING}
    yield case("1600 neurons", ideal(6), rule, neurons=1600, **long)
    yield case("6400 neurons, short", ideal(6), rule, SHORT, neurons=6400)
    yield case("1600 neurons, short", ideal(6), rule, SHORT, neurons=1600)
    yield case("100 neurons", ideal(6), rule, neurons=100, **long)
    yield case("6400 neurons", ideal(6), rule, neurons=6400, **long)


def wired(layout: Layout, trimmed: bool = False) -> dict[str, object]:
    """Return the options of a training through the wires of `layout`, read behind exact ones."""
    model, arrays = SkyrmionDevice(load_card(CARD)), []

    def before(net: StdpNetwork) -> None:
        arrays.append(WiredArray.of(net, model, layout, trimmed))
        arrays[-1].attenuate(net)

    return {"before": before, "after": lambda net: arrays.pop().deliver_exactly(net)}


def wires_experiment() -> Iterator[Case]:
    """Yield the card behind wires, with and without trim, on tiles and undivided."""
    model = SkyrmionDevice(load_card(CARD))
    common = {"model": model, "rule": matched_rule(model), "lif": LONG_TRAINING}
    wires = Wires(word=1.0, bit=1.0, driver=10.0, sense=10.0)
    tiles = Layout(wires, tile=(128, 128))
    yield case("without wires", **common)
    yield case("128 x 128, 1 ohm", **common, **wired(tiles))
    yield case("128 x 128, 1 ohm, trimmed", **common, **wired(tiles, trimmed=True))
    thick = Layout(Wires(word=0.1, bit=0.1, driver=1.0, sense=1.0))
    yield case("784 x 400, 0.1 ohm", **common, **wired(thick))
    yield case("784 x 400, 0.1 ohm, trimmed", **common, **wired(thick, trimmed=True))


EXPERIMENTS = {
    "states": states_experiment,
    "card": card_experiment,
    "robust": robust_experiment,
    "scale": scale_experiment,
    "wires": wires_experiment,
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
        for key in ("images", "neurons", "labelled", "tested"):
            entry[key] = some[0][key]
        measured = [method for method in METHODS if all(method in run for run in some)]
        for key in (*measured, "pulses_per_image", "energy", "output_spikes_per_image",
                    "processor_seconds"):  # fmt: skip
            values = np.array([float(run[key]) for run in some])
            entry[key] = float(values.mean())
            entry[f"{key}_sd"] = float(values.std(ddof=1)) if len(values) > 1 else 0.0
        cards = sorted({str(run["card"]) for run in some if "card" in run})
        metrics[name] = entry | ({"cards": cards} if cards else {})
    write_json(folder / "metrics.json", metrics)


def draw_states(folder: Path, runs: list[Run]) -> None:
    """Draw accuracy against the number of states for rules (a), (b) and (d)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 4), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, images in zip(panels, (FULL, SHORT), strict=True):
        for colour, rule in (("C0", "probabilistic"), ("C3", "deterministic")):
            found = {n: _accuracies(runs, f"{rule}-{n}-{images}") for n in STATES}
            where = [n for n, some in found.items() if some]
            mean = [np.mean(found[n]) for n in where]
            sd = [np.std(found[n], ddof=1) if len(found[n]) > 1 else 0 for n in where]
            name = f"{rule} step"
            axes.errorbar(where, mean, sd, marker="o", capsize=3, color=colour, label=name)
        best = _accuracies(runs, f"ideal-continuous-{images}")
        if best:
            axes.axhline(np.mean(best), color="0.4", linestyle="--", label="continuous, normalised")
        column = _accuracies(runs, f"column-6-{images}")
        if column:
            axes.plot(6, np.mean(column), "C2D", label="whole columns at random spikes")
        axes.plot(6, 78, "k*", markersize=11, label="Chen et al., six states")
        axes.set(xscale="log", xlabel="conductance states", title=f"{images:,} images")
        axes.set_xticks(STATES, [str(count) for count in STATES])
        axes.minorticks_off()
    panels[0].set_ylabel("test accuracy, class-proportion vote (%)")
    panels[1].legend(*panels[0].get_legend_handles_labels(), loc="upper left", fontsize=9)
    figure.savefig(folder / "accuracy.png", dpi=110)


def draw_trade(folder: Path, runs: list[Run]) -> None:
    """Draw accuracy against the energy of all pulses of a training, rules (a) and (b)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4), layout="constrained")
    axes = figure.add_subplot()
    for colour, rule in (("C0", "probabilistic"), ("C3", "deterministic")):
        for images, marker in ((FULL, "o"), (SHORT, "s")):
            cases = [(n, f"{rule}-{n}-{images}") for n in STATES]
            cases = [(n, name) for n, name in cases if _accuracies(runs, name)]
            found = [_accuracies(runs, name) for _, name in cases]
            energy = [1e6 * np.mean(_values(runs, name, "energy")) for _, name in cases]
            mean = [np.mean(some) for some in found]
            sd = [np.std(some, ddof=1) if len(some) > 1 else 0 for some in found]
            label = f"{rule} step, {images:,} images"
            style = {"color": colour, "marker": marker, "markersize": 5, "linewidth": 0.8}
            axes.errorbar(energy, mean, sd, capsize=2, label=label, **style)
            for place, ((n, _), x, y) in enumerate(zip(cases, energy, mean, strict=True)):
                left = rule == "deterministic" and place % 2
                offset, align = ((-6, -3), "right") if left else ((5, 3), "left")
                axes.annotate(str(n), (x, y), offset, textcoords="offset points", fontsize=7,
                              horizontalalignment=align, color=colour)  # fmt: skip
    axes.set(xscale="log", xlabel="energy of all pulses of the training (µJ)")
    axes.set_ylabel("test accuracy, class-proportion vote (%)")
    axes.legend(fontsize=8, title="numbers: states", title_fontsize=8)
    figure.savefig(folder / "energy.png", dpi=110)


def _values(runs: list[Run], name: str, key: str) -> list[float]:
    """Return what all seeds of the case `name` have under `key`."""
    return [float(run[key]) for run in runs if run["name"] == name]


def _accuracies(runs: list[Run], name: str) -> list[float]:
    """Return the accuracies of all seeds of the case `name` (%)."""
    return [100 * value for value in _values(runs, name, "proportion")]


def main(experiment: str, folder: Path, only: list[str]) -> None:
    """Do what is missing of `experiment` and write its results.

    `only` may name cases, and seeds as ``seed=1``; without it all are done.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "runs.jsonl"
    runs: list[Run] = (
        [json.loads(line) for line in log.read_text().splitlines()] if (log.exists()) else []
    )
    seeds = [int(text[5:]) for text in only if text.startswith("seed=")] or SEEDS
    only = [text for text in only if not text.startswith("seed=")]
    for seed in seeds:
        for name, job in EXPERIMENTS[experiment]():
            if only and name not in only:
                continue
            if any(run["name"] == name and run["seed"] == seed for run in runs):
                continue
            net, run = job(seed)
            runs.append(run)
            with log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(run) + "\n")
            print(seed, name, f"{100 * run['proportion']:.2f} %", flush=True)
            if seed == SEEDS[0] and name in DRAWN:
                for kind, figure in (
                    ("weights", weight_map_figure(net.weights, name)),
                    ("training", training_figure(net.curve)),
                    ("confusion", confusion_figure(net.outcome, name)),
                ):
                    stem = name.replace(" ", "-").replace("%", "percent").replace(",", "")
                    figure.savefig(folder / f"{kind}-{stem}.png", dpi=90)
            summarise(experiment, folder, runs)
    summarise(experiment, folder, runs)
    if experiment == "states":
        draw_states(folder, runs)
        draw_trade(folder, runs)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
