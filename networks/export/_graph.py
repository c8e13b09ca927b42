"""The pieces that all ONNX shapes share: weights, currents and the neuron update, as nodes.

Only Cast, MatMulInteger, Mul, Add, GreaterOrEqual and Where are used here: what runtimes and
code generators for microcontrollers know. All products are of unsigned bytes (inputs, spikes)
with signed bytes (weights), so results are integers and equal everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from networks.deep_snn import DeepSnn, SpikingLayer
from networks.fixed_point import DIGIT, split
from neuroskyrm.errors import ExportError

OPSET = 21
"""The first opset in which Cast reads 4-bit integers."""

IR_VERSION = 10


@dataclass
class Builder:
    """Collects nodes and initialisers of one graph.

    Attributes
    ----------
    nodes : list of NodeProto
        In order of execution.
    initialisers : list of TensorProto
        Weights and constants.
    """

    nodes: list[NodeProto] = field(default_factory=list)
    initialisers: list[TensorProto] = field(default_factory=list)

    def constant(self, name: str, array: ArrayLike) -> str:
        """Add an initialiser and return its name."""
        self.initialisers.append(numpy_helper.from_array(np.asarray(array, order="C"), name))
        return name

    def node(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """Add a node with one output and return the output's name."""
        self.nodes.append(helper.make_node(operator, inputs, [output], output, **attributes))
        return output


def add_weights(builder: Builder, layer: SpikingLayer, index: int, packing: str) -> list[str]:
    """Add the weights of a layer and return the names of its int8 planes, the high one first."""
    if packing == "int4":
        return [_unpacked(builder, layer, index)]
    names = ["weights", "weights_low"][: layer.planes]
    parts = split(layer.weights, layer.planes)
    return [
        builder.constant(f"{name}_{index}", part.astype(np.int8))
        for name, part in zip(names, parts, strict=True)
    ]


def level_table(layer: SpikingLayer) -> NDArray[np.int16]:
    """Return the positive weights of a layer, ascending, if 4-bit codes can name them all.

    Raises
    ------
    ExportError
        The layer has two planes, or more than 7 positive levels (devices with spread have).
    """
    table: NDArray[np.int16] = np.unique(np.abs(layer.weights))
    table = table[table > 0]
    if layer.planes != 1 or table.size > 7:
        raise ExportError(
            f"packing = 'int4': the layer holds {table.size} positive levels in {layer.planes} "
            "plane(s); it must be at most 7 in 1: export unspread devices, or use 'int8'."
        )
    return table


def _unpacked(builder: Builder, layer: SpikingLayer, index: int) -> str:
    """Store 4-bit level codes, and unfold them to the device's unequal levels, exactly.

    A thermometer: each level adds its own step to all codes at or above it. Runtimes fold this
    into constants when they load the model.
    """
    table = level_table(layer)
    codes = np.sign(layer.weights) * np.searchsorted(table, np.abs(layer.weights), side="left")
    codes += np.sign(layer.weights)
    name = f"codes_{index}"
    nibbles = codes.astype(np.uint8).ravel() & 15
    nibbles = np.append(nibbles, np.zeros(nibbles.size % 2, np.uint8))
    raw = (nibbles[::2] | nibbles[1::2] << 4).tobytes()
    packed = helper.make_tensor(name, TensorProto.INT4, codes.shape, raw, raw=True)
    builder.initialisers.append(packed)
    code = builder.node("Cast", [name], f"code_{index}", to=TensorProto.FLOAT)
    nought = builder.constant(f"nought_{index}", np.float32(0))
    total = ""
    for level, step in enumerate(np.diff(table, prepend=np.int16(0)), start=1):
        tag = f"{index}_{level}"
        up = builder.constant(f"step_{tag}", np.float32(step))
        down = builder.constant(f"down_{tag}", np.float32(-step))
        upper = builder.constant(f"upper_{tag}", np.float32(level))
        lower = builder.constant(f"lower_{tag}", np.float32(1 - level))
        above = builder.node("GreaterOrEqual", [code, upper], f"above_{tag}")
        inside = builder.node("GreaterOrEqual", [code, lower], f"inside_{tag}")
        gain = builder.node("Where", [above, up, nought], f"gain_{tag}")
        loss = builder.node("Where", [inside, nought, down], f"loss_{tag}")
        change = builder.node("Add", [gain, loss], f"change_{tag}")
        total = builder.node("Add", [total, change], f"total_{tag}") if total else change
    return builder.node("Cast", [total], f"weights_{index}", to=TensorProto.INT8)


def add_current(builder: Builder, signal: str, planes: list[str], index: int) -> str:
    """Add the input current of a layer, in float32, and return its name."""
    total = ""
    for place, plane in enumerate(planes):
        tag = f"{index}_{place}"
        product = builder.node("MatMulInteger", [signal, plane], f"product_{tag}")
        part = builder.node("Cast", [product], f"part_{tag}", to=TensorProto.FLOAT)
        if total:
            digit = builder.constant(f"digit_{index}", DIGIT)
            shifted = builder.node("Mul", [total, digit], f"shifted_{tag}")
            part = builder.node("Add", [shifted, part], f"sum_{tag}")
        total = part
    return total


def add_neuron(builder: Builder, snn: DeepSnn, current: str, membrane: str, index: int) -> None:
    """Add the neuron update: ``spikes_i`` (uint8) and ``membrane_i_next`` from `membrane`."""
    threshold = np.float32(snn.layers[index - 1].threshold)
    factor = snn.neuron.leak(snn.coding.time_step)
    level = builder.constant(f"threshold_{index}", threshold)
    leaked = membrane
    if factor != 1:  # times one would be a node a step for nothing
        leak = builder.constant(f"leak_{index}", factor)
        leaked = builder.node("Mul", [membrane, leak], f"leaked_{index}")
    charged = builder.node("Add", [leaked, current], f"charged_{index}")
    fired = builder.node("GreaterOrEqual", [charged, level], f"fired_{index}")
    if snn.neuron.reset == "subtract":
        minus = builder.constant(f"reset_{index}", -threshold)
        rest = builder.node("Add", [charged, minus], f"rest_{index}")
    else:
        rest = builder.constant(f"rest_{index}", np.float32(0))
    builder.node("Where", [fired, rest, charged], f"membrane_{index}_next")
    builder.node("Cast", [fired], f"spikes_{index}", to=TensorProto.UINT8)


def wrapped(graph: GraphProto) -> ModelProto:
    """Return `graph` as a model with our producer, opset and file version."""
    return helper.make_model(
        graph,
        producer_name="neuroskyrm",
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
    )
