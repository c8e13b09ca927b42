"""Time and memory of a study before it is run, from measured costs per unit of work."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import prod

from neuroskyrm.app.study import Study

# Seconds on one core of a 2024 server (EPYC, AVX2, both cores busy); other machines are within a
# factor of two or three.
SPIN_STEP = 65e-9  # one cell, one thermal micromagnetic step (four stages): presets 61 to 78
WEIGHT_IMAGE = 1e-10  # one weight, one training image: forward, backward, update
SPIKE_WEIGHT = 4e-11  # one weight, one time step, one image; few neurons spike
STDP_NEURON_IMAGE = 1e-6  # one excitatory neuron, one presentation
PROCESS = 0.1  # one atomistic process on the 100 x 100 lattice
BYTES_PER_CELL = 400  # fields, buffers and transforms of one cell


@dataclass(frozen=True)
class Cost:
    """What a stage will take: seconds on one core, and peak megabytes."""

    stage: str
    seconds: float
    megabytes: float


def estimate(study: Study) -> list[Cost]:
    """Return the cost of each stage of `study` when nothing is reused.

    Parameters
    ----------
    study : Study
        The resolved study.

    Returns
    -------
    list of Cost
        Good to a factor of two or three: for deciding between now and tonight.
    """
    from neuroskyrm.micromagnetics.track_run import time_step

    device, drive, deep, stdp = study.device, study.drive, study.deep, study.stdp
    cells = device.layers * device.length * device.width / device.cell**2
    time = 2 * drive.cycles * drive.pulses * (drive.width + drive.pause) * drive.seeds
    steps = time / time_step(device.track())
    images, tests = _images(study)
    sizes = [784, *deep.hidden, 10]
    weights = sum(prod(pair) for pair in pairwise(sizes))
    trained = images * deep.epochs if deep.net is None else 0
    shown = stdp.passes * stdp.train + stdp.label + stdp.test
    return [
        Cost("simulate", cells * steps * SPIN_STEP, 100 + cells * BYTES_PER_CELL / 1e6),
        Cost("train deep", 2 + trained * weights * WEIGHT_IMAGE, 400 + weights * 2e-5),
        Cost("train stdp", 2 + shown * stdp.neurons * STDP_NEURON_IMAGE, 300),
        Cost("program", 1 + weights * 2e-6, 200 + weights * 1e-4),
        Cost("evaluate", 1 + tests * deep.steps * weights * SPIKE_WEIGHT, 400),
        Cost("export", 2 + study.export.images * deep.steps * weights * SPIKE_WEIGHT, 400),
        Cost("monitor", 3 + study.monitor.processes * PROCESS, 300),
    ]


def _images(study: Study) -> tuple[int, int]:
    train, test = (1300, 497) if study.data.source == "digits28" else (60000, 10000)
    return study.data.train or train, study.data.test or test
