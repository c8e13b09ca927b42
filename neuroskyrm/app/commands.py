"""What the commands do, once they are called."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from neuroskyrm.app.cli import INTERRUPTED
from neuroskyrm.app.progress import Reporter
from neuroskyrm.app.study import dump_study, load_study
from neuroskyrm.errors import ConfigError
from neuroskyrm.io.atomic import write_text

if TYPE_CHECKING:
    from neuroskyrm.app.watching import WatchOptions
    from neuroskyrm.io.stage_store import StageResult


def run_stages(
    file: Path | None,
    overrides: Iterable[str],
    out: Path,
    data: Path | None,
    *,
    only: str | None = None,
    again: bool = False,
) -> None:
    """Run the stages of a study (`only` one of them and what it needs) with progress.

    Parameters
    ----------
    file : Path or None
        The study; None for the demo.
    overrides : iterable of str
        Texts like ``device.layers=4``.
    out : Path
        Folder of all runs.
    data : Path or None
        Folder that holds MNIST.
    only : str, optional
        A stage.
    again : bool
        Recompute even where nothing changed.
    """
    study = load_study(file, overrides)
    _refuse_file(out)
    from neuroskyrm.app.pipeline import Pipeline
    from neuroskyrm.app.summary import print_summary

    console = Console()
    pipeline = Pipeline(study, out, Reporter(console=console), data=data)
    names = None if only is None else [only]
    console.print(f"study '{study.name}', seed {study.seed}, run folder {pipeline.folder}")
    try:
        metrics = pipeline.run(names, again=again)
    except KeyboardInterrupt:
        pipeline.reporter.log("interrupted")
        typer.echo("interrupted; the same command resumes where it stopped.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    print_summary(console, pipeline.folder, metrics)


def simulate(
    file: Path,
    overrides: Iterable[str],
    out: Path,
    data: Path | None,
    *,
    again: bool = False,
    watch: WatchOptions | None = None,
) -> None:
    """Simulate a study's track, a plain micromagnetic problem, or an ultrafast process."""
    from neuroskyrm.app.problem import is_problem, load_problem
    from neuroskyrm.app.process_file import is_process, load_process

    console = Console()
    if is_process(file):
        process = load_process(file, overrides)
        _refuse_file(out)
        from neuroskyrm.app.process_run import simulate_into_folder

        _print_result(
            console, simulate_into_folder(process, out, console, watch=watch, again=again)
        )
    elif is_problem(file):
        problem = load_problem(file, overrides)
        _refuse_file(out)
        from neuroskyrm.app.problem_pipeline import run_into_folder

        reporter = Reporter(console=console)
        _print_result(console, run_into_folder(problem, out, reporter, again=again, watch=watch))
    elif watch is None:
        run_stages(file, overrides, out, data, only="simulate", again=again)
    else:
        study = load_study(file, overrides)
        _refuse_file(out)
        from neuroskyrm.app.track_watch import watch_track

        _print_result(console, watch_track(study, out, console, watch))


def write_mumax(file: Path, overrides: Iterable[str], folder: Path) -> None:
    """Write a micromagnetic problem as a mumax3 script, with its regions and start."""
    from neuroskyrm.app.problem import load_problem
    from neuroskyrm.app.problem_build import build
    from neuroskyrm.micromagnetics import MumaxStep, export_mumax

    problem = load_problem(file, overrides)
    _refuse_file(folder)
    steps = [
        MumaxStep(step.time if step.do == "run" else None, step.current) for step in problem.steps
    ]
    script = export_mumax(build(problem), folder, steps)
    Console().print(f"wrote {script}; run it with: mumax3 {script}", soft_wrap=True)


def watch_options(
    monitor: bool, web: int | None, model: Path | None, hold: bool | None
) -> WatchOptions | None:
    """Return how a run is to be watched, or None without ``--monitor``.

    Raises
    ------
    ConfigError
        An option of the monitor is given without it, or its model cannot be read.
    """
    given = {"--web": web, "--model": model, "--hold": hold}
    if not monitor:
        name = next((name for name, value in given.items() if value is not None), None)
        if name is not None:
            raise ConfigError(f"{name}: only together with --monitor.")
        return None
    from neuroskyrm.app.watching import WatchOptions

    options = WatchOptions(model, web, hold)
    if model is not None:
        options.monitor("")  # a file that cannot be read is told before anything runs
    return options


def draw_process_diagram(
    file: Path, overrides: Iterable[str], out: Path, jobs: int | None, *, again: bool = False
) -> None:
    """Simulate the diagram of a process file with progress, and print what was found."""
    from os import cpu_count

    from neuroskyrm.app.process_file import load_process

    process = load_process(file, overrides)
    _refuse_file(out)
    from neuroskyrm.app.process_run import diagram_into_folder

    console = Console()
    threads = jobs or cpu_count() or 1
    reporter = Reporter(console=console)
    _print_result(console, diagram_into_folder(process, out, reporter, threads, again=again))


def _print_result(console: Console, result: StageResult) -> None:
    title = f"{result.folder}" + (" (reused)" if result.reused else "")
    table = Table("quantity", "value", title=title)
    for name, value in result.metrics.items():
        table.add_row(name, f"{value:.6g}" if isinstance(value, float) else str(value))
    console.print(table)


def _refuse_file(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise ConfigError(f"--out {out}: this is a file, but a folder is needed.")


def plan(file: Path, overrides: Iterable[str], out: Path) -> None:
    """Print the resolved study, what would run, and an estimate of time and memory."""
    from neuroskyrm.app.estimate import estimate
    from neuroskyrm.app.pipeline import Pipeline

    study = load_study(file, overrides)
    pipeline = Pipeline(study, out)
    console = Console()
    console.print(dump_study(study), markup=False, highlight=False)
    table = Table("stage", "time", "memory", title=f"run folder {pipeline.folder}")
    total = 0.0
    for cost in estimate(study):
        table.add_row(cost.stage, duration_text(cost.seconds), f"{cost.megabytes:.0f} MB")
        total += cost.seconds
    console.print(table)
    console.print(
        f"about {duration_text(total)} on one core when nothing is reused; nothing was run"
    )


def duration_text(seconds: float) -> str:
    """Return a time as people say it, e.g. ``"12 min"``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def write_study(file: Path, *, replace: bool) -> None:
    """Write a commented study with all defaults to `file`.

    Raises
    ------
    ConfigError
        The file exists and `replace` is False, or `file` is a folder.
    """
    from neuroskyrm.app.template import commented_study

    if file.is_dir():
        raise ConfigError(f"{file}: this is a folder; give a file name such as study.yaml.")
    if file.exists() and not replace:
        raise ConfigError(f"{file}: exists already; use another name, or --force to replace it.")
    write_text(file, commented_study(file.name))
    typer.echo(f"wrote {file}; try: neuroskyrm run {file}")


def compare_folders(folders: list[Path], html: Path) -> None:
    """Write the comparison of finished runs to `html`.

    Raises
    ------
    ConfigError
        There are fewer than two folders.
    """
    from neuroskyrm.app.compare import compare_runs

    if len(folders) < 2:
        raise ConfigError(f"report {folders[0]}: give two or more run folders to compare.")
    typer.echo(f"wrote {compare_runs(folders, html)}")


def verify_model(model: Path, images: int, data: Path | None) -> None:
    """Compare an exported model with the reference spike by spike and print the result."""
    from neuroskyrm.app.stages.export import verify

    console = Console()
    table = Table("quantity", "value", title=str(model))
    for name, value in verify(model, images, data).items():
        table.add_row(name, str(value))
    console.print(table)


def show_findings() -> int:
    """Print the doctor's findings; return 0 if all is well, else 1."""
    from neuroskyrm.app.doctor import examine

    table = Table("", "what", "found", "cure")
    ill = 0
    for finding in examine():
        mark = "[green]ok[/]" if finding.ok else "[red]no[/]"
        table.add_row(mark, finding.topic, finding.state, "" if finding.ok else finding.cure)
        ill += not finding.ok
    Console().print(table)
    return int(ill > 0)
