"""One decorator for all compiled kernels: typed, cached on disk, free of the interpreter lock.

Kernels take arrays and numbers and return numbers or nothing; parallel work is done by calling
them on chunks from threads, so that results do not depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

from neuroskyrm.jit_stamp import source_stamp

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile `function` with numba: cached, nogil, contraction to fused multiply-add allowed."""
    return _compile(function, fastmath={"contract", "nsz"})


def fast_kernel(function: Function) -> Function:
    """Compile like `kernel`, with reassociation too: for sums that must vectorise.

    NaN checks are kept: a diverging run must still be seen.
    """
    return _compile(function, fastmath={"contract", "nsz", "reassoc", "arcp"})


def inline_kernel(function: Function) -> Function:
    """Compile a small helper that is inlined into the kernels that call it."""
    return _compile(function, fastmath={"contract", "nsz"}, inline="always")


def exact_kernel(function: Function) -> Function:
    """Compile with every rounding where the source has it: for bit-equal comparisons."""
    return _compile(function)


def _compile(function: Function, **options: Any) -> Function:
    compiled = numba.njit(cache=True, nogil=True, error_model="numpy", **options)(function)
    # numba looks at the kernel's own file only (and has no public way to say more)
    compiled._cache._cache_file._source_stamp = source_stamp(function)
    return cast("Function", compiled)
