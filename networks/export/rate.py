"""The rate shape: the equivalent quantised network without time, for accelerators."""

from __future__ import annotations

import numpy as np
from onnx import ModelProto, TensorProto, helper

from networks.deep_snn import DeepSnn
from networks.export._graph import Builder, add_current, add_weights, wrapped
from networks.rate_network import check_rate
from neuroskyrm.errors import ConfigError, ExportError

MOST_STEPS = 127
"""Largest spike count that a signed byte's partner may have (see `rate_coding`)."""


def rate_model(snn: DeepSnn, packing: str = "int8", batch: int | str = "batch") -> ModelProto:
    """Return the ONNX model of the rate network of `snn` (see `networks.rate_network`).

    The input ``input`` is uint8, (batch, n_in); the output ``scores`` is float32,
    (batch, classes). Hidden signals are bytes: spike counts 0 ... steps.

    Raises
    ------
    ExportError
        The network has no equivalent rate network.
    """
    try:
        check_rate(snn)
    except ConfigError as problem:
        raise ExportError(f"shape = 'rate': {problem}") from None
    if snn.steps > MOST_STEPS:
        raise ExportError(
            f"shape = 'rate': steps = {snn.steps}; they must be at most {MOST_STEPS}."
        )
    builder = Builder()
    low = builder.constant("none", np.float32(0))
    high = builder.constant("all", np.float32(snn.steps))
    signal = "input"
    for index, layer in enumerate(snn.layers, start=1):
        planes = add_weights(builder, layer, index, packing)
        total = add_current(builder, signal, planes, index)
        if index == 1:
            total = builder.node("Mul", [total, high], "charge_1")
        start = builder.constant(f"start_{index}", snn.start(layer))
        if index == len(snn.layers):
            builder.node("Add", [total, start], "scores")
            break
        total = builder.node("Add", [total, start], f"total_{index}")
        level = builder.constant(f"threshold_{index}", np.float32(layer.threshold))
        ratio = builder.node("Div", [total, level], f"ratio_{index}")
        whole = builder.node("Floor", [ratio], f"whole_{index}")
        held = builder.node("Clip", [whole, low, high], f"held_{index}")
        signal = builder.node("Cast", [held], f"counts_{index}", to=TensorProto.UINT8)
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        builder.nodes,
        "rate",
        [info("input", TensorProto.UINT8, [batch, snn.layers[0].weights.shape[0]])],
        [info("scores", TensorProto.FLOAT, [batch, snn.layers[-1].weights.shape[1]])],
        initializer=builder.initialisers,
    )
    return wrapped(graph)


def rate_probes(model: ModelProto) -> None:
    """Add the hidden spike counts to the outputs of `model`, for comparison."""
    for node in model.graph.node:
        if node.output[0].startswith("counts_"):
            info = helper.make_tensor_value_info(node.output[0], TensorProto.UINT8, None)
            model.graph.output.append(info)


def rate_reading(snn: DeepSnn) -> str:
    """Return how to feed a rate model and read its outputs, in words."""
    return (
        "Input: grey value (0..255) divided by two, rounded down. Run once. The largest of the "
        f"scores is the decision. Hidden signals are spike counts of {snn.steps} time steps."
    )
