"""What a compiled kernel depends on, as one hash, so that no stale machine code is run.

numba keeps a cached kernel as long as the kernel's own file is unchanged. A kernel also holds what
it calls and every constant it names, wherever those were written: after an update in place
(`git pull` in an editable install) such a kernel would go on with the old ones.
"""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

OURS = ("neuroskyrm", "devicemodels", "crossbar", "networks")
CONSTANTS = (bool, int, float, complex, str, tuple)


def source_stamp(module: str) -> str:
    """Return a hash of a module's source, its constants, and the same of ours that it names.

    Imports stand at the top of our files, so that all are known while kernels are being defined.
    """
    return _stamp(module, ())


@cache
def _stamp(name: str, above: tuple[str, ...]) -> str:
    module = sys.modules[name]
    digest = hashlib.sha256(Path(str(module.__file__)).read_bytes())
    for key, value in sorted(vars(module).items(), key=lambda item: item[0]):
        if isinstance(value, CONSTANTS) and not key.startswith("__"):
            digest.update(f"{key}={value!r};".encode())
    for used in sorted(_names(module) - {name, *above}):
        digest.update(_stamp(used, (*above, name)).encode())
    return digest.hexdigest()


def _names(module: ModuleType) -> set[str]:
    """Return our modules from which `module` has taken anything."""
    origins = {
        value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
        for value in vars(module).values()
    }
    return {
        origin
        for origin in origins
        if isinstance(origin, str) and origin.split(".")[0] in OURS and origin in sys.modules
    }
