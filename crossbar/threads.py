"""Dense algebra on one thread, so that results have the same bits on every machine setting.

BLAS divides its work by the number of threads and rounds differently each time; the arrays here
are small enough that one thread is fast (1024 x 1024 devices in seconds).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

from threadpoolctl import ThreadpoolController

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


@lru_cache(maxsize=1)
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


def on_one_thread(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Run `function` with BLAS limited to one thread."""

    @wraps(function)
    def limited(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        with _controller().limit(limits=1, user_api="blas"):
            return function(*args, **kwargs)

    return limited
