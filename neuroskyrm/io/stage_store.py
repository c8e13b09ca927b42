"""A folder of finished stages, each named by the hash of everything that decides its result."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from neuroskyrm import __version__
from neuroskyrm.errors import DataError
from neuroskyrm.io.atomic import write_json

Metrics = dict[str, Any]
RECORD = "stage.json"


def content_hash(inputs: Mapping[str, Any]) -> str:
    """Return the hash of JSON-like `inputs` (16 hexadecimal digits), independent of key order."""
    text = json.dumps(inputs, sort_keys=True, allow_nan=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class StageResult:
    """A finished stage.

    Attributes
    ----------
    name, digest : str
        Name of the stage and hash of its inputs.
    folder : Path
        Where its files lie.
    metrics : dict
        Flat, dotted names.
    wall_time : float
        Time it took when it was computed [s].
    reused : bool
        Whether it was found finished.
    """

    name: str
    digest: str
    folder: Path
    metrics: Metrics
    wall_time: float
    reused: bool


class StageStore:
    """Finished stages below one folder; a stage that is being computed lies in ``*.partial``.

    Parameters
    ----------
    root : Path
        The folder; made when the first stage is computed.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def find(self, name: str, digest: str) -> StageResult | None:
        """Return the finished stage, or None if it is not there."""
        folder = self.root / f"{name}-{digest}"
        record = folder / RECORD
        if not record.exists():
            return None
        try:
            content = json.loads(record.read_text(encoding="utf-8"))
            metrics, wall_time = content["metrics"], float(content["wall_time"])
        except (ValueError, KeyError, TypeError):
            raise DataError(
                f"{record}: damaged record of a finished stage; remove the folder to recompute it."
            ) from None
        return StageResult(name, digest, folder, metrics, wall_time, reused=True)

    def compute(
        self,
        name: str,
        inputs: Mapping[str, Any],
        work: Callable[[Path], Metrics],
        *,
        again: bool = False,
    ) -> StageResult:
        """Return the stage, computing it only if it is not finished yet.

        Parameters
        ----------
        name : str
            Name of the stage.
        inputs : mapping
            Everything that decides its result; hashed and recorded.
        work : callable
            ``work(folder)`` writes files into `folder` and returns the metrics. The folder may
            hold checkpoints of an interrupted attempt, which `work` is free to resume from.
        again : bool
            Compute even if it is finished.

        Returns
        -------
        StageResult
        """
        digest = content_hash(inputs)
        self.root.mkdir(parents=True, exist_ok=True)
        with FileLock(self.root / f".{name}-{digest}.lock"):
            found = self.find(name, digest)
            if found is not None and not again:
                return found
            return self._compute(name, digest, inputs, work)

    def _compute(
        self, name: str, digest: str, inputs: Mapping[str, Any], work: Callable[[Path], Metrics]
    ) -> StageResult:
        folder = self.root / f"{name}-{digest}"
        partial = folder.with_suffix(".partial")
        partial.mkdir(exist_ok=True)
        start = time.perf_counter()
        metrics = work(partial)
        wall_time = time.perf_counter() - start
        record = {
            "stage": name,
            "digest": digest,
            "neuroskyrm": __version__,
            "inputs": inputs,
            "metrics": metrics,
            "wall_time": wall_time,
        }
        write_json(partial / RECORD, record)
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
        return StageResult(name, digest, folder, metrics, wall_time, reused=False)
