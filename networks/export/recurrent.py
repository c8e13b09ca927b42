"""The process monitor as a stateful ONNX step graph: one frame and a state in, a verdict out.

The graph holds the whole step: sorting, quantile bins for any number of sites, the recurrent
network, novelty, and the decision. The caller keeps the hidden state between frames and leaves
out damaged frames, as `ProcessMonitor` does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper

from networks.export._graph import Builder, wrapped
from networks.monitor import UNSURE, ProcessMonitor
from networks.recurrent_features import bin_edges
from neuroskyrm.errors import ExportError
from neuroskyrm.io.atomic import replacing

KEY = "neuroskyrm.monitor"
"""Key of the JSON description among the model's metadata."""


def export_monitor(monitor: ProcessMonitor, path: Path) -> Path:
    """Write `monitor` as an ONNX step graph.

    Inputs are ``sz`` (any number of sites, float32) and ``state`` (hidden); outputs are
    ``next_state``, ``probabilities``, ``novelty`` and ``verdict`` (index of the class, -1 when
    unsure).

    Parameters
    ----------
    monitor : ProcessMonitor
        A trained monitor; its counters are not exported.
    path : Path
        The file to write.

    Returns
    -------
    Path
        The file.
    """
    builder = Builder()
    profile = _add_profile(builder, monitor)
    _add_network(builder, monitor, profile)
    _add_novelty(builder, monitor, profile)
    _add_verdict(builder, monitor)
    hidden, classes = monitor.classifier.outputs.shape
    graph = helper.make_graph(
        builder.nodes,
        "process_monitor_step",
        [_value("sz", ["sites"]), _value("state", [hidden])],
        [
            _value("next_state", [hidden]),
            _value("probabilities", [classes]),
            _value("novelty", []),
            helper.make_tensor_value_info("verdict", TensorProto.INT64, []),
        ],
        builder.initialisers,
    )
    model = wrapped(graph)
    about = {"classes": monitor.classifier.classes, "interval": monitor.interval}
    helper.set_model_props(model, {KEY: json.dumps(about)})
    onnx.checker.check_model(model)
    with replacing(path) as temporary:
        onnx.save(model, temporary)
    return path


def _value(name: str, shape: list[Any]) -> Any:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _add_profile(builder: Builder, monitor: ProcessMonitor) -> str:
    """Add sorting and the means of the quantile function over the bins."""
    edges = bin_edges(monitor.classifier.input_count, monitor.spacing)
    axis = builder.constant("axis", np.int64(0))
    one = builder.constant("one", np.array([1], dtype=np.int64))
    sites = builder.node("Shape", ["sz"], "sites_count")
    builder.nodes.append(
        helper.make_node("TopK", ["sz", "sites_count"], ["ordered", "order"], largest=0)
    )
    wide = builder.node("Cast", ["ordered"], "ordered_wide", to=TensorProto.DOUBLE)
    count = builder.node("Cast", [sites], "count_wide", to=TensorProto.DOUBLE)
    total = builder.node("CumSum", [wide, axis], "total", exclusive=1)
    place = builder.node("Mul", [builder.constant("edges", edges), count], "place")
    below = builder.node("Floor", [place], "below")
    index = builder.node("Cast", [below], "below_index", to=TensorProto.INT64)
    last = builder.node("Sub", [sites, one], "last_site")
    whole = builder.node("Min", [index, last], "whole")
    whole_wide = builder.node("Cast", [whole], "whole_wide", to=TensorProto.DOUBLE)
    part = builder.node("Sub", [place, whole_wide], "part")
    height = builder.node("Gather", [wide, whole], "height")
    base = builder.node("Gather", [total, whole], "base")
    rest = builder.node("Mul", [part, height], "rest")
    integral = builder.node("Add", [base, rest], "integral")
    bins = monitor.classifier.input_count
    upper = builder.constant("upper", np.arange(1, bins + 1))
    lower = builder.constant("lower", np.arange(bins))
    high = builder.node("Gather", [integral, upper], "integral_high")
    low = builder.node("Gather", [integral, lower], "integral_low")
    mass = builder.node("Sub", [high, low], "mass")
    width = builder.node("Mul", [builder.constant("widths", np.diff(edges)), count], "width")
    mean = builder.node("Div", [mass, width], "mean")
    return builder.node("Cast", [mean], "profile", to=TensorProto.FLOAT)


def _add_network(builder: Builder, monitor: ProcessMonitor, profile: str) -> None:
    """Add ``next_state`` and ``probabilities``."""
    net = monitor.classifier
    drive = builder.node("MatMul", [profile, builder.constant("V", net.inputs)], "drive")
    past = builder.node("MatMul", ["state", builder.constant("U", net.recurrent)], "past")
    both = builder.node("Add", [drive, past], "drive_and_past")
    bias = builder.constant("b", net.hidden_bias)
    builder.node("Sigmoid", [builder.node("Add", [both, bias], "charge")], "next_state")
    scores = builder.node("MatMul", ["next_state", builder.constant("W", net.outputs)], "scores")
    logits = builder.node("Add", [scores, builder.constant("c", net.output_bias)], "logits")
    heat = builder.constant("temperature", np.float32(net.temperature))
    builder.node("Softmax", [builder.node("Div", [logits, heat], "cooled")], "probabilities")


def _add_novelty(builder: Builder, monitor: ProcessMonitor, profile: str) -> None:
    """Add the distance to the nearest reference profile, in units of the usual one."""
    known = builder.constant("references", monitor.references)
    apart = builder.node("Sub", [known, profile], "apart")
    axes = builder.constant("feature_axis", np.array([1], dtype=np.int64))
    squares = builder.node("Mul", [apart, apart], "squares")
    distances = builder.node("ReduceMean", [squares, axes], "distances", keepdims=0)
    nearest = builder.node("ReduceMin", [distances], "nearest", keepdims=0)
    scale = builder.constant("novelty_scale", np.float32(monitor.novelty_scale))
    builder.node("Div", [builder.node("Sqrt", [nearest], "distance"), scale], "novelty")


def _add_verdict(builder: Builder, monitor: ProcessMonitor) -> None:
    """Add the class index, or -1 if no class is probable enough or the frame is too novel."""
    largest = builder.node("ReduceMax", ["probabilities"], "largest", keepdims=0)
    best = builder.node("ArgMax", ["probabilities"], "best", axis=0, keepdims=0)
    threshold = builder.constant("threshold", np.float32(monitor.threshold))
    limit = np.float32(min(monitor.largest_novelty, 1e30))
    known = builder.node("LessOrEqual", ["novelty", builder.constant("limit", limit)], "known")
    likely = builder.node("GreaterOrEqual", [largest, threshold], "likely")
    sure = builder.node("And", [known, likely], "sure")
    builder.node("Where", [sure, best, builder.constant("unsure", np.int64(-1))], "verdict")


@dataclass(frozen=True)
class StepResult:
    """What the step graph said about a frame.

    Parameters
    ----------
    label : str
        Class or "unsure".
    probabilities : tuple of float
    novelty : float
    """

    label: str
    probabilities: tuple[float, ...]
    novelty: float


class OnnxMonitor:
    """Runs an exported step graph in onnxruntime and keeps its state.

    Parameters
    ----------
    path : Path
        A file of `export_monitor`.

    Raises
    ------
    ExportError
        The file is missing, damaged, or not an exported monitor.
    """

    def __init__(self, path: Path) -> None:
        import onnxruntime

        model = _checked(path)
        about = {entry.key: entry.value for entry in model.metadata_props}
        self.classes: tuple[str, ...] = tuple(json.loads(about[KEY])["classes"])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        hidden = self._session.get_inputs()[1].shape[0]
        self._rest: NDArray[np.float32] = np.zeros(hidden, dtype=np.float32)
        self.reset()

    def reset(self) -> None:
        """Forget all frames."""
        self._state = self._rest

    def update(self, sz: NDArray[np.floating]) -> StepResult:
        """Take one sound frame of S_z, of any shape."""
        feed = {"sz": np.ravel(sz).astype(np.float32), "state": self._state}
        self._state, p, novelty, verdict = self._session.run(None, feed)
        label = self.classes[int(verdict)] if verdict >= 0 else UNSURE
        return StepResult(label, tuple(float(x) for x in p), float(novelty))


def _checked(path: Path) -> ModelProto:
    if not path.is_file():
        raise ExportError(f"{path}: there is no such file.")
    try:
        model = onnx.load(path)
        onnx.checker.check_model(model)
    except Exception as problem:
        reason = str(problem).strip().splitlines()[0]
        raise ExportError(f"{path}: not a readable ONNX file ({reason}).") from None
    if KEY not in {entry.key for entry in model.metadata_props}:
        raise ExportError(f"{path}: this ONNX file is not an exported process monitor.")
    return model


def differing_verdicts(
    path: Path, monitor: ProcessMonitor, processes: list[NDArray[np.floating]]
) -> tuple[int, float]:
    """Return how many verdicts differ between the exported and the original monitor.

    Parameters
    ----------
    path : Path
        The exported monitor.
    monitor : ProcessMonitor
        The original; it is reset.
    processes : list of ndarray
        Frames of S_z of each process, shape (frames, ny, nx).

    Returns
    -------
    count : int
        Verdicts with another label.
    error : float
        Largest difference of a probability.
    """
    exported, count, error = OnnxMonitor(path), 0, 0.0
    for frames in processes:
        exported.reset()
        monitor.reset()
        for k, frame in enumerate(frames):
            mine = monitor.update(frame, k * monitor.interval)
            other = exported.update(frame)
            if mine is None:
                continue
            count += mine.label != other.label
            pairs = zip(mine.probabilities, other.probabilities, strict=True)
            error = max(error, *(abs(a - b) for a, b in pairs))
    return count, error
