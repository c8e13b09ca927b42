"""Every example runs, shortened, and ends in a picture."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("[0-9]*.py"))


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_example_ends_in_a_picture(path, tmp_path):
    environment = os.environ | {"MPLBACKEND": "agg", "NEUROSKYRM_QUICK": "1"}
    done = subprocess.run(
        [sys.executable, str(path)],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    pictures = [p for p in tmp_path.glob("*") if p.suffix in (".png", ".svg", ".gif")]
    assert any(picture.stat().st_size > 1000 for picture in pictures)


def test_course_page_names_every_example():
    page = (EXAMPLES[0].parents[1] / "docs" / "course.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(.*?)`", page, re.M) == [path.name for path in EXAMPLES]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_example_is_short_and_introduced(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 80
    assert text.startswith('"""')
