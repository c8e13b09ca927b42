"""What a worker does: one stage of one study, in a process of its own, without surprises."""

from __future__ import annotations

import os
import sys
import time
import traceback
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from neuroskyrm.app.pipeline import stage_inputs
from neuroskyrm.app.stages.base import Context
from neuroskyrm.app.study import Study
from neuroskyrm.app.sweep_rungs import staircase
from neuroskyrm.errors import ConfigError, NeuroSkyrmError
from neuroskyrm.io.stage_store import Metrics, StageStore, content_hash


@dataclass(frozen=True)
class Job:
    """A stage to compute, as it travels to a worker.

    Attributes
    ----------
    stage, digest, rung : str
        Name, content hash and rung.
    needs : dict of str to str
        Hashes of the finished stages it reads.
    files : dict of str to str
        Hashes of the files from outside that it reads.
    study : str
        The study as JSON text.
    store : str
        Folder of the finished stages, which all workers see.
    data : str or None
        Folder that holds MNIST.
    """

    stage: str
    digest: str
    rung: str
    needs: dict[str, str]
    files: dict[str, str]
    study: str
    store: str
    data: str | None


@dataclass(frozen=True)
class Outcome:
    """What became of a job: its metrics, or the reason why there are none.

    Attributes
    ----------
    metrics : dict or None
        Flat metrics; None if it failed.
    error : str
        One sentence; empty if it did not fail.
    details : str
        Traceback of an unforeseen error.
    seconds : float
        Wall time of the computation; 0 if it was found finished.
    reused : bool
        Whether it was found finished.
    """

    metrics: Metrics | None
    error: str = ""
    details: str = ""
    seconds: float = 0.0
    reused: bool = False


def work(job: Job) -> Outcome:
    """Compute one stage, or find it finished; never raises.

    Parameters
    ----------
    job : Job
        What to compute.
    """
    start = time.perf_counter()
    try:
        return _compute(job)
    except NeuroSkyrmError as problem:
        return Outcome(None, str(problem), seconds=time.perf_counter() - start)
    except Exception as problem:
        text = f"{type(problem).__name__} in stage {job.stage}: {problem}"
        return Outcome(None, text, traceback.format_exc(), time.perf_counter() - start)


def _compute(job: Job) -> Outcome:
    study, stage = _study(job.study), staircase(job.rung)[job.stage]
    store, data = StageStore(Path(job.store)), None if job.data is None else Path(job.data)
    inputs = stage_inputs(stage, study, job.needs, job.files)
    if content_hash(inputs) != job.digest:
        raise ConfigError(
            f"stage {job.stage}: this worker has another version of the code than the "
            "sweep; install the same one on all machines."
        )
    needed = {}
    for name, digest in job.needs.items():
        found = store.find(name, digest)
        if found is None:
            raise ConfigError(
                f"stage {job.stage}: its input {name}-{digest} is not in {job.store}; the folder "
                "of runs must be the same for all workers."
            )
        needed[name] = found
    result = store.compute(
        job.stage,
        inputs,
        lambda folder: stage.work(Context(study, folder, needed, _silent, data)),
    )
    seconds = 0.0 if result.reused else result.wall_time
    return Outcome(result.metrics, seconds=seconds, reused=result.reused)


@lru_cache(maxsize=256)
def _study(text: str) -> Study:
    return Study.model_validate_json(text)


def _silent(*_: Any) -> None:
    """Show no progress: the sweep shows that of all workers together."""


def work_alone(job: Job) -> Outcome:
    """Compute one stage as `work` does, in a process that uses one core only."""
    _one_thread()
    return work(job)


@cache
def _one_thread() -> None:
    """Keep this process on one core: the sweep keeps the others busy."""
    from threadpoolctl import threadpool_limits

    # For libraries that a stage will load, such as torch; then for those that are there.
    os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    threadpool_limits(1)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
