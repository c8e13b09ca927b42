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
from networks.export.scalars import add_scalars
from networks.monitor import UNSURE, ProcessMonitor
from networks.recurrent_features import bin_edges
from neuroskyrm.errors import ExportError
from neuroskyrm.io.atomic import replacing

KEY = "neuroskyrm.monitor"
"""Key of the JSON description among the model's metadata."""


def export_monitor(monitor: ProcessMonitor, path: Path) -> Path:
    """Write `monitor` as an ONNX step graph.

    Inputs are ``sz`` (float32; any number of sites, or rows and columns where the monitor has
    several regions or scalars) and ``state`` (hidden); outputs are ``next_state``,
    ``probabilities``, ``novelty`` and ``verdict`` (index of the class, -1 when unsure). A monitor
    that reads changes also takes ``first`` (its own output ``next_first`` of the frame before)
    and ``begun``, which is 0 for the first frame and 1 afterwards.

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
    profile = _add_profiles(builder, monitor)
    if monitor.scalars:
        profile = add_scalars(builder, monitor.scalars, profile)
    count = monitor.classifier.input_count
    inputs, outputs = [], []
    if monitor.relative:
        profile = _add_change(builder, profile)
        inputs = [_value("first", [count]), _value("begun", [])]
        outputs = [_value("next_first", [count])]
    _add_network(builder, monitor, profile)
    _add_novelty(builder, monitor, profile)
    _add_verdict(builder, monitor)
    hidden, classes = monitor.classifier.outputs.shape
    graph = helper.make_graph(
        builder.nodes,
        "process_monitor_step",
        [
            _value("sz", ["sites"] if _flat(monitor) else ["rows", "columns"]),
            _value("state", [hidden]),
            *inputs,
        ],
        [
            _value("next_state", [hidden]),
            _value("probabilities", [classes]),
            _value("novelty", []),
            helper.make_tensor_value_info("verdict", TensorProto.INT64, []),
            *outputs,
        ],
        builder.initialisers,
    )
    model = wrapped(graph)
    about = {
        "classes": monitor.classifier.classes,
        "interval": monitor.interval,
        "regions": monitor.regions,
        "relative": monitor.relative,
        "flat": _flat(monitor),
    }
    helper.set_model_props(model, {KEY: json.dumps(about)})
    onnx.checker.check_model(model)
    with replacing(path) as temporary:
        onnx.save(model, temporary)
    return path


def _flat(monitor: ProcessMonitor) -> bool:
    """Return whether it does not matter to the monitor where the sites lie."""
    return monitor.regions == 1 and not monitor.scalars


def _value(name: str, shape: list[Any]) -> Any:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _add_profiles(builder: Builder, monitor: ProcessMonitor) -> str:
    """Add the quantile function of every region, one after another."""
    regions = monitor.regions
    count = (monitor.classifier.input_count - len(monitor.scalars)) // regions
    edges = bin_edges(count, monitor.spacing)
    builder.constant("axis", np.int64(0))
    builder.constant("one", np.array([1], dtype=np.int64))
    builder.constant("edges", edges)
    builder.constant("edge_widths", np.diff(edges))
    builder.constant("upper", np.arange(1, count + 1))
    builder.constant("lower", np.arange(count))
    if regions == 1:
        sites = "sz"
        if not _flat(monitor):
            sites = _flattened(builder, "sz", "sites")
        return _add_profile(builder, sites, "profile")
    names = [f"part_{k}" for k in range(regions)]
    builder.nodes.append(helper.make_node("Shape", ["sz"], ["columns"], start=1))
    builder.constant("regions", np.array([regions], dtype=np.int64))
    builder.node("Div", ["columns", "regions"], "narrow")
    builder.node("Mod", ["columns", "regions"], "wider")
    for k, name in enumerate(names):
        _add_part(builder, k, name)
    profiles = [_add_profile(builder, name, f"profile_{name}") for name in names]
    return builder.node("Concat", profiles, "profile", axis=0)


def _add_change(builder: Builder, profile: str) -> str:
    """Add the change since the first frame, which is this one unless ``begun`` is 1."""
    one = builder.constant("begun_one", np.float32(1.0))
    fresh = builder.node("Sub", [one, "begun"], "fresh")
    kept = builder.node("Mul", ["first", "begun"], "kept")
    new = builder.node("Mul", [profile, fresh], "new")
    first = builder.node("Add", [kept, new], "next_first")
    return builder.node("Sub", [profile, first], "change")


def _add_part(builder: Builder, k: int, name: str) -> None:
    """Add part `k` along x, cut as numpy's array_split does, as one row of sites."""
    axis = builder.constant(f"{name}_axis", np.array([1], dtype=np.int64))
    ends = []
    for which, number in (("start", k), ("end", k + 1)):
        index = builder.constant(f"{name}_{which}_index", np.array([number], dtype=np.int64))
        base = builder.node("Mul", [index, "narrow"], f"{name}_{which}_base")
        extra = builder.node("Min", [index, "wider"], f"{name}_{which}_extra")
        ends.append(builder.node("Add", [base, extra], f"{name}_{which}"))
    cut = builder.node("Slice", ["sz", *ends, axis], f"{name}_cut")
    _flattened(builder, cut, name)


def _flattened(builder: Builder, plane: str, result: str) -> str:
    row = builder.constant(f"{result}_row", np.array([-1], dtype=np.int64))
    return builder.node("Reshape", [plane, row], result)


def _add_profile(builder: Builder, sites_of: str, result: str) -> str:
    """Add sorting and the means of the quantile function over the bins."""

    def name(text: str) -> str:
        return f"{text}_{sites_of}"

    sites = builder.node("Shape", [sites_of], name("sites_count"))
    builder.nodes.append(
        helper.make_node("TopK", [sites_of, sites], [name("ordered"), name("order")], largest=0)
    )
    wide = builder.node("Cast", [name("ordered")], name("ordered_wide"), to=TensorProto.DOUBLE)
    count = builder.node("Cast", [sites], name("count_wide"), to=TensorProto.DOUBLE)
    total = builder.node("CumSum", [wide, "axis"], name("total"), exclusive=1)
    place = builder.node("Mul", ["edges", count], name("place"))
    below = builder.node("Floor", [place], name("below"))
    index = builder.node("Cast", [below], name("below_index"), to=TensorProto.INT64)
    last = builder.node("Sub", [sites, "one"], name("last_site"))
    whole = builder.node("Min", [index, last], name("whole"))
    whole_wide = builder.node("Cast", [whole], name("whole_wide"), to=TensorProto.DOUBLE)
    part = builder.node("Sub", [place, whole_wide], name("part"))
    height = builder.node("Gather", [wide, whole], name("height"))
    base = builder.node("Gather", [total, whole], name("base"))
    rest = builder.node("Mul", [part, height], name("rest"))
    integral = builder.node("Add", [base, rest], name("integral"))
    high = builder.node("Gather", [integral, "upper"], name("integral_high"))
    low = builder.node("Gather", [integral, "lower"], name("integral_low"))
    mass = builder.node("Sub", [high, low], name("mass"))
    width = builder.node("Mul", ["edge_widths", count], name("width"))
    mean = builder.node("Div", [mass, width], name("mean"))
    return builder.node("Cast", [mean], result, to=TensorProto.FLOAT)


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
        known = json.loads(about[KEY])
        self.classes: tuple[str, ...] = tuple(known["classes"])
        self._flat = bool(known.get("flat", known.get("regions", 1) == 1))
        self._relative = bool(known.get("relative", False))
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
        self._first: NDArray[np.float32] | None = None

    def update(self, sz: NDArray[np.floating]) -> StepResult:
        """Take one sound frame of S_z: of any shape, or (ny, nx) for regions or scalars."""
        sites = np.ravel(sz) if self._flat else sz
        feed = {"sz": sites.astype(np.float32), "state": self._state}
        if self._relative:
            count = self._session.get_inputs()[2].shape[0]
            unknown = np.zeros(count, dtype=np.float32)
            feed["first"] = unknown if self._first is None else self._first
            feed["begun"] = np.array(self._first is not None, dtype=np.float32)
        self._state, p, novelty, verdict, *rest = self._session.run(None, feed)
        if rest:
            self._first = rest[0]
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
