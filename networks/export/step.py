"""The step shape: one time step, membranes in and out, for streaming and microcontrollers."""

from __future__ import annotations

from onnx import ModelProto, TensorProto, helper

from networks.deep_snn import DeepSnn
from networks.export._graph import Builder, add_current, add_neuron, add_weights, wrapped


def step_model(snn: DeepSnn, packing: str = "int8", batch: int | str = "batch") -> ModelProto:
    """Return the ONNX model of one time step of `snn`.

    Inputs are ``input`` (uint8, (batch, n_in)) and ``membrane_i`` (float32, (batch, n_i)) of each
    layer i; outputs are ``spikes_i`` (uint8) and ``membrane_i_next`` of each layer.

    Parameters
    ----------
    snn : DeepSnn
        The network.
    packing : {"int8", "int4"}
        How weights are stored; "int4" needs devices without spread.
    batch : int or str
        Fixed batch size (code generators need one), or the name of a free one.

    Returns
    -------
    ModelProto
    """
    builder = Builder()
    n_in = snn.layers[0].weights.shape[0]
    inputs = [helper.make_tensor_value_info("input", TensorProto.UINT8, [batch, n_in])]
    outputs = []
    signal = "input"
    for index, layer in enumerate(snn.layers, start=1):
        planes = add_weights(builder, layer, index, packing)
        current = add_current(builder, signal, planes, index)
        add_neuron(builder, snn, current, f"membrane_{index}", index)
        signal = f"spikes_{index}"
        shape = [batch, layer.weights.shape[1]]
        info = helper.make_tensor_value_info
        inputs.append(info(f"membrane_{index}", TensorProto.FLOAT, shape))
        outputs.append(info(signal, TensorProto.UINT8, shape))
        outputs.append(info(f"membrane_{index}_next", TensorProto.FLOAT, shape))
    graph = helper.make_graph(
        builder.nodes, "step", inputs, outputs, initializer=builder.initialisers
    )
    return wrapped(graph)


def step_reading(snn: DeepSnn) -> str:
    """Return how to feed a step model and read its outputs, in words."""
    starts = ", ".join(f"{float(snn.start(layer)):.0f}" for layer in snn.layers)
    drive = (
        "grey value (0..255) divided by two, rounded down, the same in every step"
        if snn.coding.kind == "constant"
        else "1 with probability grey value / 255 times "
        f"{snn.coding.full:g}, else 0, drawn anew in every step"
    )
    score = "the sum of its spikes over all steps" + (
        f" times {snn.layers[-1].threshold:.0f} plus its last membrane"
        if snn.readout == "charge"
        else ""
    )
    return (
        f"Run {snn.steps} times. Input: {drive}. Start membrane_1.. at {starts}; feed each "
        "membrane_i_next back as membrane_i. The score of a class, from the last layer, is "
        f"{score}; the largest score is the decision."
    )
