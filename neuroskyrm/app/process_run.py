"""Runs a process file: one process, watched if asked, or the diagram over two parameters."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from networks.frame_inputs import process_inputs
from neuroskyrm.app.figures import drawing, save_figure
from neuroskyrm.app.process_file import ProcessFile
from neuroskyrm.app.progress import Reporter, Tick
from neuroskyrm.app.watching import EVENTS, Watch, WatchOptions
from neuroskyrm.atomistic.diagram import UNDONE, at_point, process_diagram, save_diagram
from neuroskyrm.atomistic.diagram_figure import draw_diagram
from neuroskyrm.atomistic.labels import LABELS
from neuroskyrm.atomistic.process import Process, ProcessRun, simulate_process
from neuroskyrm.io.atomic import write_json, write_text
from neuroskyrm.io.provenance import code_digest, machine, versions
from neuroskyrm.io.stage_store import StageResult, StageStore
from neuroskyrm.io.trajectory import Trajectory

CODE = (
    "neuroskyrm.atomistic",
    "neuroskyrm.simd",
    "neuroskyrm.texture",
    "neuroskyrm.app.process_run",
)
DATA = "diagram.nc"


def simulate_into_folder(
    file: ProcessFile,
    out: Path,
    console: Console,
    *,
    watch: WatchOptions | None = None,
    again: bool = False,
) -> StageResult:
    """Simulate the process of `file` into its folder below `out`.

    Parameters
    ----------
    file : ProcessFile
        What to simulate.
    out : Path
        Folder of all runs.
    console : rich.console.Console
        Where a watched run shows itself.
    watch : WatchOptions, optional
        Let the monitor watch the run.
    again : bool
        Compute even if it is finished; a watched run is always computed.
    """
    inputs = _inputs(file, ("name", "seed", "process", "pulse", "lattice"))
    work = partial(_one_process, file, console, watch)
    return StageStore(out).compute(file.name, inputs, work, again=again or watch is not None)


def diagram_into_folder(
    file: ProcessFile, out: Path, reporter: Reporter, threads: int, *, again: bool = False
) -> StageResult:
    """Simulate the diagram of `file` into its folder below `out`; resume if it was interrupted.

    Parameters
    ----------
    file : ProcessFile
        What to simulate.
    out : Path
        Folder of all runs.
    reporter : Reporter
        Shows progress.
    threads : int
        Processes side by side; the result does not depend on it.
    again : bool
        Compute even if it is finished.
    """
    inputs = _inputs(file, ("name", "seed", "process", "pulse", "lattice", "diagram"))
    with reporter.stage(file.name) as tick:
        work = partial(_diagram, file, tick, threads)
        return StageStore(out).compute(f"{file.name}-diagram", inputs, work, again=again)


def _inputs(file: ProcessFile, sections: tuple[str, ...]) -> dict[str, Any]:
    content = file.model_dump(mode="json")
    return {
        **{name: content[name] for name in sections},
        "code": code_digest(CODE),
        "versions": versions(),
        "machine": machine()["platform"],
    }


def _one_process(
    file: ProcessFile, console: Console, watch: WatchOptions | None, folder: Path
) -> dict[str, Any]:
    process = file.base()
    _write_settings(file, folder)
    with _watched(file, process, console, watch, folder) as watcher:
        run = simulate_process(process, None if watcher is None else _observer(watcher, process))
    columns = dict(zip(("mx", "my", "mz"), run.magnetisation.T, strict=True))
    Trajectory(
        {"t": run.times, **columns, "charge": run.charge},
        run.final_spins[None, :, None],
        run.times[-1:],
        {"process": file.model_dump(mode="json")},
    ).save(folder / "trajectory.h5")
    np.save(folder / "frames.npy", run.frames, allow_pickle=False)
    figures = folder / "figures"
    figures.mkdir(exist_ok=True)
    _draw_frames(run, figures / "frames.png")
    metrics: dict[str, Any] = {
        "process.label": run.label_name,
        "process.charge": int(run.final.charge),
        "process.islands": int(run.final.islands),
        "process.mz": float(run.mz[-1]),
    }
    if watcher is not None and watcher.monitor.verdict is not None:
        verdict = watcher.monitor.verdict
        metrics |= {"monitor.verdict": verdict.label, "monitor.novelty": float(verdict.novelty)}
        for name, p in zip(watcher.board.classes, verdict.probabilities, strict=True):
            metrics[f"monitor.probability.{name}"] = float(p)
    write_json(folder / "metrics.json", metrics)
    return metrics


def _watched(
    file: ProcessFile,
    process: Process,
    console: Console,
    options: WatchOptions | None,
    folder: Path,
) -> Any:
    """Return the watch as a context manager, or an empty one."""
    if options is None:
        return nullcontext()
    monitor = options.monitor("process")
    monitor.interval = file.process.interval
    monitor.reset(pulse_time=process.pulse.centre)
    ny, nx = process.shape
    # The monitor knows skyrmions that are up in a background that is down.
    view = (lambda spins: spins[2]) if process.core > 0 else (lambda spins: -spins[2])
    return Watch(
        monitor, f"process {file.name}", console, options, folder / EVENTS, nx * ny,
        process.hamiltonian.periodic, view,
    )  # fmt: skip


def _observer(watcher: Watch, process: Process) -> Callable[[float, Any], None]:
    end = process.frame_times[-1]

    def observe(time: float, spins: Any) -> None:
        watcher.see(spins, time)
        watcher.progress(time / end, f"{time * 1e12:.0f} of {end * 1e12:.0f} ps")

    return observe


def _diagram(file: ProcessFile, tick: Tick, threads: int, folder: Path) -> dict[str, Any]:
    base, section = file.base(), file.diagram
    _write_settings(file, folder)

    def progress(done: int, total: int) -> None:
        tick(done / total, f"process {done} of {total}")

    count = section.quantiles
    data = process_diagram(
        base,
        section.x.axis(),
        section.y.axis(),
        threads=threads,
        progress=progress,
        checkpoint=folder / DATA,
        measures={"profile": lambda run: process_inputs(run.frames, count)} if count else None,
    )
    data.attrs["provenance"] = f"neuroskyrm {versions()['neuroskyrm']}, seed {file.seed}"
    save_diagram(data, folder / DATA)
    figures = folder / "figures"
    figures.mkdir(exist_ok=True)
    examples = [simulate_process(process) for process in _examples(data, base)]
    save_figure(lambda: draw_diagram(data, file.name, examples), figures / "diagram.png")
    labels = data["label"].values
    metrics = {f"diagram.{name}": int((labels == k).sum()) for k, name in enumerate(LABELS)}
    metrics["diagram.points"] = int((labels != UNDONE).sum())
    metrics["diagram.two_or_more_skyrmions"] = int(
        ((data["islands"] >= 2) & (data["percolates"] == 0)).sum()
    )
    write_json(folder / "metrics.json", metrics)
    return metrics


def _examples(data: Any, base: Process) -> list[Process]:
    """Return the process of the innermost point of each label that occurs."""
    from scipy import ndimage

    labels = data["label"].values
    y_name, x_name = data["label"].dims
    chosen = []
    for label in range(len(LABELS)):
        area = labels == label
        if not area.any():
            continue
        deep = ndimage.distance_transform_edt(np.pad(area, 1))[1:-1, 1:-1]
        i, j = np.unravel_index(int(deep.argmax()), deep.shape)
        place = {x_name: float(data[x_name][j]), y_name: float(data[y_name][i])}
        chosen.append(at_point(base, place))
    return chosen


def _draw_frames(run: ProcessRun, path: Path) -> None:
    """Draw S_z of up to eight frames, and the mean spin and charge against time."""
    shown = np.unique(np.linspace(0, len(run.frames) - 1, 8).astype(int))
    with drawing(path, 1.35 * len(shown), 4.2) as figure:
        grid = figure.add_gridspec(2, len(shown), height_ratios=(1, 1.2))
        for column, k in enumerate(shown):
            axes = figure.add_subplot(grid[0, column])
            axes.imshow(run.frames[k], cmap="RdBu_r", vmin=-1, vmax=1, origin="lower")
            axes.set(xticks=[], yticks=[], title=f"{run.times[k] * 1e12:.0f} ps")
        half = max(1, len(shown) // 2)
        left, right = figure.add_subplot(grid[1, :half]), figure.add_subplot(grid[1, half:])
        for values, name in zip(run.magnetisation.T, "xyz", strict=True):
            left.plot(run.times * 1e12, values, ".-", label=f"$M_{name}$")
        left.set(xlabel="time (ps)", ylabel="mean spin", ylim=(-1.05, 1.05))
        left.legend()
        right.plot(run.times * 1e12, run.charge, ".-", color="black")
        right.set(xlabel="time (ps)", ylabel="topological charge", title=run.label_name)


def _write_settings(file: ProcessFile, folder: Path) -> None:
    import yaml

    text = yaml.safe_dump(file.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    write_text(folder / "process.yaml", text)
