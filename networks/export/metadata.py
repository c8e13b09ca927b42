"""What an exported file says about itself, and reading it back from a file that may be damaged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
from onnx import ModelProto, TensorProto, numpy_helper
from pydantic import Field, ValidationError

from networks.deep_snn import DeepSnn, Neuron, SpikingLayer
from networks.export._graph import OPSET
from networks.rate_coding import Coding
from neuroskyrm.errors import ExportError
from neuroskyrm.validation import FrozenModel

KEY = "neuroskyrm"
"""Key of the JSON description among the model's metadata."""

FORMAT = 1


class LayerNote(FrozenModel):
    """Unit [S], planes and threshold of one layer (see `SpikingLayer`)."""

    unit: float = Field(gt=0)
    planes: Literal[1, 2]
    threshold: float = Field(gt=0)
    start: float


class Note(FrozenModel):
    """The description in an exported file.

    Attributes
    ----------
    format : int
        Version of this description.
    shape : str
        Which of the graph shapes the file holds.
    layers : list of LayerNote
        From the first to the last.
    neuron, coding : dict
        Fields of `Neuron` and `Coding`.
    steps : int
        Time steps of a classification.
    readout : str
        How outputs become scores.
    reading : str
        The same in words: how to feed the model and how to read its outputs.
    weights : str
        SHA-256 of all stored tensors.
    about : dict
        The exporter's words: card digest, levels, sigma, accuracy, data set, seeds.
    """

    format: int = Field(ge=1, le=FORMAT)
    shape: Literal["step", "layerwise", "rate"]
    layers: list[LayerNote] = Field(min_length=1)
    neuron: dict[str, Any]
    coding: dict[str, Any]
    steps: int = Field(ge=1)
    readout: Literal["count", "charge"]
    reading: str
    weights: str
    about: dict[str, Any]


def describe(
    snn: DeepSnn,
    shape: Literal["step", "layerwise", "rate"],
    reading: str,
    tensors: Iterable[TensorProto],
    about: dict[str, Any],
) -> Note:
    """Return the description of `snn` exported in `shape`."""
    notes = [
        LayerNote(
            unit=layer.unit,
            planes=2 if layer.planes == 2 else 1,
            threshold=layer.threshold,
            start=float(snn.start(layer)),
        )
        for layer in snn.layers
    ]
    return Note(
        format=FORMAT,
        shape=shape,
        layers=notes,
        neuron=vars(snn.neuron),
        coding=vars(snn.coding),
        steps=snn.steps,
        readout=snn.readout,
        reading=reading,
        weights=tensor_digest(tensors),
        about=about,
    )


def tensor_digest(tensors: Iterable[TensorProto]) -> str:
    """Return the SHA-256 of the names, shapes and bytes of all tensors, in order of name."""
    sha = hashlib.sha256()
    for tensor in sorted(tensors, key=lambda t: t.name):
        sha.update(f"{tensor.name}{list(tensor.dims)}{tensor.data_type}".encode())
        sha.update(tensor.raw_data or tensor.SerializeToString(deterministic=True))
    return sha.hexdigest()


def read_model(path: Path) -> tuple[ModelProto, Note]:
    """Read an exported file and its description.

    Raises
    ------
    ExportError
        The file is missing, is not ONNX, is not one of ours, or is damaged.
    """
    model = _parsed(path)
    props = {entry.key: entry.value for entry in model.metadata_props}
    if KEY not in props:
        raise ExportError(
            f"{path}: the metadata '{KEY}' is missing; the file must be a complete model that "
            "neuroskyrm exported."
        )
    opsets = {entry.domain: entry.version for entry in model.opset_import}
    if opsets != {"": OPSET}:
        raise ExportError(f"{path}: the opsets are {opsets}; they must be {{'': {OPSET}}}.")
    try:
        note = Note.model_validate_json(props[KEY])
    except ValidationError as problem:
        first = problem.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "it"
        raise ExportError(
            f"{path}: the metadata '{KEY}' is damaged: '{field}' {first['msg'].lower()}."
        ) from None
    if tensor_digest(model.graph.initializer) != note.weights:
        raise ExportError(
            f"{path}: the stored tensors do not match the SHA-256 in the metadata; the file was "
            "damaged or changed: export it again."
        )
    return model, note


def _parsed(path: Path) -> ModelProto:
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        model = onnx.load_model_from_string(path.read_bytes())
        if not model.HasField("graph") or not model.graph.node:
            raise ExportError(f"{path}: the file holds no graph; it must be an ONNX model.")
        onnx.checker.check_model(model)
    except FileNotFoundError:
        raise ExportError(f"{path}: no such file; it must be an exported ONNX model.") from None
    except OSError as problem:
        raise ExportError(
            f"{path}: cannot be read ({problem.strerror}); it must be an ONNX file."
        ) from None
    except (DecodeError, onnx.checker.ValidationError, ValueError) as problem:
        if isinstance(problem, ExportError):
            raise
        reason = str(problem).strip().splitlines()[0].rstrip(".")
        raise ExportError(
            f"{path}: not a valid ONNX model ({reason}); it must be complete and undamaged."
        ) from None
    return model


def attach(model: ModelProto, note: Note) -> None:
    """Write the description into `model`."""
    entry = model.metadata_props.add()
    entry.key, entry.value = KEY, json.dumps(note.model_dump(mode="json"), sort_keys=True)


def restore(model: ModelProto, note: Note, path: Path) -> DeepSnn:
    """Return the network that the stored tensors describe.

    Raises
    ------
    ExportError
        A tensor is missing or has the wrong type.
    """
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    layers = []
    for index, entry in enumerate(note.layers, start=1):
        if f"codes_{index}" in tensors:
            weights = _decoded(tensors, index)
        else:
            weights = _array(tensors, f"weights_{index}", path).astype(np.int16)
            if entry.planes == 2:
                weights = weights * 128 + _array(tensors, f"weights_low_{index}", path)
        layers.append(
            SpikingLayer(weights.astype(np.int16), entry.planes, entry.unit, entry.threshold)
        )
    try:
        neuron, coding = Neuron(**note.neuron), Coding(**note.coding)
    except TypeError as problem:
        raise ExportError(f"{path}: the metadata '{KEY}' is damaged ({problem}).") from None
    return DeepSnn(tuple(layers), neuron, coding, note.steps, note.readout)


def _array(tensors: dict[str, TensorProto], name: str, path: Path) -> Any:
    if name not in tensors or tensors[name].data_type != TensorProto.INT8:
        raise ExportError(f"{path}: the int8 tensor '{name}' is missing; export the model again.")
    return numpy_helper.to_array(tensors[name])


def _decoded(tensors: dict[str, TensorProto], index: int) -> Any:
    """Return the weights behind 4-bit codes: each code's level is the sum of steps up to it."""
    codes = numpy_helper.to_array(tensors[f"codes_{index}"]).astype(np.int16)
    steps: list[Any] = []
    while f"step_{index}_{len(steps) + 1}" in tensors:
        steps.append(numpy_helper.to_array(tensors[f"step_{index}_{len(steps) + 1}"]))
    table = np.concatenate([[0], np.cumsum(np.array(steps, dtype=np.int16))])
    return np.sign(codes) * table[np.abs(codes)]
