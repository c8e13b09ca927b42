"""What a compiled kernel depends on, as one hash, so that no stale machine code is run.

numba keeps a cached kernel as long as the kernel's own file is unchanged. A kernel also holds what
it calls and every constant it names, wherever those were written: after an update in place
(`git pull` in an editable install) such a kernel would go on with the old ones.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

OURS = ("neuroskyrm", "devicemodels", "crossbar", "networks")
CONSTANTS = (bool, int, float, complex, str, tuple)


def source_stamp(function: Callable[..., Any]) -> str:
    """Return a hash of a function's file, the constants there, and the same of ours that it names.

    Imports stand at the top of our files, so that all are known while kernels are being defined.
    """
    return _hash(function.__globals__, function.__code__.co_filename, (function.__module__,))


@cache
def _module_hash(name: str, above: tuple[str, ...]) -> str:
    module = sys.modules[name]
    return _hash(vars(module), str(module.__file__), (*above, name))


def _hash(names: Mapping[str, Any], file: str, above: tuple[str, ...]) -> str:
    digest = hashlib.sha256(Path(file).read_bytes() if Path(file).is_file() else b"")
    for key, value in sorted(names.items(), key=lambda item: item[0]):
        if isinstance(value, CONSTANTS) and not key.startswith("__"):
            digest.update(f"{key}={value!r};".encode())
    for used in sorted(_origins(names) - set(above)):
        digest.update(_module_hash(used, above).encode())
    return digest.hexdigest()


def _origins(names: Mapping[str, Any]) -> set[str]:
    """Return our modules from which anything was taken."""
    origins = {
        value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
        for value in names.values()
    }
    return {
        origin
        for origin in origins
        if isinstance(origin, str) and origin.split(".")[0] in OURS and origin in sys.modules
    }
