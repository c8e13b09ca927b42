"""Proof that an exported model spikes as the reference does: every spike, every membrane bit."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto

from networks.deep_snn import DeepSnn
from networks.export.metadata import Note, read_model, restore
from networks.export.runners import RUNNERS, Outcome, Runner
from neuroskyrm.errors import ExportError
from neuroskyrm.io.datasets import Bytes
from neuroskyrm.seeds import generator

_BATCH = 100  # images at once, where the model leaves the number free


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
        Classes of the images, or of the first of them; the report then has the accuracy of both
        sides on these.
    reference : DeepSnn, optional
        The network that was exported; by default the one that the file's own tensors describe.
        Its read noise is left out: an exported model has none.
    threads : int
        Threads of onnxruntime.

    Returns
    -------
    dict
        ``images``, ``steps``, ``spikes`` (reference, in all), ``differing_spikes``,
        ``differing_membranes`` (float32 bit patterns), ``differing_decisions``, ``latency``
        [s per image and whole run, in batches of 100], ``size`` [bytes], and ``accuracy`` and
        ``reference_accuracy`` where labels are given. Of a rate model, spikes are hidden spike
        counts and membranes are scores.

    Raises
    ------
    ExportError
        The file is not one of ours, is damaged, onnxruntime cannot run it, or the images do not
        fit it.
    """
    path = Path(path)
    model, note = read_model(path)
    snn = (reference if reference is not None else restore(model, note, path)).quiet()
    batch = _batch(model)
    images = _checked(images, snn, batch, path)
    runner = RUNNERS[note.shape]
    runner.probe(model)
    session = open_session(model, path, threads)
    totals = {"spikes": 0, "differing_spikes": 0, "differing_membranes": 0}
    ours, theirs, seconds = [], [], 0.0
    for start in range(0, len(images), batch or _BATCH):
        part = images[start : start + (batch or _BATCH)]
        expected = runner.reference(snn, part, generator(start, "verify"))
        begun = time.perf_counter()
        found = _found(runner, session, snn, part, start, path)
        seconds += time.perf_counter() - begun
        _check_shapes(expected, found, path)
        for key, value in _differences(expected, found).items():
            totals[key] += value
        ours.append(expected.decisions)
        theirs.append(found.decisions)
    mine, other = np.concatenate(ours), np.concatenate(theirs)
    report: dict[str, Any] = {
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
        known = labels[: len(images)]
        report["accuracy"] = float((other[: len(known)] == known).mean())
        report["reference_accuracy"] = float((mine[: len(known)] == known).mean())
    return report


def _batch(model: ModelProto) -> int:
    """Return the number of images that the model takes at once; 0 where it is free."""
    return int(model.graph.input[0].type.tensor_type.shape.dim[-2].dim_value)


def _checked(images: Bytes | None, snn: DeepSnn, batch: int, path: Path) -> Bytes:
    """Return the images to compare on, in whole batches; random ones by default."""
    n_in = snn.layers[0].weights.shape[0]
    if images is None:
        return generator(0, "verify").integers(0, 256, (1000, n_in), dtype=np.uint8)
    if images.ndim != 2 or images.shape[1] != n_in or not len(images):
        raise ExportError(f"{path}: the images have shape {images.shape}; it must be (N, {n_in}).")
    if len(images) < batch:
        raise ExportError(f"{path}: {len(images)} images; the model takes {batch} at once.")
    return images[: len(images) // batch * batch] if batch else images


def open_session(model: ModelProto, path: Path, threads: int = 1) -> Any:
    """Return an onnxruntime session of `model` on the processor.

    Raises
    ------
    ExportError
        onnxruntime refuses the model.
    """
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


def _found(
    runner: Runner, session: Any, snn: DeepSnn, images: Bytes, start: int, path: Path
) -> Outcome:
    """Return what the model says; a damaged graph may load and fail only here."""
    try:
        return runner.run(session, snn, images, generator(start, "verify"))
    except Exception as problem:
        reason = str(problem).splitlines()[0]
        raise ExportError(f"{path}: onnxruntime cannot run the model ({reason}).") from None


def _check_shapes(expected: Outcome, found: Outcome, path: Path) -> None:
    """Refuse a model whose outputs are not those of the reference in number and shape."""
    wanted, given = _shapes(expected), _shapes(found)
    if wanted != given:
        raise ExportError(f"{path}: the outputs have shapes {given}; they must be {wanted}.")


def _shapes(side: Outcome) -> list[tuple[int, ...]]:
    parts: list[NDArray[Any]] = [*side.spikes, *side.membranes, side.decisions]
    return [part.shape for part in parts]


def _differences(expected: Outcome, found: Outcome) -> dict[str, int]:
    """Count differing spikes, and differing bit patterns of membranes, over all layers."""
    counts = {"spikes": 0, "differing_spikes": 0, "differing_membranes": 0}
    for a, b in zip(expected.spikes, found.spikes, strict=True):
        counts["spikes"] += int(a.sum(dtype=np.int64))
        counts["differing_spikes"] += int((a != b).sum())
    for v, w in zip(expected.membranes, found.membranes, strict=True):
        counts["differing_membranes"] += int((v.view(np.uint32) != w.view(np.uint32)).sum())
    return counts


def describe_file(path: Path) -> Note:
    """Return what an exported file says about itself (see `Note`)."""
    return read_model(Path(path))[1]
