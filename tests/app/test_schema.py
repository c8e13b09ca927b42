"""The JSON schemas: current, and of the same mind as the models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from neuroskyrm.app.schema import MODELS, schema_text
from neuroskyrm.app.study import Study

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", MODELS)
def test_committed_schema_is_current(name):
    committed = (DOCS / f"{name}.schema.json").read_text(encoding="utf-8")
    assert committed == schema_text(name), "run: neuroskyrm schema docs"


def test_schema_knows_every_key_of_a_study_and_no_other():
    schema = json.loads(schema_text("study"))
    assert set(schema["properties"]) == set(Study.model_fields)
    assert schema["additionalProperties"] is False
    film = schema["$defs"]["FilmSection"]
    assert film["properties"]["Ku"]["description"]
    assert "required" not in film
