"""The structure that the design promises, measured on the source itself."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("neuroskyrm", "devicemodels", "crossbar", "networks")
SOURCES = sorted(p for package in PACKAGES for p in (ROOT / package).rglob("*.py"))
MODEST_FILE, MODEST_FUNCTION = 500, 80


def _run(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_import_layers_are_kept():
    code, text = _run(str(Path(sys.executable).parent / "lint-imports"))
    assert code == 0, text


def test_ruff_is_clean():
    code, text = _run(sys.executable, "-m", "ruff", "check", ".")
    assert code == 0, text


def test_formatting_is_clean():
    code, text = _run(sys.executable, "-m", "ruff", "format", "--check", ".")
    assert code == 0, text


@pytest.mark.slow
def test_types_are_clean():
    code, text = _run(sys.executable, "-m", "mypy")
    assert code == 0, text


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_are_short(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MODEST_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = node.end_lineno - node.lineno + 1
            doc = ast.get_docstring(node, clean=False)
            length -= len(doc.splitlines()) if doc else 0
            assert length <= MODEST_FUNCTION, f"{node.name} has {length} lines"


def test_every_package_is_typed():
    assert all((ROOT / package / "py.typed").exists() for package in PACKAGES)
