"""What the commands do, once they are called."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from neuroskyrm.app.cli import INTERRUPTED
from neuroskyrm.app.progress import Reporter
from neuroskyrm.app.study import dump_study, load_study
from neuroskyrm.errors import ConfigError
from neuroskyrm.io.atomic import write_text


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
    file: Path, overrides: Iterable[str], out: Path, data: Path | None, *, again: bool = False
) -> None:
    """Simulate the track of a study, or a plain micromagnetic problem (a file with a mesh)."""
    from neuroskyrm.app.problem import is_problem, load_problem

    if not is_problem(file):
        run_stages(file, overrides, out, data, only="simulate", again=again)
        return
    problem = load_problem(file, overrides)
    _refuse_file(out)
    from neuroskyrm.app.problem_pipeline import run_into_folder

    console = Console()
    metrics, folder, reused = run_into_folder(problem, out, Reporter(console=console), again=again)
    table = Table("quantity", "value", title=f"{folder}" + (" (reused)" if reused else ""))
    for name, value in metrics.items():
        table.add_row(name, f"{value:.6g}")
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


def list_cards() -> None:
    """Print the shipped cards, a line each."""
    from devicemodels.card import load_card, shipped_cards

    table = Table("card", "states", "range / G0", "energy per pulse", "description")
    for name in shipped_cards():
        card = load_card(name)
        G = card.levels.mean
        energy = f"{card.pulse.energy * 1e15:.0f} fJ"
        table.add_row(name, str(card.states), f"{G[-1] / G[0] - 1:.3f}", energy, card.description)
    Console().print(table)


def show_card(name: str, figure: Path | None) -> None:
    """Print a card, and draw it into `figure` if one is given."""
    from devicemodels.card import load_card

    card = load_card(name)
    console = Console()
    table = Table("state", "skyrmions", "G [uS]", "read sd [uS]", "up", "stays", "down", title=name)
    for state in range(card.states):
        up, down = card.potentiation.later[state], card.depression.later[state]
        table.add_row(
            str(state),
            f"{card.levels.skyrmions[state]:.1f}",
            f"{card.levels.mean[state] * 1e6:.3f}",
            f"{card.levels.read_sd[state] * 1e6:.3f}",
            f"{sum(up[state + 1 :]):.2f}",
            f"{up[state]:.2f} / {down[state]:.2f}",
            f"{sum(down[:state]):.2f}",
        )
    console.print(table)
    console.print(f"{card.description}\n{card.pulse.energy * 1e15:.0f} fJ per pulse", markup=False)
    if figure is not None:
        from neuroskyrm.app.figures import draw_card

        draw_card(card, figure)
        console.print(f"drawn into {figure}")
