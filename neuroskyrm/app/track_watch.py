"""Watches the synapse while it is programmed: done, failed, or a skyrmion lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from rich.console import Console

from networks.monitor_device import FRAME_INTERVAL
from neuroskyrm.app.pipeline import Pipeline
from neuroskyrm.app.progress import Reporter, Tick
from neuroskyrm.app.stages.simulate import drive_of
from neuroskyrm.app.study import Study
from neuroskyrm.app.watching import EVENTS, Watch, WatchOptions
from neuroskyrm.io.stage_store import StageResult
from neuroskyrm.micromagnetics.track_drive import Step


class _Reporter(Reporter):
    """Hands progress to the watch instead of drawing a bar beside its panel."""

    def __init__(self, progress: Callable[..., None]) -> None:
        super().__init__(console=Console(quiet=True))
        self._progress = progress

    @contextmanager
    def stage(self, name: str) -> Iterator[Tick]:
        self.log(f"{name}: started")
        yield self._progress


def watch_track(study: Study, out: Path, console: Console, options: WatchOptions) -> StageResult:
    """Run the stage `simulate` of a study anew while the device monitor watches.

    Parameters
    ----------
    study : Study
        The study.
    out : Path
        Folder of all runs.
    console : rich.console.Console
        Where the panel is drawn.
    options : WatchOptions
        Model and page.
    """
    pipeline = Pipeline(study, out)
    pipeline.folder.mkdir(parents=True, exist_ok=True)
    monitor = options.monitor("device")
    steps = drive_of(study).steps
    # No frames are expected during a pulse and the first half of its pause.
    monitor.interval = max(step.width + step.pause / 2 for step in steps)
    ny, nx = study.device.track().shape
    watch = Watch(
        monitor, f"programming {study.name}", console, options, pipeline.folder / EVENTS,
        nx * ny * study.device.layers,
        view=lambda spins: spins[2].reshape(-1, nx), alarm_at="update",
    )  # fmt: skip
    pipeline.reporter = _Reporter(watch.progress)
    pipeline.reporter.log_file = pipeline.folder / "log.txt"
    pipeline.observe = pulse_observer(watch, steps)
    with watch:
        pipeline.run(["simulate"], again=True)
    return pipeline.done["simulate"]


def pulse_observer(
    watch: Watch, steps: Sequence[Step]
) -> Callable[[NDArray[Any], float, int], None]:
    """Return what shows the watch the state before every pulse, and frames after it.

    The monitor has learned states at rest, so frames are taken in the second half of the pauses,
    where the device is read too.

    Parameters
    ----------
    watch : Watch
        What is shown.
    steps : sequence of Step
        The pulses.
    """
    due, current = 0.0, 0
    last: tuple[NDArray[Any], float] | None = None

    def observe(m: NDArray[Any], time: float, pulse: int) -> None:
        nonlocal due, current, last
        if pulse != current:
            current = pulse
            watch.restart(time)
            # What was seen last before the pulse is the first frame of its update.
            if last is not None:
                watch.see(*last)
            watch.progress(pulse / (len(steps) + 1), f"pulse {pulse} of {len(steps)}")
            due = time + steps[pulse - 1].width + steps[pulse - 1].pause / 2
        if time >= due - 1e-3 * FRAME_INTERVAL:
            last = (m.copy(), time)
            watch.see(*last)
            due = time + FRAME_INTERVAL

    return observe
