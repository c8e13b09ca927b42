"""Where a result came from: code digest, package versions, machine."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from neuroskyrm import __version__

LIBRARIES = ("numpy", "scipy", "numba", "torch", "onnx", "onnxruntime", "scikit-learn", "pydantic")


@cache
def code_digest(packages: tuple[str, ...]) -> str:
    """Return a short hash of the Python source of `packages` (12 hexadecimal digits).

    Parameters
    ----------
    packages : tuple of str
        Import names, e.g. ``("neuroskyrm.micromagnetics", "devicemodels")``.

    Returns
    -------
    str
        Changes when any line of these packages changes, so that cached results of older code
        are not taken for results of this one.
    """
    digest = hashlib.sha256(__version__.encode())
    for package in packages:
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            continue
        origin = Path(spec.origin)
        sources = sorted(origin.parent.rglob("*.py")) if origin.name == "__init__.py" else [origin]
        for source in sources:
            digest.update(source.name.encode())
            digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


def versions() -> dict[str, str]:
    """Return the versions of neuroskyrm, Python and the libraries that decide numbers."""
    found = {"neuroskyrm": __version__, "python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def machine() -> dict[str, Any]:
    """Return what a reader of a timing needs to know of this machine."""
    return {
        "platform": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]),
    }


def file_hashes(paths: Iterable[Path | None]) -> dict[str, str]:
    """Return the SHA-256 of every file that is there, by its path, so that a changed one counts."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
        if path is not None and path.is_file()
    }
