"""What a stage of the staircase is: its inputs, the code that decides it, and its work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from neuroskyrm.app.progress import Tick
from neuroskyrm.app.study import Study
from neuroskyrm.io.stage_store import Metrics, StageResult

Observe = Callable[[NDArray[Any], float, int], None]
"""Called with m (3, layers, ny, nx), time [s] and number of the pulse after every step."""


@dataclass(frozen=True)
class Context:
    """What a stage gets to work with.

    Attributes
    ----------
    study : Study
        The resolved study.
    folder : Path
        Where to write files; may hold checkpoints of an interrupted attempt.
    inputs : mapping
        Results of the stages it needs, by name.
    tick : callable
        Progress: ``tick(fraction, text)``.
    data : Path or None
        Folder that holds MNIST, where the user named one.
    observe : callable or None
        Sees the track as it is simulated; it changes nothing.
    """

    study: Study
    folder: Path
    inputs: Mapping[str, StageResult]
    tick: Tick
    data: Path | None = None
    observe: Observe | None = None

    def figure(self, name: str, caption: str) -> Path:
        """Return the path of a new figure, and note its caption for the report.

        Parameters
        ----------
        name : str
            File name without suffix.
        caption : str
            One sentence: what is seen.
        """
        folder = self.folder / "figures"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.txt").write_text(caption, encoding="utf-8")
        return folder / f"{name}.png"


@dataclass(frozen=True)
class Stage:
    """One verb of the command line.

    Attributes
    ----------
    name : str
        The verb.
    does : str
        One line for the help text.
    sections : tuple of str
        Sections of the study (or ``section.key``) that decide the result.
    needs : tuple of str
        Stages whose results it reads.
    code : tuple of str
        Packages whose source decides the result.
    work : callable
        ``work(context)`` writes files into ``context.folder`` and returns flat metrics.
    files : callable
        ``files(study, data)`` returns hashes of files from outside that decide the result.
    """

    name: str
    does: str
    sections: tuple[str, ...]
    needs: tuple[str, ...]
    code: tuple[str, ...]
    work: Callable[[Context], Metrics]
    files: Callable[[Study, Path | None], dict[str, str]] = lambda study, data: {}
