"""The command line. Everything heavy is imported inside the command that needs it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from neuroskyrm.errors import ConfigError, NeuroSkyrmError

INTERRUPTED = 130

app = typer.Typer(
    name="neuroskyrm",
    help="Emulate skyrmion-based neuromorphic hardware, from the spins to an ONNX model.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
card_app = typer.Typer(help="Look at device cards.", no_args_is_help=True)
app.add_typer(card_app, name="card")

StudyFile = Annotated[Path, typer.Argument(help="study file (YAML)", show_default=False)]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="A.B=C", help="override one value of the study; repeatable"),
]
Out = Annotated[Path, typer.Option("--out", help="folder of all runs")]
DataFolder = Annotated[
    Path | None, typer.Option("--data", help="folder that holds MNIST (else NEUROSKYRM_DATA)")
]
Again = Annotated[bool, typer.Option("--again", help="recompute even if nothing changed")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="print the resolved study, time and memory; run nothing")
]
RUNS = Path("runs")


@app.command(rich_help_panel="Start here")
def demo(out: Out = RUNS, set_: Overrides = None, again: Again = False) -> None:
    """Run the whole staircase on embedded data, offline, in about a minute."""
    from neuroskyrm.app.commands import run_stages

    run_stages(None, set_ or (), out, None, again=again)


@app.command(rich_help_panel="Start here")
def init(
    file: Annotated[Path, typer.Argument(help="file to write")] = Path("study.yaml"),
    force: Annotated[bool, typer.Option("--force", help="replace an existing file")] = False,
) -> None:
    """Write a commented study with every key and its default."""
    from neuroskyrm.app.commands import write_study

    write_study(file, replace=force)


@app.command(rich_help_panel="Start here")
def run(
    study: StudyFile,
    set_: Overrides = None,
    out: Out = RUNS,
    data: DataFolder = None,
    dry_run: DryRun = False,
    again: Again = False,
) -> None:
    """Run the whole staircase of a study, reusing what has not changed."""
    from neuroskyrm.app.commands import plan, run_stages

    if dry_run:
        plan(study, set_ or (), out)
    else:
        run_stages(study, set_ or (), out, data, again=again)


def _add_stage_command(name: str, does: str) -> None:
    """Make the stage `name` a verb of its own."""

    def command(
        study: StudyFile,
        set_: Overrides = None,
        out: Out = RUNS,
        data: DataFolder = None,
        again: Again = False,
    ) -> None:
        from neuroskyrm.app.commands import run_stages

        run_stages(study, set_ or (), out, data, only=name, again=again)

    command.__doc__ = does
    app.command(name, rich_help_panel="Single stages")(command)


STAGE_VERBS = {
    "calibrate": "Fit a device card from the simulated trajectory.",
    "program": "Program the trained weights onto the crossbar as W+/W- pairs.",
    "export": "Write the spiking net as ONNX and compare it spike by spike.",
    "monitor": "Train the process monitor and let it watch a skyrmion process.",
}


@app.command(rich_help_panel="Single stages")
def simulate(
    study: StudyFile,
    set_: Overrides = None,
    out: Out = RUNS,
    data: DataFolder = None,
    again: Again = False,
    monitor: Annotated[
        bool, typer.Option("--monitor", help="let the process monitor watch the run, live")
    ] = False,
    web: Annotated[
        int | None,
        typer.Option(metavar="PORT", help="with a page at http://127.0.0.1:PORT (0: any free)"),
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="trained monitor to watch with; default: a shipped one")
    ] = None,
    hold: Annotated[
        bool | None, typer.Option("--hold/--no-hold", help="keep the page up after the run")
    ] = None,
) -> None:
    """Simulate the track of a study, a micromagnetic problem or an ultrafast process."""
    from neuroskyrm.app.commands import simulate as work
    from neuroskyrm.app.commands import watch_options

    watch = watch_options(monitor, web, model, hold)
    work(study, set_ or (), out, data, again=again, watch=watch)


@app.command("process-diagram", rich_help_panel="Single stages")
def process_diagram(
    file: Annotated[Path, typer.Argument(help="process file (YAML)", show_default=False)],
    set_: Overrides = None,
    out: Out = RUNS,
    jobs: Annotated[int | None, typer.Option(help="threads; default: all cores", min=1)] = None,
    again: Again = False,
) -> None:
    """Simulate and label ultrafast processes over any two parameters (Figs. 3 and 11)."""
    from neuroskyrm.app.commands import draw_process_diagram

    draw_process_diagram(file, set_ or (), out, jobs, again=again)


@app.command(rich_help_panel="Single stages")
def train(
    target: Annotated[list[str], typer.Argument(help="[deep|stdp] STUDY", show_default=False)],
    set_: Overrides = None,
    out: Out = RUNS,
    data: DataFolder = None,
    again: Again = False,
) -> None:
    """Train the networks of a study, or one of them: `train stdp study.yaml`."""
    from neuroskyrm.app.commands import run_stages

    *networks, study = target
    if any(name not in ("deep", "stdp") for name in networks):
        raise ConfigError(f"train: '{networks[0]}' is not a network; choose deep or stdp.")
    for name in networks or ("deep", "stdp"):
        run_stages(Path(study), set_ or (), out, data, only=f"train-{name}", again=again)


@app.command(rich_help_panel="Single stages")
def evaluate(
    target: Annotated[
        Path, typer.Argument(help="a study, or an STDP network (.safetensors)", show_default=False)
    ],
    set_: Overrides = None,
    out: Out = RUNS,
    data: DataFolder = None,
    again: Again = False,
    images: Annotated[
        str, typer.Option(help="for a network: digits28, mnist or a folder of IDX files")
    ] = "digits28",
    relabel: Annotated[
        int, typer.Option(help="for a network: label it anew with so many training images", min=0)
    ] = 0,
    test: Annotated[
        int | None, typer.Option(help="for a network: only so many test images", min=1)
    ] = None,
    figure: Annotated[
        Path | None, typer.Option(help="for a network: draw its confusion matrix (PNG/SVG)")
    ] = None,
) -> None:
    """Classify the test images with a study's networks, or any images with a saved STDP network."""
    if target.suffix == ".safetensors":
        from neuroskyrm.app.evaluate_stdp import evaluate_file

        evaluate_file(target, images, data, relabel, test, figure)
    else:
        from neuroskyrm.app.commands import run_stages

        run_stages(target, set_ or (), out, data, only="evaluate", again=again)


for _name, _does in STAGE_VERBS.items():
    _add_stage_command(_name, _does)


@app.command(rich_help_panel="Single stages")
def report(
    target: Annotated[
        list[Path], typer.Argument(help="a study, or two or more run folders to compare")
    ],
    set_: Overrides = None,
    out: Out = RUNS,
    data: DataFolder = None,
    again: Again = False,
    html: Annotated[
        Path | None, typer.Option(help="file for the comparison; default: OUT/comparison.html")
    ] = None,
) -> None:
    """Write report.html of a study, or compare finished runs side by side in one HTML file."""
    from neuroskyrm.app.commands import compare_folders, run_stages

    if any(path.is_dir() for path in target) or len(target) > 1:
        compare_folders(target, html or out / "comparison.html")
    else:
        run_stages(target[0], set_ or (), out, data, only="report", again=again)


@app.command(rich_help_panel="Design search")
def sweep(
    file: Annotated[Path, typer.Argument(help="sweep file (YAML)", show_default=False)],
    out: Out = RUNS,
    data: DataFolder = None,
    jobs: Annotated[int | None, typer.Option(help="processes; default: all cores", min=1)] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="address of a Dask scheduler, or 'local'")
    ] = None,
    slurm: Annotated[bool, typer.Option("--slurm", help="run each stage as a Slurm job")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="tell points, shared stages, time and disk")
    ] = False,
    probe: Annotated[
        bool, typer.Option("--probe", help="as --dry-run, but compute one point to measure")
    ] = False,
    retry: Annotated[bool, typer.Option("--retry", help="try failed points again")] = False,
) -> None:
    """Compute a study at many points: every shared stage once, resumable, on any machine."""
    from neuroskyrm.app.sweep_command import Place, run_sweep

    place = Place(out, data, jobs, scheduler, slurm)
    run_sweep(file, place, dry_run=dry_run or probe, probe_first=probe, retry=retry)


@app.command(rich_help_panel="Design search")
def optimize(
    file: Annotated[Path, typer.Argument(help="design file (YAML)", show_default=False)],
    out: Out = RUNS,
    data: DataFolder = None,
    jobs: Annotated[int | None, typer.Option(help="processes; default: all cores", min=1)] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="address of a Dask scheduler, or 'local'")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="tell trials, shared stages, time and disk")
    ] = False,
    probe: Annotated[
        bool, typer.Option("--probe", help="as --dry-run, but compute one point to measure")
    ] = False,
) -> None:
    """Search for the best designs: Pareto front, what decides it, the best ones verified."""
    from neuroskyrm.app.optimize_command import run_design, tell_cost
    from neuroskyrm.app.sweep_command import Place

    place = Place(out, data, jobs, scheduler)
    if dry_run or probe:
        tell_cost(file, place, probe_first=probe)
    else:
        run_design(file, place)


@app.command(rich_help_panel="Tools")
def verify(
    model: Annotated[Path, typer.Argument(help="ONNX model written by neuroskyrm")],
    images: Annotated[int, typer.Option(help="images to compare", min=1)] = 100,
    data: DataFolder = None,
) -> None:
    """Run an exported model again and compare it with the reference spike by spike."""
    from neuroskyrm.app.commands import verify_model

    verify_model(model, images, data)


@app.command("mumax3", rich_help_panel="Tools")
def mumax(
    problem: Annotated[Path, typer.Argument(help="micromagnetic problem", show_default=False)],
    set_: Overrides = None,
    out: Annotated[Path, typer.Option(help="folder to write to")] = Path("mumax3"),
) -> None:
    """Write a micromagnetic problem as a mumax3 script, to check it on a graphics card."""
    from neuroskyrm.app.commands import write_mumax

    write_mumax(problem, set_ or (), out)


@app.command(rich_help_panel="Tools")
def cite(study: StudyFile, set_: Overrides = None) -> None:
    """Print BibTeX of exactly the models that a study uses."""
    from neuroskyrm.app.citations import bibtex
    from neuroskyrm.app.study import load_study

    typer.echo(bibtex(load_study(study, set_ or ())), nl=False)


@app.command(rich_help_panel="Tools")
def schema(
    folder: Annotated[Path, typer.Argument(help="folder to write to")] = Path(),
) -> None:
    """Write the JSON schemas of study, sweep and process files, for editors."""
    from neuroskyrm.app.schema import write_schemas

    for path in write_schemas(folder):
        typer.echo(f"wrote {path}")


@app.command(rich_help_panel="Tools")
def doctor() -> None:
    """Check the installation, the data and the machine, and say how to cure what is wrong."""
    from neuroskyrm.app.commands import show_findings

    raise typer.Exit(show_findings())


@card_app.command("list")
def card_list() -> None:
    """List the cards that come with the toolkit."""
    from neuroskyrm.app.card_tables import list_cards

    list_cards()


@card_app.command("show")
def card_show(
    card: Annotated[str, typer.Argument(help="name of a shipped card, or a card file")],
    figure: Annotated[Path | None, typer.Option(help="also draw it into this PNG/SVG file")] = None,
) -> None:
    """Print a device card, and draw it."""
    from neuroskyrm.app.card_tables import show_card

    show_card(card, figure)


def _version(value: bool) -> None:
    if value:
        from neuroskyrm import __version__

        typer.echo(f"neuroskyrm {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print the version")
    ] = False,
) -> None:
    """Options of the program as a whole."""


def main() -> None:
    """Run the command line: errors are one sentence on stderr and a non-zero exit code."""
    try:
        app()
    except NeuroSkyrmError as error:
        typer.echo(f"neuroskyrm: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        typer.echo("neuroskyrm: interrupted; the same command resumes where it stopped.", err=True)
        sys.exit(INTERRUPTED)
