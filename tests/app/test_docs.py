"""The documentation builds without warnings, and its code blocks are true.

Each page runs from top to bottom in an empty folder, as its reader would type it: `yaml` blocks
whose first line is a comment with a file name are that file, `python` blocks are executed, and the
`neuroskyrm` commands of `sh` blocks are run. A command whose comment on the page says that it takes
minutes, or needs what is not here, is only understood (and planned, where it has `--dry-run`).
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
import yaml
from PIL import Image

from devicemodels.reference import soft_bounds
from neuroskyrm.app.cli import app
from neuroskyrm.app.optimize import load_design
from neuroskyrm.app.problem import is_problem, load_problem
from neuroskyrm.app.process_file import is_process, load_process
from neuroskyrm.app.study import Study, dump_study, load_study
from neuroskyrm.app.sweep import load_sweep

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.glob("*.md")), ROOT / "README.md"]
WITH_BLOCKS = [
    page for page in PAGES if re.search(r"^```(python|sh|yaml)$", page.read_text(), re.M)
]
TEXTS = [*PAGES, ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("results/*/README.md"))]

LATER = re.compile(r"\b(minutes?|hours?|needs)\b")
"""In the comment of a command: it is not run here."""


def blocks(page: Path) -> list[tuple[str, str]]:
    """Return language and text of each code block of a page."""
    return re.findall(r"^```(\w+)\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)


def commands(code: str) -> Iterator[tuple[list[str], str]]:
    """Yield the words of each `neuroskyrm` command of a shell block, and its comment."""
    for line in code.splitlines():
        command, _, comment = line.partition("#")
        for one in command.split(";"):
            words = shlex.split(one)
            if words[:1] == ["neuroskyrm"]:
                yield words[1:], comment


def understood(words: list[str]) -> typer.core.TyperCommand:
    """Return the command that the words call; it is an error if it does not know an option."""
    command = typer.main.get_command(app)
    while hasattr(command, "commands"):
        assert words[0] in command.commands, f"there is no command {words[0]}"
        command, words = command.commands[words[0]], words[1:]
    command.make_context(command.name, list(words))
    return command


def expanded(words: list[str]) -> list[str]:
    """Return the words with file patterns replaced by the files, as a shell does."""
    found = [sorted(map(str, Path().glob(w))) if "*" in w else [w] for w in words]
    return [word for one in found for word in one]


def finished_runs(folder: Path) -> None:
    """Leave two run folders, as the long commands of the quick start do."""
    for kelvin in (300, 350):
        run = folder / "runs" / f"demo-{kelvin}"
        run.mkdir(parents=True)
        study = Study.model_validate({"device": {"temperature": f"{kelvin} K"}})
        (run / "study.yaml").write_text(dump_study(study))
        (run / "metrics.json").write_text('{"device.states": 5}')
        soft_bounds(5).save(run / "card.yaml")


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("page", WITH_BLOCKS, ids=lambda page: page.stem)
def test_page_runs_from_top_to_bottom(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    if page.stem == "quickstart":
        finished_runs(tmp_path)
    for language, code in blocks(page):
        name = re.match(r"# (\S+\.yaml)\n", code)
        if language == "yaml" and name:
            Path(name[1]).write_text(code)
        elif language == "python":
            exec(compile(code, page.name, "exec"), {})
        elif language == "sh":
            for words, comment in commands(code):
                follow(words, comment)


def follow(words: list[str], comment: str) -> None:
    """Run a command of a page; only plan it, or only understand it, if its comment says so."""
    command = understood(words)
    words = expanded(words)
    if LATER.search(comment):
        plans = any(parameter.name == "dry_run" for parameter in command.params)
        if not plans or not Path(words[1]).exists():
            return
        words = [*words, "--dry-run"]
    try:
        code = app(words, standalone_mode=False)
    except typer.Exit as left:
        code = left.exit_code
    # `doctor` ends with the verdict on this machine.
    assert not code or words == ["doctor"], words


@pytest.mark.parametrize(
    ("page", "code"),
    [
        pytest.param(page, code, id=f"{page.stem}-{number}")
        for page in WITH_BLOCKS
        for number, (language, code) in enumerate(blocks(page))
        if language == "yaml"
    ],
)
def test_yaml_block_is_valid(page, code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for picture in re.findall(r"[\w-]+\.png", code):  # whatever the reader drew
        drawn = Image.new("L", (9, 9), 255)
        drawn.putpixel((4, 4), 0)
        drawn.save(picture)
    file = tmp_path / "file.yaml"
    file.write_text(code)
    content = yaml.safe_load(code)
    if "parameters" in content:
        load_design(file)
    elif "axes" in content:
        load_sweep(file)
    elif is_problem(file):
        load_problem(file)
    elif is_process(file):
        load_process(file)
    else:
        load_study(file)


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_commands_in_the_text_exist(page):
    """What made a figure or a number is a command that is there."""
    text = page.read_text(encoding="utf-8")
    for code in re.findall(
        r"(?<!`)`([^`\n]+)`(?!`)", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    ):
        for script in re.findall(r"\b(?:benchmarks|examples|tests)/[\w/]+\.py", code):
            assert (ROOT / script).exists(), script
        words = shlex.split(code) if code.startswith("neuroskyrm ") else []
        if len(words) > 2 and not any(character in code for character in "…|[<"):
            understood(words[1:])


@pytest.mark.slow
def test_pages_build_without_a_warning(tmp_path):
    pytest.importorskip("sphinx")
    pytest.importorskip("myst_parser")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html",
               str(DOCS), str(tmp_path / "html"), "-d", str(tmp_path / "trees")]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert "Pareto" in (tmp_path / "html" / "sweeps.html").read_text(encoding="utf-8")
