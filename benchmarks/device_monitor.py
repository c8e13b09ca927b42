"""Train the monitor on device frames: failed updates and annihilated skyrmions while programming.

    python benchmarks/device_monitor.py frames runs/device-frames
    python benchmarks/device_monitor.py train docs/results/device-monitor runs/device-frames

`frames` programs tracks without their rim in the rigid rung (whose skyrmions leave through free
edges), with currents from too weak to destructive, and draws each frame's m_z with thermal spread:
a thousand updates in a minute. `train` learns three quarters of these runs, and is judged by the
last quarter and by frames of full-layer devices (RESULT/full-layers/*.npz) of which the nets have
seen nothing; the monitor that is kept has learned from both.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from networks.monitor_device import (
    FAILED,
    FRAME_INTERVAL,
    LOST,
    OUTCOMES,
    REGIONS,
    load_frames,
    mirrored,
    updates_of,
)
from networks.monitor_training import ProfileSet, train_monitor
from networks.recurrent import RecurrentClassifier
from networks.recurrent_abstention import alarm_level, merged
from networks.recurrent_features import rebinned, region_profile
from networks.recurrent_training import Training, train_classifier
from neuroskyrm.errors import DataError
from neuroskyrm.io.atomic import replacing, write_json
from neuroskyrm.micromagnetics.track import RIM, Track
from neuroskyrm.micromagnetics.track_drive import Drive, cycles
from neuroskyrm.micromagnetics.track_run import SETTLE, seeded
from neuroskyrm.seeds import generator
from neuroskyrm.thiele import ThieleModel
from neuroskyrm.thiele.simulate import RigidTrack

QUANTILES, INPUTS = 64, 16
"""Quantiles of each half in the files, and in the net."""
FRAMES = 14
"""Frames of a film: the state before the pulse and 3.25 ns of pulse and pause."""
NETS, HIDDEN = 2, 16
FALSE_ALARMS = (0.01, 0.02, 0.05)
CURRENTS = (1.2e10, 2.5e10, 3.5e10, 5e10, 7e10)
BARRIER = 760e3
"""Anisotropy of the barrier, low enough that many updates succeed [J/m^3]."""
SEEDS = 6
DESIGNS = ((10, 2), (6, 2))
"""Skyrmions and rows of them."""
THERMAL = 0.06
"""Mean loss of m_z in thermal motion: 1 - <m_z> of the full layers' background at 300 K."""
MODEL = Path("docs/results/sweep-fidelity/model.json")


def device_runs():
    """Yield name, track, drive and seed of every rigid run."""
    steps = cycles(pulses=4, count=2, width=1e-9, pause=1e-9)
    for skyrmions, rows in DESIGNS:
        track = replace(
            RIM,
            skyrmions=skyrmions,
            rows=rows,
            rim=replace(RIM.rim, width=0.0),
            barrier=replace(RIM.barrier, Ku=BARRIER),
        )
        for current in CURRENTS:
            for seed in range(1, SEEDS // len(DESIGNS) + 1):
                drive = Drive(steps, current=current, nominal=12 * current, reads=1)
                yield f"rigid-{skyrmions}-{current / 1e10:g}-s{seed}", track, drive, seed


def drawn(rigid: RigidTrack, rng: np.random.Generator) -> np.ndarray:
    """Return m_z of the rigid skyrmions' track, shape (ny, nx)."""
    track, model = rigid.track, rigid.model
    mz = np.ones(track.shape)
    if rigid.alive.any():
        spread = model.area_sd / (2 * np.pi * model.radius) / np.sqrt(rigid.alive.sum())
        radius = model.radius + spread * rng.standard_normal()
        mz = seeded(track, [tuple(place) for place in rigid.places[rigid.alive]], radius)[2, 0]
    # Small transverse motion in two directions takes an exponentially spread part of m_z.
    return mz * (1 - np.minimum(rng.exponential(THERMAL, mz.shape), 1.0))


def record(track: Track, drive: Drive, seed: int) -> dict[str, np.ndarray]:
    """Return the frames of one programmed device, one every `FRAME_INTERVAL`."""
    rigid = RigidTrack(track, ThieleModel.load(MODEL), seed)
    rng = generator(seed, "frames")
    frames, labels = [], []

    def look(pulse: int, polarity: int, current: float) -> None:
        profile = region_profile(drawn(rigid, rng), REGIONS * QUANTILES, "uniform", REGIONS)
        frames.append(profile.reshape(REGIONS, QUANTILES).astype(np.float16))
        x = rigid.places[rigid.alive, 0]
        post = int(np.sum(x > track.length / 2))
        labels.append((rigid.t * 1e12, pulse, current != 0, polarity, len(x) - post, post))

    rigid.run(SETTLE)
    look(0, 0, 0.0)
    for number, step in enumerate(drive.steps, start=1):
        for duration, current in ((step.width, step.scale * drive.current), (step.pause, 0.0)):
            for _ in range(round(duration / FRAME_INTERVAL)):
                rigid.run(FRAME_INTERVAL, current)
                look(number, step.polarity, current)
    return {
        "quantiles": np.array(frames),
        "labels": np.array(labels, dtype=np.float32),
        "columns": np.array(["t_ps", "pulse", "pulse_on", "polarity", "count_pre", "count_post"]),
    }


def simulate_frames(folder: Path) -> None:
    """Write the frames of all rigid runs into `folder`."""
    for name, track, drive, seed in device_runs():
        path = folder / f"{name}.npz"
        if path.exists():
            continue
        content = record(track, drive, seed)
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, **content)
        print(f"{name}: pre, post = {content['labels'][-1, -2:]}", flush=True)


def load_updates(folder: Path) -> tuple[ProfileSet, np.ndarray, list[str]]:
    """Return all updates, the run that each belongs to, and the names of the runs."""
    sets, owner, names = [], [], []
    for path in sorted(folder.glob("*.npz")):
        try:
            profiles, pulse, counts = load_frames(path)
        except DataError as problem:  # a run that ended before its first frame
            print(f"left out: {problem}")
            continue
        halves = profiles.reshape(len(profiles), REGIONS, QUANTILES)
        few = np.concatenate(
            [rebinned(half, INPUTS, "uniform") for half in halves.swapaxes(0, 1)], 1
        )
        updates = updates_of(few, pulse, counts, FRAMES)
        if len(updates):
            sets.append(updates)
            owner += [len(names)] * len(updates)
            names.append(path.stem)
    return sets[0].joined(*sets[1:]), np.array(owner), names


def options(seed: int) -> Training:
    """Return how every net is trained."""
    return Training(
        hidden=HIDDEN,
        epochs=150,
        rate=5e-3,
        batch=32,
        patience=60,
        noise=0.03,
        decay=1e-4,
        seed=seed,
    )


def nets_of(data: ProfileSet) -> list[RecurrentClassifier]:
    """Return nets that learned the updates and their mirror images."""
    both = data.joined(mirrored(data))
    return [
        train_classifier(both.profiles, both.labels, OUTCOMES, options(seed))[0]
        for seed in range(NETS)
    ]


def part_of(data: ProfileSet, chosen: np.ndarray) -> ProfileSet:
    """Return the updates of a mask."""
    return replace(data, profiles=data.profiles[chosen], labels=data.labels[chosen])


def rates(outputs: np.ndarray, labels: np.ndarray) -> dict[str, object]:
    """Return detection at several false alarm rates, and accuracy."""
    found: dict[str, object] = {"accuracy": round(float((outputs.argmax(1) == labels).mean()), 4)}
    for kind in (FAILED, LOST):
        score, true = outputs[:, kind], labels == kind
        named = outputs.argmax(1) == kind
        name = OUTCOMES[kind]
        found[f"{name}.updates"] = int(true.sum())
        if not true.any():
            continue
        found[f"{name}.detected"] = round(float(named[true].mean()), 4)
        found[f"{name}.false_alarms"] = round(float(named[~true].mean()), 4)
        for rate in FALSE_ALARMS:
            level = alarm_level(score[~true], rate)
            caught = float((score[true] > level).mean())
            found[f"{name}.detected_at_{100 * rate:g}_percent"] = round(caught, 4)
    return found


def draw(path: Path, outputs: np.ndarray, labels: np.ndarray) -> None:
    """Draw detection against false alarms, and the confusion of outcomes."""
    figure = Figure(figsize=(8.4, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for kind, colour in ((FAILED, "#4477aa"), (LOST, "#cc3311")):
        true = labels == kind
        if not true.any():
            continue
        levels = np.unique(outputs[:, kind])[::-1]
        alarms = [100 * np.mean(outputs[~true, kind] >= level) for level in levels]
        caught = [100 * np.mean(outputs[true, kind] >= level) for level in levels]
        left.plot(alarms, caught, color=colour, label=f"{OUTCOMES[kind]} ({true.sum()})")
    left.set(xlabel="false alarms (% of other updates)", ylabel="detected (%)", xlim=(0, 20),
             ylim=(0, 102))  # fmt: skip
    left.legend(loc="lower right")
    table = np.zeros((len(OUTCOMES), len(OUTCOMES)), dtype=int)
    np.add.at(table, (labels, outputs.argmax(1)), 1)
    share = table / np.maximum(table.sum(1, keepdims=True), 1)
    right.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for (i, j), count in np.ndenumerate(table):
        right.text(j, i, count, ha="center", va="center", color="white" if share[i, j] > 0.5
                   else "black")  # fmt: skip
    ticks = range(len(OUTCOMES))
    right.set(xticks=ticks, yticks=ticks, xticklabels=OUTCOMES, yticklabels=OUTCOMES,
              xlabel="verdict", ylabel="what happened")  # fmt: skip
    right.tick_params(axis="x", rotation=30)
    figure.savefig(path, dpi=120)


def train(result: Path, folder: Path) -> None:
    """Learn, judge on unseen runs and on full-layer devices, draw and write."""
    started = time.process_time()
    result.mkdir(parents=True, exist_ok=True)
    data, owner, names = load_updates(folder)
    full, _, full_names = load_updates(result / "full-layers")
    out = np.isin(owner, np.random.default_rng(7).permutation(len(names))[: len(names) // 4])
    net = merged(nets_of(part_of(data, ~out)))
    metrics: dict[str, object] = {}
    tests = {"rigid_unseen": part_of(data, out), "full_layers": full}
    for name, test in tests.items():
        outputs = net.probabilities(test.profiles)[:, -1]
        metrics |= {f"{name}.{key}": value for key, value in rates(outputs, test.labels).items()}
        draw(result / f"detection-{name.replace('_', '-')}.png", outputs, test.labels)
    both = data.joined(full)
    monitor, _ = train_monitor(both, replace(options(0), epochs=1), OUTCOMES)
    monitor.classifier = merged(nets_of(both))
    monitor.threshold = 0.5
    monitor.save(result / "monitor.safetensors")
    metrics |= {
        "learned": np.bincount(data.labels[~out], minlength=4).tolist(),
        "rigid_runs": len(names),
        "full_layer_runs": full_names,
        "outcomes": list(OUTCOMES),
        "nets": NETS,
        "processor_time_s": round(time.process_time() - started, 1),
        "command": "python benchmarks/device_monitor.py train docs/results/device-monitor "
        "runs/device-frames",
    }
    write_json(result / "metrics.json", metrics)
    print(json.dumps(metrics, indent=1))


def main() -> None:
    """Do one of the two parts."""
    verb, *folders = sys.argv[1:]
    if verb == "frames":
        simulate_frames(Path(folders[0]))
    else:
        train(Path(folders[0]), Path(folders[1]))


if __name__ == "__main__":
    main()
