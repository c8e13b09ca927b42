"""JSON schemas of study, sweep and process files, for editors that complete and check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from neuroskyrm.app.process_file import ProcessFile
from neuroskyrm.app.study import Study
from neuroskyrm.app.sweep import Sweep
from neuroskyrm.io.atomic import write_text

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MODELS: dict[str, type[BaseModel]] = {"study": Study, "sweep": Sweep, "process": ProcessFile}
"""What has a schema, by the first part of its file name."""


def schema_text(name: str) -> str:
    """Return the JSON schema of "study", "sweep" or "process" as text.

    Keys of a study that have no default of their own are filled from its preset, so that none
    is required in the file.
    """
    schema = MODELS[name].model_json_schema(by_alias=True)
    if name == "study":
        _require_nothing(schema)
    return json.dumps({"$schema": DIALECT, **schema}, indent=1, ensure_ascii=False) + "\n"


def write_schemas(folder: Path) -> list[Path]:
    """Write ``<name>.schema.json`` for each of `MODELS` into a folder; return their paths."""
    paths = [folder / f"{name}.schema.json" for name in MODELS]
    for name, path in zip(MODELS, paths, strict=True):
        write_text(path, schema_text(name))
    return paths


def _require_nothing(part: Any) -> None:
    if isinstance(part, dict):
        if isinstance(part.get("required"), list):
            del part["required"]
        for inner in part.values():
            _require_nothing(inner)
    elif isinstance(part, list):
        for inner in part:
            _require_nothing(inner)
