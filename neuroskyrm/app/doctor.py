"""What can be wrong with an installation, and the cure of each."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

OUR_PACKAGES = ("neuroskyrm", "devicemodels", "crossbar", "networks")


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report: what was looked at, whether it is well, and the cure."""

    topic: str
    state: str
    ok: bool
    cure: str = ""


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _numbers(text: str) -> tuple[int, ...]:
    release = text.partition("+")[0]
    return tuple(int(part) for part in release.split(".")[:2] if part.isdigit())


def check_python() -> Finding:
    """Check the Python version."""
    return Finding(
        "python",
        sys.version.split()[0],
        sys.version_info >= (3, 11),
        "neuroskyrm needs Python 3.11 or newer.",
    )


def check_libraries() -> Finding:
    """Check that every library the demo needs is installed."""
    names = ["scipy", "numba", "torch", "onnx", "onnxruntime", "pydantic", "scikit-learn"]
    missing = [name for name in names if _version(name) is None]
    return Finding(
        "libraries",
        f"missing: {', '.join(missing)}" if missing else "all installed",
        not missing,
        "pip install -c constraints.txt .",
    )


def check_numpy_brian2() -> Finding:
    """Check the numpy/brian2 pair: brian2 2.9 does not import with numpy 2.4."""
    numpy, brian2 = _version("numpy"), _version("brian2")
    if numpy is None or brian2 is None:
        state = f"numpy {numpy or 'not installed'}, brian2 {brian2 or 'not installed (optional)'}"
        return Finding("numpy/brian2", state, numpy is not None, "pip install 'numpy<2.4'")
    clash = _numbers(numpy) >= (2, 4) and _numbers(brian2) <= (2, 9)
    return Finding("numpy/brian2", f"{numpy} / {brian2}", not clash, "pip install 'numpy<2.4'")


def check_torch() -> Finding:
    """Say which torch build is installed and whether it sees a GPU (none is needed)."""
    found = _version("torch")
    if found is None:
        return Finding("torch", "not installed", False, "pip install torch==2.13.0")
    import torch

    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "CPU only (no GPU needed)"
    return Finding(
        "torch",
        f"{found}, {gpu}",
        _numbers(found) >= (2, 13),
        "pip install torch==2.13.0",
    )


def check_threads() -> Finding:
    """Say how many cores and threads will be used."""
    cores = os.cpu_count() or 1
    limit = os.environ.get("OMP_NUM_THREADS", "")
    if limit and not limit.isdigit():
        cure = "unset OMP_NUM_THREADS, or set it to a whole number"
        return Finding("threads", f"OMP_NUM_THREADS='{limit}'", False, cure)
    few = limit.isdigit() and int(limit) > cores
    return Finding(
        "threads",
        f"{cores} cores, OMP_NUM_THREADS={limit or 'not set'}",
        not few,
        f"set OMP_NUM_THREADS to at most {cores}",
    )


def check_packages() -> Finding:
    """Detect a foreign package named like one of ours (PyPI has an unrelated `crossbar`)."""
    home = Path(__file__).resolve().parents[2]
    for name in OUR_PACKAGES:
        spec = find_spec(name)
        place = Path(spec.origin).resolve().parents[1] if spec and spec.origin else None
        if place != home:
            state = f"'{name}' is not ours: found {place or 'nowhere'}, expected {home}"
            cure = f"pip uninstall {name}, then reinstall neuroskyrm in a fresh virtual environment"
            return Finding("packages", state, False, cure)
    foreign = _version("crossbar")
    if foreign is not None:
        state = f"the unrelated PyPI package crossbar {foreign} is installed beside ours"
        return Finding(
            "packages", state, False, "pip uninstall crossbar, then reinstall neuroskyrm"
        )
    return Finding("packages", f"all four from {home}", True)


def check_data() -> Finding:
    """Check MNIST where `NEUROSKYRM_DATA` points."""
    from neuroskyrm.errors import DataError
    from neuroskyrm.io.datasets import ENVIRONMENT, load_mnist

    place = os.environ.get(ENVIRONMENT)
    if not place:
        state = f"{ENVIRONMENT} is not set: MNIST is downloaded when asked for, the demo needs none"
        return Finding("data", state, True)
    try:
        images = len(load_mnist(Path(place)).train_images)
    except DataError as problem:
        cure = f"point {ENVIRONMENT} to a folder that holds MNIST/raw, or unset it"
        return Finding("data", str(problem), False, cure)
    return Finding("data", f"MNIST in {place}, {images} training images", True)


def check_compiler() -> Finding:
    """Check that numba compiles, and that its cache can be written."""
    try:
        import numba

        cache = os.environ.get("NUMBA_CACHE_DIR", "next to the package")
        return Finding("numba", f"{numba.__version__}, cache {cache}", True)
    except ImportError as problem:
        return Finding("numba", str(problem), False, "pip install -c constraints.txt .")


CHECKS: tuple[Callable[[], Finding], ...] = (
    check_python,
    check_libraries,
    check_numpy_brian2,
    check_torch,
    check_compiler,
    check_threads,
    check_packages,
    check_data,
)


def examine() -> Iterator[Finding]:
    """Run all checks, one after another."""
    for check in CHECKS:
        yield check()
