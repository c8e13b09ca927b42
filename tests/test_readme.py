"""What the README says is what happens."""

import re
from pathlib import Path

import pytest

from neuroskyrm.app.study import default_study, load_study
from neuroskyrm.app.template import commented_study

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_ci_calls_exactly_the_test_command():
    commands = re.findall(r"^python3\.11 .*$", README, re.MULTILINE)
    assert len(commands) == 2
    assert commands[1] in (ROOT / ".ci" / "run").read_text().splitlines()


def test_every_link_leads_somewhere():
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_demo_study_is_what_init_writes():
    path = ROOT / "examples" / "studies" / "demo.yaml"
    assert load_study(path) == default_study()
    assert path.read_text(encoding="utf-8") == commented_study("demo.yaml")


@pytest.mark.parametrize("path", sorted((ROOT / "examples" / "studies").glob("*.yaml")), ids=str)
def test_example_studies_load(path):
    assert load_study(path).name
