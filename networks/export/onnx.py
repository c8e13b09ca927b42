"""Writing a spiking network as ONNX: one function, one table of shapes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from onnx import ModelProto

from networks.deep_snn import DeepSnn
from networks.export.layerwise import layerwise_model, layerwise_reading
from networks.export.metadata import attach, describe
from networks.export.rate import rate_model, rate_reading
from networks.export.step import step_model, step_reading
from neuroskyrm.errors import ExportError
from neuroskyrm.io.atomic import replacing

Shape = Literal["step", "layerwise", "rate"]


@dataclass(frozen=True)
class _Writer:
    build: Callable[..., ModelProto]
    reading: Callable[[DeepSnn], str]


SHAPES: dict[Shape, _Writer] = {
    "step": _Writer(step_model, step_reading),
    "layerwise": _Writer(layerwise_model, layerwise_reading),
    "rate": _Writer(rate_model, rate_reading),
}


def export_onnx(
    snn: DeepSnn,
    path: Path,
    shape: Shape = "step",
    packing: Literal["int8", "int4"] = "int8",
    batch: int | str = "batch",
    about: dict[str, Any] | None = None,
) -> Path:
    """Write `snn` as an ONNX file that says how to use it.

    Parameters
    ----------
    snn : DeepSnn
        The network. Read noise is left out: it belongs to a run, not to a model.
    path : Path
        The file to write.
    shape : {"step", "layerwise", "rate"}
        One time step with membranes in and out; all steps layer by layer; or the equivalent
        quantised rate network.
    packing : {"int8", "int4"}
        Bytes or half bytes a weight; half bytes need devices without spread.
    batch : int or str
        A fixed batch size, or the name of a free one.
    about : dict, optional
        What else the file shall say (JSON values): card digest, levels, sigma, accuracy, seeds.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    ExportError
        The shape or packing is unknown or does not suit the network.
    """
    if shape not in SHAPES:
        raise ExportError(f"shape = '{shape}': must be one of {', '.join(SHAPES)}.")
    if packing not in ("int8", "int4"):
        raise ExportError(f"packing = '{packing}': must be 'int8' or 'int4'.")
    writer = SHAPES[shape]
    model = writer.build(snn, packing=packing, batch=batch)
    note = describe(snn, shape, writer.reading(snn), model.graph.initializer, about or {})
    attach(model, note)
    with replacing(Path(path)) as temporary:
        temporary.write_bytes(model.SerializeToString(deterministic=True))
    return Path(path)
