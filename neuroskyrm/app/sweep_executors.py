"""Where a sweep runs: in this process, in a process pool, on a Dask cluster, or under Slurm."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from neuroskyrm.errors import ConfigError

MakeExecutor = Callable[[], Executor]
SLURM_JOBS = 64
"""Slurm jobs in the queue at once."""


class SerialExecutor(Executor):
    """Runs everything at once, in the calling thread."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Return the finished future of ``fn(*args, **kwargs)``."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as problem:
            future.set_exception(problem)
        return future


class SlurmExecutor(ThreadPoolExecutor):
    """Hands every call to submitit and waits for its result in a thread.

    Parameters
    ----------
    folder : Path
        Where Slurm writes its logs; all machines see it.
    cluster : str
        "slurm", or "local" to try it on this machine.
    **parameters
        As for ``submitit.AutoExecutor.update_parameters``, e.g. ``slurm_partition``.
    """

    def __init__(self, folder: Path, cluster: str = "slurm", **parameters: Any) -> None:
        super().__init__(SLURM_JOBS)
        submitit = needed("submitit")
        self._jobs = submitit.AutoExecutor(folder=folder, cluster=cluster)
        self._jobs.update_parameters(**{"timeout_min": 240, "cpus_per_task": 1, **parameters})

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Return the future of one Slurm job."""
        return super().submit(lambda: self._jobs.submit(fn, *args, **kwargs).result())


class DaskExecutor(Executor):
    """The executor of a Dask client, which closes the client with itself.

    Parameters
    ----------
    client : distributed.Client
        The client.
    cluster : distributed.LocalCluster, optional
        A cluster that belongs to this executor alone.
    """

    def __init__(self, client: Any, cluster: Any = None) -> None:
        self.client, self.cluster = client, cluster
        # The same call may come again after a worker died: it must not be taken for a known one.
        self._inner = client.get_executor(pure=False)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Return the future of ``fn(*args, **kwargs)`` on the cluster."""
        future: Future[Any] = self._inner.submit(fn, *args, **kwargs)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Close the client; what runs on the cluster is cancelled unless `wait`."""
        if wait and not cancel_futures:
            self._inner.shutdown(wait=True)
        self.client.close(timeout=2)
        if self.cluster is not None:
            self.cluster.close()


def processes(jobs: int) -> MakeExecutor:
    """Return a maker of executors on this machine: serial for one job, else a process pool."""
    if jobs == 1:
        return SerialExecutor
    # Fresh processes: a fork would copy the threads of numba and torch in an unknown state.
    context = multiprocessing.get_context("spawn")
    return lambda: ProcessPoolExecutor(jobs, mp_context=context)


def dask(address: str, timeout: float = 60.0) -> MakeExecutor:
    """Return a maker of executors on a Dask cluster.

    Parameters
    ----------
    address : str
        The scheduler, such as ``tcp://host:8786``, or ``local`` for a cluster on this machine.
    timeout : float
        How long to wait for the scheduler [s].

    Raises
    ------
    ConfigError
        `distributed` is not installed; the maker raises it too if there is no scheduler.
    """
    distributed = needed("distributed")

    def make() -> Executor:
        try:
            if address == "local":
                cluster = distributed.LocalCluster(
                    n_workers=os.cpu_count(), threads_per_worker=1, dashboard_address=None
                )
                return DaskExecutor(distributed.Client(cluster), cluster)
            return DaskExecutor(distributed.Client(address, timeout=timeout))
        except (OSError, ValueError) as problem:
            raise ConfigError(
                f"--scheduler {address}: no Dask scheduler answers there ({problem}); finished "
                "points are kept, and the same command goes on once there is one."
            ) from None

    return make


def slurm(folder: Path, cluster: str = "slurm") -> MakeExecutor:
    """Return a maker of executors that run each stage as a Slurm job."""
    needed("submitit")
    return lambda: SlurmExecutor(folder, cluster)


def needed(module: str, extra: str = "sweep") -> Any:
    """Return a module of an extra.

    Raises
    ------
    ConfigError
        It is not installed.
    """
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError:
        raise ConfigError(
            f"this needs the package '{module}', which is not installed; "
            f"install neuroskyrm with its extra: pip install 'neuroskyrm[{extra}]'."
        ) from None
