"""The scalars of a frame (`networks.frame_inputs`) as ONNX nodes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from onnx import TensorProto

from networks.export._graph import Builder
from networks.frame_inputs import GAINS, Scalar


def add_scalars(builder: Builder, scalars: Sequence[Scalar], profile: str) -> str:
    """Append the scalars of ``sz`` (rows, columns) to `profile`; return the whole input's name."""
    shifted = [_rolled(builder, "sz", axis) for axis in (0, 1)]
    of = {"walls": _walls, "euler": _euler}
    columns = []
    shape = builder.constant("one_number", np.array([1], dtype=np.int64))
    for name in scalars:
        number = of[name](builder, shifted)
        gain = builder.constant(f"{name}_gain", np.float32(GAINS[name]))
        scaled = builder.node("Mul", [number, gain], f"{name}_scaled")
        bounded = builder.node("Tanh", [scaled], f"{name}_bounded")
        columns.append(builder.node("Reshape", [bounded, shape], f"{name}_input"))
    return builder.node("Concat", [profile, *columns], "inputs_of_frame", axis=0)


def _rolled(builder: Builder, name: str, axis: int) -> str:
    """Add `name` moved by one site along an axis, the last row or column first."""
    tag = f"{name}_rolled_{axis}"
    along = builder.constant(f"{tag}_axis", np.array([axis], dtype=np.int64))
    first = builder.constant(f"{tag}_first", np.array([0], dtype=np.int64))
    last = builder.constant(f"{tag}_last", np.array([-1], dtype=np.int64))
    end = builder.constant(f"{tag}_end", np.array([np.iinfo(np.int64).max]))
    edge = builder.node("Slice", [name, last, end, along], f"{tag}_edge")
    rest = builder.node("Slice", [name, first, last, along], f"{tag}_rest")
    return builder.node("Concat", [edge, rest], tag, axis=axis)


def _walls(builder: Builder, shifted: list[str]) -> str:
    """Add the mean step of S_z to a neighbour."""
    means = []
    for axis, other in enumerate(shifted):
        apart = builder.node("Sub", ["sz", other], f"walls_apart_{axis}")
        step = builder.node("Abs", [apart], f"walls_step_{axis}")
        means.append(builder.node("ReduceMean", [step], f"walls_mean_{axis}", keepdims=0))
    return builder.node("Mean", means, "walls")


def _euler(builder: Builder, shifted: list[str]) -> str:
    """Add sites minus bonds plus plaquettes of S_z > 0."""
    nought = builder.constant("euler_nought", np.float32(0))
    up = builder.node("Greater", ["sz", nought], "euler_up")
    up_y, up_x = (
        builder.node("Greater", [other, nought], f"euler_up_{axis}")
        for axis, other in enumerate(shifted)
    )
    pair = builder.node("And", [up, up_x], "euler_pair")
    column = builder.node("And", [up, up_y], "euler_column")
    plaquette = builder.node("And", [pair, _rolled(builder, pair, 0)], "euler_plaquette")
    sites, bonds, more, plaquettes = (
        _count(builder, name) for name in (up, pair, column, plaquette)
    )
    rest = builder.node("Sub", [sites, bonds], "euler_rest")
    rest = builder.node("Sub", [rest, more], "euler_open")
    return builder.node("Add", [rest, plaquettes], "euler")


def _count(builder: Builder, name: str) -> str:
    number = builder.node("Cast", [name], f"{name}_number", to=TensorProto.FLOAT)
    return builder.node("ReduceSum", [number], f"{name}_count", keepdims=0)
