"""The edge of the toolkit: YAML files in, checked models out, or one clear sentence.

Studies and device cards pass through here. Nothing in a file is executed, unknown keys are
answered with the nearest valid name, and every complaint names file, field, value and remedy.
"""

from __future__ import annotations

import difflib
from collections.abc import Hashable
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from neuroskyrm.errors import ConfigError, NeuroSkyrmError

Model = TypeVar("Model", bound="FrozenModel")


class FrozenModel(BaseModel):
    """Base of all checked models: immutable, no unknown keys, no NaN or infinity."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _UniqueKeyLoader(yaml.SafeLoader):
    """A safe YAML loader that refuses a key given twice instead of keeping the last."""


def _mapping_without_duplicates(
    loader: _UniqueKeyLoader, node: yaml.MappingNode
) -> dict[Hashable, Any]:
    seen: set[Hashable] = set()
    for key_node, _ in node.value:
        key = cast("Hashable", loader.construct_object(key_node, deep=True))
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key '{key}' is given twice", key_node.start_mark
            )
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_UniqueKeyLoader.add_constructor(
    yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_duplicates
)


def read_yaml(path: Path, error: type[NeuroSkyrmError] = ConfigError) -> dict[str, Any]:
    """Read a YAML file that must hold a mapping.

    Parameters
    ----------
    path : Path
        The file.
    error : type
        The error class to raise.

    Returns
    -------
    dict

    Raises
    ------
    NeuroSkyrmError
        Of class `error`: the file is missing, not text, not YAML, or not a mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise error(f"{path}: there is no such file.") from None
    except IsADirectoryError:
        raise error(f"{path}: this is a folder, but a YAML file is needed.") from None
    except PermissionError:
        raise error(f"{path}: the file cannot be read (permission denied).") from None
    except UnicodeDecodeError:
        raise error(f"{path}: this is not a text file, but a YAML file is needed.") from None
    try:
        content = _UniqueKeyLoader(text).get_single_data()
    except yaml.YAMLError as problem:
        raise error(f"{path}: not valid YAML{_yaml_place(problem)}.") from None
    if not isinstance(content, dict):
        found = "nothing" if content is None else f"a {type(content).__name__}"
        raise error(f"{path}: must hold 'key: value' lines, but holds {found}.")
    return content


def _yaml_place(problem: yaml.YAMLError) -> str:
    mark = getattr(problem, "problem_mark", None)
    what = getattr(problem, "problem", None) or "unreadable"
    return f" (line {mark.line + 1}: {what})" if mark is not None else f" ({what})"


def check(
    model: type[Model],
    content: dict[str, Any],
    source: str,
    error: type[NeuroSkyrmError] = ConfigError,
) -> Model:
    """Validate `content` as `model`.

    Parameters
    ----------
    model : type
        A `FrozenModel` subclass.
    content : dict
        What a file or a caller gave.
    source : str
        Name of the file (or of the caller), for the message.
    error : type
        The error class to raise.

    Returns
    -------
    FrozenModel

    Raises
    ------
    NeuroSkyrmError
        Of class `error`, with one sentence about the first problem.
    """
    try:
        return model.model_validate(content)
    except ValidationError as problem:
        raise error(f"{source}: {_sentence(model, problem)}") from None


def _sentence(model: type[BaseModel], problem: ValidationError) -> str:
    """Return one sentence on the first error: field, value, what is allowed."""
    errors = problem.errors()
    # A key that is not known says more than what is missing in its place.
    first = next((e for e in errors if e["type"] == "extra_forbidden"), errors[0])
    place = [part for part in first["loc"] if not str(part).startswith("function-")]
    field = ".".join(str(part) for part in place)
    value = first.get("input")
    if first["type"] == "extra_forbidden":
        return _unknown_key(model, [str(part) for part in place])
    if first["type"] == "missing":
        return f"'{field}' is missing, but it is needed."
    message = first["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    message = message.replace("input should", "must").rstrip(".")
    if not message.startswith(("must", "has")):
        message = f"is not allowed: {message}"
    if not field:
        return f"{message}."
    shown = f" = {value!r}" if isinstance(value, (str, int, float, bool)) else ""
    return f"'{field}'{shown} {message}."


def _unknown_key(model: type[BaseModel], place: list[str]) -> str:
    names = _field_names(model, place[:-1])
    near = difflib.get_close_matches(place[-1], names, n=1, cutoff=0.5)
    section = f" in '{'.'.join(place[:-1])}'" if place[:-1] else ""
    remedy = f"did you mean '{near[0]}'?" if near else f"known here: {', '.join(sorted(names))}."
    return f"unknown key '{place[-1]}'{section}; {remedy}"


def _field_names(model: type[BaseModel], place: list[str]) -> list[str]:
    """Return the keys allowed at `place`, walking through nested models."""
    current: Any = model
    for part in place:
        field = current.model_fields.get(part) if hasattr(current, "model_fields") else None
        if field is None:
            continue  # list indices and union tags do not change the model
        options = [field.annotation, *get_args(field.annotation)]
        nested = [o for o in options if isinstance(o, type) and issubclass(o, BaseModel)]
        if nested:
            current = nested[0]
    return list(current.model_fields)


def load(model: type[Model], path: Path, error: type[NeuroSkyrmError] = ConfigError) -> Model:
    """Read the YAML file `path` and validate it as `model`.

    Parameters
    ----------
    model : type
        A `FrozenModel` subclass.
    path : Path
        The file.
    error : type
        The error class to raise.

    Returns
    -------
    FrozenModel

    Raises
    ------
    NeuroSkyrmError
        Of class `error`; see `read_yaml` and `check`.
    """
    return check(model, read_yaml(path, error), str(path), error)
