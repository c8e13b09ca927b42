"""Proof that an exported model spikes as the reference does: every spike, every membrane bit."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto

from networks.deep_snn import DeepSnn, SpikeRun
from networks.export.metadata import Note, read_model, restore
from networks.rate_coding import constant_drive, poisson_spikes
from neuroskyrm.errors import ExportError
from neuroskyrm.io.datasets import Bytes
from neuroskyrm.seeds import generator

_BATCH = 100  # images at once, as Poisson spikes are drawn


def verify_onnx(
    path: Path,
    images: Bytes | None = None,
    labels: NDArray[np.uint8] | None = None,
    reference: DeepSnn | None = None,
    threads: int = 1,
) -> dict[str, Any]:
    """Run an exported model in onnxruntime and compare it with the reference, spike by spike.

    Parameters
    ----------
    path : Path
        The exported file.
    images : ndarray of uint8, optional
        Grey values, shape (N, n_in); by default 1,000 random images.
    labels : ndarray of uint8, optional
        Classes of the images; the report then has the accuracy of both sides.
    reference : DeepSnn, optional
        The network that was exported; by default the one that the file's own tensors describe.
    threads : int
        Threads of onnxruntime.

    Returns
    -------
    dict
        ``images``, ``steps``, ``spikes`` (reference, in all), ``differing_spikes``,
        ``differing_membranes`` (float32 bit patterns), ``differing_decisions``, ``latency``
        [s per image and whole run], ``size`` [bytes], ``accuracy`` where labels are given.

    Raises
    ------
    ExportError
        The file is not one of ours, is damaged, or onnxruntime cannot run it.
    """
    path = Path(path)
    model, note = read_model(path)
    snn = reference if reference is not None else restore(model, note, path)
    n_in = snn.layers[0].weights.shape[0]
    if images is None:
        images = generator(0, "verify").integers(0, 256, (1000, n_in), dtype=np.uint8)
    session = _session(model, path, threads)
    totals: dict[str, Any] = {"spikes": 0, "differing_spikes": 0, "differing_membranes": 0}
    ours, theirs, seconds = [], [], 0.0
    for start in range(0, len(images), _BATCH):
        part = images[start : start + _BATCH]
        expected = snn.run(part, generator(start, "verify"), record=True)
        begun = time.perf_counter()
        found = RUNNERS[note.shape](session, snn, part, generator(start, "verify"))
        seconds += time.perf_counter() - begun
        for key, value in _differences(expected, found).items():
            totals[key] += value
        ours.append(expected.decisions())
        theirs.append(found.decisions())
    mine, other = np.concatenate(ours), np.concatenate(theirs)
    report = {
        "file": path.name,
        "shape": note.shape,
        "images": len(images),
        "steps": snn.steps,
        **totals,
        "differing_decisions": int((mine != other).sum()),
        "latency": seconds / len(images),
        "size": path.stat().st_size,
    }
    if labels is not None:
        report["accuracy"] = float((other == labels).mean())
        report["reference_accuracy"] = float((mine == labels).mean())
    return report


def _session(model: ModelProto, path: Path, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
    except Exception as problem:
        reason = str(problem).splitlines()[0]
        raise ExportError(f"{path}: onnxruntime cannot load the model ({reason}).") from None


def _differences(expected: SpikeRun, found: SpikeRun) -> dict[str, int]:
    """Count differing spikes, and differing bit patterns of membranes, over all layers."""
    counts = {"spikes": 0, "differing_spikes": 0, "differing_membranes": 0}
    for a, b in zip(expected.spikes or (), found.spikes or (), strict=True):
        counts["spikes"] += int(a.sum(dtype=np.int64))
        counts["differing_spikes"] += int((a != b).sum())
    for v, w in zip(expected.membranes or (), found.membranes or (), strict=True):
        same = v[-len(w) :].view(np.uint32) == w.view(np.uint32)
        counts["differing_membranes"] += int((~same).sum())
    return counts


def run_step(session: Any, snn: DeepSnn, images: Bytes, rng: np.random.Generator) -> SpikeRun:
    """Run a step model over all time steps, feeding the membranes back."""
    steps, count = snn.steps, len(images)
    if snn.coding.kind == "constant":
        inputs = np.broadcast_to(constant_drive(images), (steps, *images.shape))
    else:
        inputs = poisson_spikes(images, steps, snn.coding.full, rng)
    sizes = [layer.weights.shape[1] for layer in snn.layers]
    spikes = [np.empty((steps, count, size), np.uint8) for size in sizes]
    traces = [np.empty((steps, count, size), np.float32) for size in sizes]
    states = [np.full((count, n), snn.start(la)) for la, n in zip(snn.layers, sizes, strict=True)]
    names = [f"membrane_{k + 1}" for k in range(len(sizes))]
    for step in range(steps):
        feed = {
            "input": np.ascontiguousarray(inputs[step]),
            **dict(zip(names, states, strict=True)),
        }
        out = session.run(None, feed)
        states = out[1::2]
        for k in range(len(sizes)):
            spikes[k][step], traces[k][step] = out[2 * k], states[k]
    scores = snn.scores(spikes[-1].astype(np.float32), traces[-1])
    totals = spikes[-1].sum(0).astype(np.int32)
    rates = tuple(float(s.mean()) for s in spikes)
    return SpikeRun(scores, totals, rates, tuple(spikes), tuple(traces))


RUNNERS: dict[str, Callable[[Any, DeepSnn, Bytes, np.random.Generator], SpikeRun]] = {
    "step": run_step,
}


def describe_file(path: Path) -> Note:
    """Return what an exported file says about itself (see `Note`)."""
    return read_model(Path(path))[1]
