"""The documentation builds without warnings, and its code blocks are true."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from PIL import Image

from neuroskyrm.app.cli import app
from neuroskyrm.app.optimize import load_design
from neuroskyrm.app.problem import is_problem, load_problem
from neuroskyrm.app.process_file import is_process, load_process
from neuroskyrm.app.study import load_study
from neuroskyrm.app.sweep import load_sweep

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(DOCS.glob("*.md"))

LONG = {
    "deep-snn.md": "all of MNIST",
    "stdp.md": "all of MNIST",
    "synapse.md": "full simulations of many minutes",
    "validation.md": "standard problems",
}
"""Pages whose blocks take too long here: their imports are checked instead."""

COMMANDS = re.compile(r"^neuroskyrm [^#\n]*", re.MULTILINE)


def blocks(language: str) -> list:
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for number, code in enumerate(re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)):
            found.append(pytest.param(page.name, code, id=f"{page.stem}-{number}"))
    return found


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(("page", "code"), blocks("python"))
def test_python_block_runs(page, code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if page in LONG:
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ImportFrom):
                for name in node.names:
                    getattr(import_module(node.module), name.name)
        return
    exec(compile(code, page, "exec"), {})


@pytest.mark.parametrize(("page", "code"), blocks("sh"))
def test_command_is_understood(page, code):
    import typer

    group = typer.main.get_command(app)
    for line in COMMANDS.findall(code):
        _, name, *arguments = shlex.split(line)
        command, words = group.commands[name], arguments
        while hasattr(command, "commands"):
            command, words = command.commands[words[0]], words[1:]
        command.make_context(name, [w.partition(";")[0] for w in words])


@pytest.mark.parametrize(("page", "code"), blocks("yaml"))
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


@pytest.mark.slow
def test_pages_build_without_a_warning(tmp_path):
    pytest.importorskip("sphinx")
    pytest.importorskip("myst_parser")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html",
               str(DOCS), str(tmp_path / "html"), "-d", str(tmp_path / "trees")]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert "Pareto" in (tmp_path / "html" / "sweeps.html").read_text(encoding="utf-8")
