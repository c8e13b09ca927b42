"""The process monitor: trained on simulated skyrmion processes, then watching one it never saw."""

from __future__ import annotations

from math import degrees, isqrt
from typing import TYPE_CHECKING

import numpy as np

from neuroskyrm.app.stages.base import Context, Stage
from neuroskyrm.io.atomic import write_json
from neuroskyrm.io.stage_store import Metrics

if TYPE_CHECKING:
    from networks.monitor import ProcessMonitor, Verdict
    from networks.monitor_training import ProfileSet
    from neuroskyrm.atomistic.process import Process

FILE = "monitor.safetensors"
VERDICTS = "verdicts.json"
UNSEEN_SIDE = 4
"""Side of the coarse grid at theta = 40 deg on which the monitor is tested."""


def _work(context: Context) -> Metrics:
    from networks.monitor_training import train_monitor
    from networks.recurrent_training import Training
    from neuroskyrm.app.figures import draw_probabilities
    from neuroskyrm.atomistic.labels import LABELS, MIXED
    from neuroskyrm.atomistic.process import Process
    from neuroskyrm.atomistic.pulse import FieldPulse

    settings = context.study.monitor
    data = _simulated(context, 50.0, isqrt(settings.processes), (0.0, 0.7))
    training = Training(
        hidden=settings.hidden, epochs=400, rate=1e-2, batch=32, seed=context.study.seed
    )
    monitor, _ = train_monitor(data, training)
    monitor.save(context.folder / FILE)
    unseen = _simulated(context, 40.0, UNSEEN_SIDE, (0.8, 0.95)).only(range(MIXED))
    hits = monitor.classifier.predict(unseen.profiles) == unseen.labels
    watched = Process(settings.alpha, FieldPulse(settings.width, polar=degrees(settings.angle)))
    truth, verdicts = _watch(monitor, watched)
    names = monitor.classifier.classes
    draw_probabilities(
        context.figure("monitor", "What the monitor says while it watches an unseen process."),
        np.array([verdict.time for verdict in verdicts]),
        {n: np.array([v.probabilities[k] for v in verdicts]) for k, n in enumerate(names)},
        f"watched process: {truth}",
    )
    write_json(
        context.folder / VERDICTS,
        [
            {
                "time": verdict.time,
                "label": verdict.label,
                "novelty": verdict.novelty,
                **dict(zip(names, map(float, verdict.probabilities), strict=True)),
            }
            for verdict in verdicts
        ],
    )
    last = verdicts[-1]
    return {
        "monitor.verdict": last.label,
        "monitor.truth": truth,
        **{f"monitor.probability.{n}": float(last.probabilities[k]) for k, n in enumerate(names)},
        "monitor.novelty": float(last.novelty),
        **({"monitor.accuracy": float(hits.mean())} if len(hits) else {}),
        "monitor.unseen_processes": len(hits),
        **{f"monitor.trained_on.{n}": int((data.labels == k).sum()) for k, n in enumerate(LABELS)},
    }


def _simulated(context: Context, polar: float, side: int, span: tuple[float, float]) -> ProfileSet:
    """Return the labelled profiles of a grid of processes; progress runs over `span`."""
    from networks.monitor_training import collect_profiles, training_grid
    from neuroskyrm.atomistic.process import simulate_processes

    start, end = span

    def progress(done: int, total: int) -> None:
        text = f"process {done} of {total} at theta = {polar:g} deg"
        context.tick(start + (end - start) * done / total, text)

    runs = simulate_processes(training_grid(polar, side), 2, progress)
    return collect_profiles(runs, context.study.monitor.quantiles)


def _watch(monitor: ProcessMonitor, process: Process) -> tuple[str, list[Verdict]]:
    """Let `monitor` watch `process` frame by frame; return its true label and all verdicts."""
    from neuroskyrm.atomistic.process import simulate_process

    run = simulate_process(process)
    monitor.reset(pulse_time=process.pulse.centre)
    seen = [monitor.update(f, float(t)) for f, t in zip(run.frames, run.times, strict=True)]
    return run.label_name, [verdict for verdict in seen if verdict is not None]


STAGE = Stage(
    name="monitor",
    does="Train the process monitor and let it watch a skyrmion process.",
    sections=("monitor",),
    needs=(),
    code=("neuroskyrm.atomistic", "neuroskyrm.simd", "networks.monitor",
          "networks.monitor_training", "networks.recurrent", "networks.recurrent_features",
          "networks.recurrent_training", "neuroskyrm.app.stages.monitor"),
    work=_work,
)  # fmt: skip
