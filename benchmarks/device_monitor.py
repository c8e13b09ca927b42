"""Train the monitor on device frames: failed updates and annihilated skyrmions while programming.

    python benchmarks/device_monitor.py frames docs/results/device-monitor ENSEMBLE
    python benchmarks/device_monitor.py train docs/results/device-monitor

`frames` reads the snapshots of full-layer runs (one before the first pulse and one at the end of
every pause; finished trajectories or the parts of running ones) and keeps their sorted halves in
frames.npz, which is committed. The compact design loses hardly any skyrmion, so annihilations are
made by surgery: one skyrmion of the snapshot after a pulse is replaced by background of its
layers. `train` learns films of whole updates and judges every noise seed by nets that saw nothing
of it.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from scipy import ndimage

from networks.monitor_device import FAILED, LOST, OUTCOMES, REGIONS, mirrored, updates_of
from networks.monitor_training import ProfileSet, train_monitor
from networks.recurrent import RecurrentClassifier
from networks.recurrent_abstention import alarm_level, merged
from networks.recurrent_features import region_profile
from networks.recurrent_training import Training, train_classifier
from neuroskyrm.io.atomic import replacing, write_json
from neuroskyrm.io.trajectory import Trajectory
from neuroskyrm.seeds import generator

INPUTS, HIDDEN, NETS, FOLDS = 64, 8, 2, 4
FALSE_ALARMS = (0.02, 0.05, 0.1)
SHIPPED = Path("networks/monitors/device.safetensors")
MARGIN = 3
"""Cells around a skyrmion's m_z < 0 that belong to it: its wall."""


def profile(mz: np.ndarray) -> np.ndarray:
    """Return the sorted halves of all layers together."""
    flat = mz.reshape(-1, mz.shape[-1])
    return region_profile(flat, INPUTS, "uniform", REGIONS)


def without_one(mz: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return m_z (layers, ny, nx) with one skyrmion column replaced by background."""
    found, count = ndimage.label((mz < 0).mean(axis=0) >= 0.5)
    sizes = ndimage.sum_labels(np.ones_like(found), found, np.arange(1, count + 1))
    whole = 1 + np.flatnonzero(sizes >= 0.4 * np.median(sizes))
    area = ndimage.binary_dilation(found == rng.choice(whole), iterations=MARGIN)
    result = mz.copy()
    for layer in result:
        layer[area] = rng.choice(layer[layer > 0.5], size=int(area.sum()))
    return result


def parts_of(folder: Path) -> dict[str, list[Trajectory]]:
    """Return the parts of every run, in order."""
    runs: dict[str, list[Trajectory]] = {}
    for path in sorted([*folder.glob("*.h5"), *folder.glob("*.checkpoint/reads-*.h5")]):
        name = path.stem if path.parent == folder else path.parent.stem
        runs.setdefault(name, []).append(Trajectory.load(path))
    return runs


def collect(result: Path, ensemble: Path) -> None:
    """Write profiles and counts of all snapshots, and of the same with one skyrmion removed."""
    rows: dict[str, list] = {name: [] for name in ("profiles", "removed", "counts", "pulse", "run")}
    names = []
    for name, parts in parts_of(ensemble).items():
        rng = generator(len(names), "surgery")
        for part in parts:
            for time_, m in zip(part.times, part.snapshots, strict=True):
                row = int(np.argmin(abs(part.table["t"] - time_)))
                rows["profiles"].append(profile(m[2]))
                rows["removed"].append(profile(without_one(m[2], rng)))
                rows["counts"].append((part.table["count_pre"][row], part.table["count_post"][row]))
                rows["pulse"].append(int(part.table["pulse"][row]))
                rows["run"].append(len(names))
        names.append(name)
        print(name, len(rows["run"]), flush=True)
    arrays = {name: np.array(values) for name, values in rows.items()}
    for name in ("profiles", "removed"):
        arrays[name] = arrays[name].astype(np.float16)
    with replacing(result / "frames.npz") as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, names=np.array(names), **arrays)


def films(result: Path) -> tuple[ProfileSet, np.ndarray, list[str]]:
    """Return all updates, real ones and those with a loss by surgery, and the run of each."""
    sets, owner = [], []
    with np.load(result / "frames.npz", allow_pickle=False) as file:
        frames = {name: file[name] for name in file.files}
    for run in range(len(frames["names"])):
        own = frames["run"] == run
        pulse, counts = frames["pulse"][own], frames["counts"][own]
        known = frames["profiles"][own].astype(np.float32)
        real = updates_of(known, pulse, counts, 2)
        # The same updates, after which one skyrmion is gone.
        changed = frames["removed"][own].astype(np.float32)[1:] - known[:-1]
        lost = np.stack([np.zeros_like(changed), changed], axis=1)
        sets += [real, replace(real, profiles=lost, labels=np.full(len(lost), LOST))]
        owner += [run] * (len(real) + len(lost))
    data = sets[0].joined(*sets[1:])
    # A state that lasts must not change the verdict: the last frame comes twice more.
    last = data.profiles[:, -1:]
    held = np.concatenate([data.profiles, last, last], axis=1)
    return replace(data, profiles=held), np.array(owner), [str(n) for n in frames["names"]]


def options(seed: int) -> Training:
    """Return how every net is trained."""
    return Training(
        hidden=HIDDEN, epochs=60, rate=1e-2, batch=32, patience=60, noise=0.02, anneal=True,
        decay=1e-4, seed=seed,
    )  # fmt: skip


def part_of(data: ProfileSet, chosen: np.ndarray) -> ProfileSet:
    """Return the updates of a mask."""
    return replace(data, profiles=data.profiles[chosen], labels=data.labels[chosen])


def net_of(data: ProfileSet) -> RecurrentClassifier:
    """Return an ensemble that learned the updates and their mirror images, as one net."""
    both = data.joined(mirrored(data))
    return merged(
        [
            train_classifier(both.profiles, both.labels, OUTCOMES, options(seed))[0]
            for seed in range(NETS)
        ]
    )


def rates(outputs: np.ndarray, labels: np.ndarray) -> dict[str, object]:
    """Return accuracy, and detection at several false alarm rates."""
    found: dict[str, object] = {"accuracy": round(float((outputs.argmax(1) == labels).mean()), 4)}
    for kind in (FAILED, LOST):
        name, score, true = OUTCOMES[kind], outputs[:, kind], labels == kind
        named = outputs.argmax(1) == kind
        found[f"{name}.detected"] = round(float(named[true].mean()), 4)
        found[f"{name}.false_alarms"] = round(float(named[~true].mean()), 4)
        for rate in FALSE_ALARMS:
            caught = (score[true] > alarm_level(score[~true], rate)).mean()
            found[f"{name}.detected_at_{100 * rate:g}_percent"] = round(float(caught), 4)
    return found


def draw(path: Path, outputs: np.ndarray, labels: np.ndarray) -> None:
    """Draw detection against false alarms, and the confusion of outcomes."""
    figure = Figure(figsize=(8.4, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for kind, colour in ((FAILED, "#4477aa"), (LOST, "#cc3311")):
        true = labels == kind
        levels = np.unique(outputs[:, kind])[::-1]
        alarms = [100 * np.mean(outputs[~true, kind] >= level) for level in levels]
        caught = [100 * np.mean(outputs[true, kind] >= level) for level in levels]
        left.plot(alarms, caught, color=colour, label=f"{OUTCOMES[kind]} ({true.sum()})")
    left.set(xlabel="false alarms (% of other updates)", ylabel="detected (%)", xlim=(0, 40),
             ylim=(0, 102))  # fmt: skip
    left.legend(loc="lower right")
    table = np.zeros((len(OUTCOMES), len(OUTCOMES)), dtype=int)
    np.add.at(table, (labels, outputs.argmax(1)), 1)
    share = table / np.maximum(table.sum(1, keepdims=True), 1)
    right.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for (i, j), count in np.ndenumerate(table):
        colour = "white" if share[i, j] > 0.5 else "black"
        right.text(j, i, count, ha="center", va="center", color=colour)
    ticks = range(len(OUTCOMES))
    right.set(xticks=ticks, yticks=ticks, xticklabels=OUTCOMES, yticklabels=OUTCOMES,
              xlabel="verdict", ylabel="what happened")  # fmt: skip
    right.tick_params(axis="x", rotation=30)
    figure.savefig(path, dpi=120)


def train(result: Path) -> None:
    """Judge every run by nets that have not seen it; keep a monitor that has learned all."""
    started = time.process_time()
    data, owner, names = films(result)
    outputs = np.zeros((len(data), len(OUTCOMES)))
    for part in np.array_split(np.arange(len(names)), min(FOLDS, len(names))):
        out = np.isin(owner, part)
        net = net_of(part_of(data, ~out))
        outputs[out] = net.probabilities(data.profiles[out])[:, -1]
        print(f"runs {part} judged", flush=True)
    draw(result / "detection.png", outputs, data.labels)
    monitor, _ = train_monitor(data, replace(options(0), epochs=1), OUTCOMES)
    monitor.classifier = net_of(data)
    monitor.threshold = 0.5
    monitor.save(SHIPPED)
    metrics = rates(outputs, data.labels) | {
        "updates": {name: int((data.labels == k).sum()) for k, name in enumerate(OUTCOMES)},
        "runs": names,
        "nets": NETS,
        "processor_time_s": round(time.process_time() - started, 1),
        "command": "python benchmarks/device_monitor.py train docs/results/device-monitor",
    }
    write_json(result / "metrics.json", metrics)
    print(json.dumps(metrics, indent=1))


def main() -> None:
    """Do one of the two parts."""
    verb, *folders = sys.argv[1:]
    if verb == "frames":
        collect(Path(folders[0]), Path(folders[1]))
    else:
        train(Path(folders[0]))


if __name__ == "__main__":
    main()
