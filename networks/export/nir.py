"""NIR: the exchange format of neuromorphic tools (Pedersen et al., Nat. Commun. 15, 8122, 2024).

A network is a chain Input, Linear, IF or LIF, Linear, ..., Output. NIR's neurons are equations in
continuous time, and fire above their threshold where ours fire at it; both are met exactly:

- a step of the leaky neuron is the exact solution over one time step, so that the resistance is
  r = 1 / (1 - exp(-dt / tau)); without leak r = 1 / dt;
- the threshold is the largest single-precision number below ours.

What NIR has no words for (reset by subtraction, the membrane at the start, the input code, units)
stands in the graph's metadata.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from networks.deep_snn import DeepSnn, Neuron, SpikingLayer
from networks.rate_coding import Coding
from neuroskyrm.errors import ExportError
from neuroskyrm.io.atomic import replacing

FORMAT = "neuroskyrm-deep-snn-1"


def to_nir(snn: DeepSnn) -> Any:
    """Return `snn` as a ``nir.NIRGraph``; read noise is left out."""
    import nir

    sizes = [snn.layers[0].weights.shape[0], *(la.weights.shape[1] for la in snn.layers)]
    nodes: dict[str, Any] = {"input": nir.Input({"input": np.array([sizes[0]])})}
    chain = ["input"]
    for index, layer in enumerate(snn.layers, start=1):
        nodes[f"weights_{index}"] = nir.Linear(layer.weights.T.astype(np.float32))
        nodes[f"neurons_{index}"] = _neurons(snn, layer)
        chain += [f"weights_{index}", f"neurons_{index}"]
    nodes["output"] = nir.Output({"output": np.array([sizes[-1]])})
    chain.append("output")
    edges = list(pairwise(chain))
    return nir.NIRGraph(nodes, edges, metadata={"neuroskyrm": json.dumps(_note(snn))})


def _neurons(snn: DeepSnn, layer: SpikingLayer) -> Any:
    import nir

    size = layer.weights.shape[1]
    threshold = np.full(size, np.nextafter(np.float32(layer.threshold), np.float32(0)))
    step = snn.coding.time_step
    if snn.neuron.leak_time is None:
        return nir.IF(r=np.full(size, 1 / step), v_threshold=threshold)
    leak = float(np.exp(-step / snn.neuron.leak_time))
    return nir.LIF(
        tau=np.full(size, snn.neuron.leak_time),
        r=np.full(size, 1 / (1 - leak)),
        v_leak=np.zeros(size),
        v_threshold=threshold,
    )


def _note(snn: DeepSnn) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "neuron": vars(snn.neuron),
        "coding": vars(snn.coding),
        "steps": snn.steps,
        "readout": snn.readout,
        "layers": [{"planes": layer.planes, "unit": layer.unit} for layer in snn.layers],
        "starts": [float(snn.start(layer)) for layer in snn.layers],
    }


def export_nir(snn: DeepSnn, path: Path) -> Path:
    """Write `snn` as a NIR file (HDF5), in one step, and return its path."""
    import nir

    with replacing(Path(path)) as temporary:
        nir.write(temporary, to_nir(snn))
    return Path(path)


def import_nir(path: Path) -> DeepSnn:
    """Read a network that `export_nir` wrote.

    Parameters
    ----------
    path : Path
        The NIR file.

    Returns
    -------
    DeepSnn
        Spike for spike the network that was exported.

    Raises
    ------
    ExportError
        The file is missing, damaged, or not one of ours.
    """
    import nir

    path = Path(path)
    if not path.is_file():
        raise ExportError(f"{path}: no such file; it must be an exported NIR graph.")
    try:
        graph = nir.read(path)
        note = json.loads(_text(graph.metadata["neuroskyrm"]))
        if note["format"] != FORMAT:
            raise ExportError(f"{path}: 'format' = {note['format']!r} must be '{FORMAT}'.")
        return _network(graph.nodes, note)
    except (OSError, KeyError, TypeError, ValueError, AttributeError, AssertionError) as problem:
        if isinstance(problem, ExportError):
            raise
        reason = str(problem).strip("'\"").rstrip(".") or type(problem).__name__
        raise ExportError(
            f"{path}: not a NIR graph of neuroskyrm ({reason}); export it again."
        ) from None


def _text(value: Any) -> str:
    """Return metadata as text: HDF5 may give it back as bytes or as an array."""
    item = value.item() if isinstance(value, np.ndarray) else value
    return item.decode() if isinstance(item, bytes) else str(item)


def _network(nodes: dict[str, Any], note: dict[str, Any]) -> DeepSnn:
    layers = []
    for index, entry in enumerate(note["layers"], start=1):
        weights: NDArray[np.float32] = nodes[f"weights_{index}"].weight.T
        whole = np.ascontiguousarray(np.rint(weights).astype(np.int16))
        below = np.float32(nodes[f"neurons_{index}"].v_threshold[0])
        threshold = float(np.nextafter(below, np.float32(np.inf)))
        layers.append(SpikingLayer(whole, entry["planes"], entry["unit"], threshold))
    neuron, coding = Neuron(**note["neuron"]), Coding(**note["coding"])
    return DeepSnn(tuple(layers), neuron, coding, note["steps"], note["readout"])
