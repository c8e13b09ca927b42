"""Sharing work between threads without changing its result."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


class Workers:
    """A fixed number of threads that share ranges of independent work.

    Parameters
    ----------
    threads : int
        How many; 1 runs everything in the calling thread.
    """

    def __init__(self, threads: int = 1) -> None:
        self.threads = max(1, threads)
        self._pool = ThreadPoolExecutor(self.threads) if self.threads > 1 else None

    def share(self, work: Callable[[int, int, int], float | None], count: int) -> list[float]:
        """Call work(thread, begin, end) on equal parts of range(count); return the results."""
        if self._pool is None or count < 2:
            return [work(0, 0, count) or 0.0]
        parts = min(self.threads, count)
        edges = [count * i // parts for i in range(parts + 1)]
        jobs = [self._pool.submit(work, i, edges[i], edges[i + 1]) for i in range(parts)]
        return [job.result() or 0.0 for job in jobs]
