"""One decorator for all compiled kernels: typed, cached on disk, free of the interpreter lock.

Kernels take arrays and numbers and return numbers or nothing; parallel work is done by calling
them on chunks from threads, so that results do not depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile `function` with numba: cached, nogil, contraction to fused multiply-add allowed."""
    compiled = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz"})
    return cast("Function", compiled(function))


def fast_kernel(function: Function) -> Function:
    """Compile like `kernel`, with reassociation too: for sums that must vectorise.

    NaN checks are kept: a diverging run must still be seen.
    """
    flags = {"contract", "nsz", "reassoc", "arcp"}
    compiled = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=flags)
    return cast("Function", compiled(function))


def inline_kernel(function: Function) -> Function:
    """Compile a small helper that is inlined into the kernels that call it."""
    compiled = numba.njit(
        cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz"}, inline="always"
    )
    return cast("Function", compiled(function))


def exact_kernel(function: Function) -> Function:
    """Compile with every rounding where the source has it: for bit-equal comparisons."""
    return cast("Function", numba.njit(cache=True, nogil=True, error_model="numpy")(function))
