"""The layer-wise shape: one integer product over all time steps a layer, then only neurons.

A feed-forward net needs no time loop around its products: the spikes of a layer over all steps
are one matrix. What is left of the loop is a Scan whose body is the neuron update alone.
"""

from __future__ import annotations

import numpy as np
from onnx import ModelProto, TensorProto, ValueInfoProto, helper

from networks.deep_snn import DeepSnn
from networks.export._graph import Builder, add_current, add_neuron, add_weights, wrapped


def layerwise_model(snn: DeepSnn, packing: str = "int8", batch: int | str = "batch") -> ModelProto:
    """Return the ONNX model of a whole run of `snn`.

    The input ``input`` is uint8, (batch, n_in) for constant drives and (steps, batch, n_in) for
    spikes; the outputs are ``scores`` (float32) and ``counts`` (int32), both (batch, classes).

    Parameters
    ----------
    snn : DeepSnn
        The network.
    packing : {"int8", "int4"}
        How weights are stored; "int4" needs devices without spread.
    batch : int or str
        Fixed batch size, or the name of a free one.

    Returns
    -------
    ModelProto
    """
    builder = Builder()
    constant = snn.coding.kind == "constant"
    shape = [batch, snn.layers[0].weights.shape[0]]
    image = helper.make_tensor_value_info(
        "input", TensorProto.UINT8, shape if constant else [snn.steps, *shape]
    )
    builder.constant("first", np.array([0], np.int64))
    builder.constant("steps", np.array([snn.steps], np.int64))
    signal = "input"
    for index, layer in enumerate(snn.layers, start=1):
        planes = add_weights(builder, layer, index, packing)
        current = add_current(builder, signal, planes, index)
        if index == 1 and constant:
            current = _repeated(builder, current)
        start = _start(builder, snn, current, index)
        body = _body(snn, index, batch)
        builder.nodes.append(
            helper.make_node(
                "Scan",
                [start, current],
                [f"membrane_{index}_next", f"spikes_{index}"],
                f"neurons_{index}",
                body=body,
                num_scan_inputs=1,
            )
        )
        signal = f"spikes_{index}"
    outputs = _readout(builder, snn, len(snn.layers), batch)
    graph = helper.make_graph(
        builder.nodes, "layerwise", [image], outputs, initializer=builder.initialisers
    )
    return wrapped(graph)


def _repeated(builder: Builder, current: str) -> str:
    """Repeat the constant current of the first layer over all steps."""
    shape = builder.node("Shape", [current], "shape_input")
    whole = builder.node("Concat", ["steps", shape], "shape_repeated", axis=0)
    return builder.node("Expand", [current, whole], "repeated")


def _start(builder: Builder, snn: DeepSnn, current: str, index: int) -> str:
    """Return the membranes before the first step, shape (batch, n)."""
    value = builder.constant(f"start_{index}", snn.start(snn.layers[index - 1]))
    shape = builder.node("Shape", [current], f"shape_{index}", start=1)
    return builder.node("Expand", [value, shape], f"membrane_{index}_start")


def _body(snn: DeepSnn, index: int, batch: int | str) -> object:
    """Return the Scan body: the neuron update of one step, nothing else."""
    inner = Builder()
    add_neuron(inner, snn, "current", "membrane", index)
    shape = [batch, snn.layers[index - 1].weights.shape[1]]
    info = helper.make_tensor_value_info
    # Inside, names are the body's own: membranes and spikes of this one step.
    return helper.make_graph(
        inner.nodes,
        f"neuron_{index}",
        [info("membrane", TensorProto.FLOAT, shape), info("current", TensorProto.FLOAT, shape)],
        [
            info(f"membrane_{index}_next", TensorProto.FLOAT, shape),
            info(f"spikes_{index}", TensorProto.UINT8, shape),
        ],
        initializer=inner.initialisers,
    )


def _readout(builder: Builder, snn: DeepSnn, last: int, batch: int | str) -> list[ValueInfoProto]:
    """Add ``counts`` and ``scores`` and return them as outputs."""
    numbers = builder.node("Cast", [f"spikes_{last}"], "numbers", to=TensorProto.INT32)
    counts = builder.node("ReduceSum", [numbers, "first"], "counts", keepdims=0)
    score = builder.node("Cast", [counts], "score_counts", to=TensorProto.FLOAT)
    if snn.readout == "charge":
        weight = builder.constant("charge", np.float32(snn.layers[-1].threshold))
        charge = builder.node("Mul", [score, weight], "score_charge")
        builder.node("Add", [charge, f"membrane_{last}_next"], "scores")
    else:
        builder.nodes[-1].output[0] = "scores"
    shape = [batch, snn.layers[-1].weights.shape[1]]
    return [
        helper.make_tensor_value_info("scores", TensorProto.FLOAT, shape),
        helper.make_tensor_value_info("counts", TensorProto.INT32, shape),
    ]


def layerwise_probes(model: ModelProto) -> None:
    """Add every spike and the last membranes to the outputs of `model`, for comparison."""
    for node in model.graph.node:
        if node.op_type == "Scan":
            membrane, spikes = node.output
            model.graph.output.append(
                helper.make_tensor_value_info(spikes, TensorProto.UINT8, None)
            )
            model.graph.output.append(
                helper.make_tensor_value_info(membrane, TensorProto.FLOAT, None)
            )


def layerwise_reading(snn: DeepSnn) -> str:
    """Return how to feed a layer-wise model and read its outputs, in words."""
    drive = (
        "Input: grey value (0..255) divided by two, rounded down."
        if snn.coding.kind == "constant"
        else f"Input: {snn.steps} steps of 1 with probability grey value / 255 times "
        f"{snn.coding.full:g}, else 0."
    )
    return f"{drive} Run once. The largest of the scores is the decision."
