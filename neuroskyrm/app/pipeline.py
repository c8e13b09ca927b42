"""Runs the stages of a study in order, reusing what has not changed, into one run folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from neuroskyrm.app.progress import Reporter
from neuroskyrm.app.stages import STAGES
from neuroskyrm.app.stages.base import Context, Observe, Stage
from neuroskyrm.app.study import Study, dump_study
from neuroskyrm.io.atomic import write_json, write_text
from neuroskyrm.io.provenance import code_digest, machine, versions
from neuroskyrm.io.stage_store import Metrics, StageResult, StageStore, content_hash

SHOWN_FILES = (".png", ".onnx", ".html", ".yaml", ".json", ".safetensors")
PACKAGES = ("neuroskyrm", "devicemodels", "crossbar", "networks")


def run_folder(study: Study, out: Path) -> Path:
    """Return the run folder of `study` below `out`, named by the study and the hash of it.

    The code is part of the hash: another version of it writes another folder.
    """
    identity = {"study": study.model_dump(mode="json"), "code": code_digest(PACKAGES)}
    return out / f"{study.name}-{content_hash(identity)[:8]}"


def chain(name: str, stages: Mapping[str, Stage] = STAGES) -> list[str]:
    """Return `name` and all stages of the staircase `stages` below it, lowest first.

    Raises
    ------
    KeyError
        There is no such stage.
    """
    wanted = {name}
    for stage in reversed(list(stages.values())):
        if stage.name in wanted:
            wanted.update(stage.needs)
    return [stage for stage in stages if stage in wanted]


def stage_inputs(
    stage: Stage, study: Study, digests: Mapping[str, str], files: Mapping[str, str]
) -> dict[str, Any]:
    """Return everything that decides the result of `stage`, ready to be hashed.

    Parameters
    ----------
    stage : Stage
        The stage.
    study : Study
        The resolved study.
    digests : mapping of str to str
        Hash of each stage that it needs, by name.
    files : mapping of str to str
        Hashes of files from outside.
    """
    content = study.model_dump(mode="json")
    return {
        "seed": study.seed,
        "study": {path: _value(content, path) for path in stage.sections},
        "needs": {name: digests[name] for name in stage.needs},
        "files": dict(files),
        "code": code_digest(stage.code),
    }


def _value(content: dict[str, Any], path: str) -> Any:
    """Return what lies at a dotted `path` of the study."""
    value: Any = content
    for key in path.split("."):
        value = value[key]
    return value


class Pipeline:
    """The staircase of one study.

    Parameters
    ----------
    study : Study
        The resolved study.
    out : Path
        Folder of all runs; finished stages lie in ``out/stages`` and are shared by all studies.
    reporter : Reporter, optional
        Progress and log.
    data : Path, optional
        Folder that holds MNIST.
    observe : callable, optional
        Sees the track as it is simulated; see `simulate_track`.
    """

    def __init__(
        self,
        study: Study,
        out: Path,
        reporter: Reporter | None = None,
        data: Path | None = None,
        observe: Observe | None = None,
    ) -> None:
        self.study = study
        self.folder = run_folder(study, out)
        self.store = StageStore(out / "stages")
        self.reporter = reporter or Reporter()
        self.reporter.log_file = self.folder / "log.txt"
        self.data = data
        self.observe = observe
        self.done: dict[str, StageResult] = {}

    def run(self, names: Iterable[str] | None = None, *, again: bool = False) -> Metrics:
        """Run the stages `names` (all by default) and what they need; write the run folder.

        Parameters
        ----------
        names : iterable of str, optional
            Stages to run.
        again : bool
            Recompute the named stages even where they are finished.

        Returns
        -------
        dict
            The metrics of all stages that ran or were reused, by dotted name.
        """
        wanted = list(STAGES) if names is None else list(names)
        order = [name for name in STAGES if any(name in chain(want) for want in wanted)]
        # Files from outside are checked before anything is computed or written.
        files = {name: STAGES[name].files(self.study, self.data) for name in order}
        self.folder.mkdir(parents=True, exist_ok=True)
        write_text(self.folder / "study.yaml", dump_study(self.study))
        for name in order:
            self.done[name] = self._run_stage(
                STAGES[name], files[name], again=again and name in wanted
            )
            self._publish(self.done[name])
        return self._finish()

    def _run_stage(self, stage: Stage, files: dict[str, str], *, again: bool) -> StageResult:
        needed = {name: self.done[name] for name in stage.needs}
        with self.reporter.stage(stage.name) as tick:
            result = self.store.compute(
                stage.name,
                stage_inputs(stage, self.study, {n: r.digest for n, r in needed.items()}, files),
                lambda folder: stage.work(
                    Context(self.study, folder, needed, tick, self.data, self.observe)
                ),
                again=again,
            )
        how = "reused, nothing changed" if result.reused else f"{result.wall_time:.1f} s"
        self.reporter.say(f"{stage.name:>10}  {how}")
        return result

    def _publish(self, result: StageResult) -> None:
        """Copy what people open (figures, models, cards) from the stage into the run folder."""
        for source in sorted(result.folder.rglob("*")):
            if source.suffix in SHOWN_FILES and source.name != "stage.json":
                target = self.folder / source.relative_to(result.folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)

    def _finish(self) -> Metrics:
        metrics: Metrics = {}
        for result in self.done.values():
            metrics.update(result.metrics)
        metrics["run.wall_time"] = sum(r.wall_time for r in self.done.values() if not r.reused)
        write_json(self.folder / "metrics.json", metrics)
        stages = {
            name: {
                "digest": result.digest,
                "folder": str(result.folder.resolve()),
                "reused": result.reused,
                "wall_time": result.wall_time,
            }
            for name, result in self.done.items()
        }
        manifest = {
            "study": self.study.name,
            "seed": self.study.seed,
            "versions": versions(),
            "machine": machine(),
            "stages": stages,
        }
        write_json(self.folder / "manifest.json", manifest)
        return metrics
