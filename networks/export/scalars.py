"""The scalars of a frame (`networks.frame_inputs`) as ONNX nodes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from onnx import TensorProto

from networks.export._graph import Builder
from networks.frame_inputs import GAINS, Scalar


def add_scalars(builder: Builder, scalars: Sequence[Scalar], profile: str) -> str:
    """Append the scalars of ``sz`` (rows, columns) to `profile`; return the whole input's name."""
    of = {"walls": _walls, "euler": _euler}
    columns = []
    shape = builder.constant("one_number", np.array([1], dtype=np.int64))
    for name in scalars:
        gain = builder.constant(f"{name}_gain", np.float32(GAINS[name]))
        scaled = builder.node("Mul", [of[name](builder), gain], f"{name}_scaled")
        bounded = builder.node("Tanh", [scaled], f"{name}_bounded")
        columns.append(builder.node("Reshape", [bounded, shape], f"{name}_input"))
    return builder.node("Concat", [profile, *columns], "inputs_of_frame", axis=0)


def _rolled(builder: Builder, name: str, axis: int, back: bool = False) -> str:
    """Add `name` moved by one site along an axis (or one back), edges wrapping around."""
    tag = f"{name}_{'back' if back else 'on'}_{axis}"
    along = builder.constant(f"{tag}_axis", np.array([axis], dtype=np.int64))
    first = builder.constant(f"{tag}_first", np.array([0], dtype=np.int64))
    cut = builder.constant(f"{tag}_cut", np.array([1 if back else -1], dtype=np.int64))
    end = builder.constant(f"{tag}_end", np.array([np.iinfo(np.int64).max]))
    high = builder.node("Slice", [name, cut, end, along], f"{tag}_high")
    low = builder.node("Slice", [name, first, cut, along], f"{tag}_low")
    return builder.node("Concat", [high, low], tag, axis=axis)


def _walls(builder: Builder) -> str:
    """Add the mean step of S_z to a neighbour."""
    means = []
    plane = builder.node("Identity", ["sz"], "walls_plane")  # names of its own
    for axis in (0, 1):
        other = _rolled(builder, plane, axis)
        apart = builder.node("Sub", [plane, other], f"walls_apart_{axis}")
        step = builder.node("Abs", [apart], f"walls_step_{axis}")
        means.append(builder.node("ReduceMean", [step], f"walls_mean_{axis}", keepdims=0))
    return builder.node("Mean", means, "walls")


def _euler(builder: Builder) -> str:
    """Add sites minus bonds plus plaquettes of the smoothed S_z > 0."""
    smooth = "sz"
    for axis in (0, 1):
        sides = [_rolled(builder, smooth, axis), _rolled(builder, smooth, axis, back=True)]
        some = builder.node("Add", [smooth, sides[0]], f"euler_some_{axis}")
        smooth = builder.node("Add", [some, sides[1]], f"euler_smooth_{axis}")
    nought = builder.constant("euler_nought", np.float32(0))
    up = builder.node("Greater", [smooth, nought], "euler_up")
    pair = builder.node("And", [up, _rolled(builder, up, 1)], "euler_pair")
    column = builder.node("And", [up, _rolled(builder, up, 0)], "euler_column")
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
