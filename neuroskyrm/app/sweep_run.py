"""Computes the stages of a plan on an executor, and writes down every point as it finishes."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from pathlib import Path

from neuroskyrm.app.sweep_executors import MakeExecutor, SerialExecutor
from neuroskyrm.app.sweep_journal import Journal, Record
from neuroskyrm.app.sweep_plan import Plan, PlannedPoint
from neuroskyrm.app.sweep_work import Job, Outcome, work, work_alone
from neuroskyrm.io.stage_store import StageStore

ATTEMPTS = 3
"""A stage whose worker dies is tried so often; then the stage is at fault, not the worker."""


@dataclass
class Tally:
    """How far a sweep is.

    Attributes
    ----------
    points, done, failed, cached : int
        All points; those finished; those of them that failed; those that were finished before.
    tasks, computed, reused : int
        All stages; those computed now; those found finished.
    seconds : float
        Summed wall time of the computed stages.
    """

    points: int = 0
    done: int = 0
    failed: int = 0
    cached: int = 0
    tasks: int = 0
    computed: int = 0
    reused: int = 0
    seconds: float = 0.0


class SweepRun:
    """One run over a plan.

    Parameters
    ----------
    plan : Plan
        What to compute.
    journal : Journal
        Finished points; new ones are added.
    runs : Path
        Folder of all runs, which every worker sees; stages lie in ``runs/stages``.
    make_executor : callable
        Returns an executor; called again if the executor breaks.
    width : int
        Stages that are handed out at once.
    data : Path, optional
        Folder that holds MNIST.
    retry : bool
        Compute points again that failed before.
    watch : callable, optional
        Called with the `Tally` after every stage.
    """

    def __init__(
        self,
        plan: Plan,
        journal: Journal,
        runs: Path,
        make_executor: MakeExecutor = SerialExecutor,
        width: int = 1,
        data: Path | None = None,
        *,
        retry: bool = False,
        watch: Callable[[Tally], None] | None = None,
    ) -> None:
        self.plan, self.journal = plan, journal
        self.store = StageStore(runs.resolve() / "stages")
        self.make_executor, self.width = make_executor, width
        self.data = None if data is None else str(data.resolve())
        self.watch = watch or (lambda tally: None)
        self.tally = Tally(points=len(plan.points))
        self.outcomes: dict[str, Outcome] = {}
        self.attempts: dict[str, int] = defaultdict(int)
        self.missing: dict[str, set[str]] = {}
        self.users: dict[str, list[str]] = defaultdict(list)
        self.waiting: dict[str, list[PlannedPoint]] = defaultdict(list)
        self.ready: deque[str] = deque()
        self.suspects: deque[str] = deque()
        self.charged: set[str] = set()
        self._prepare(retry)

    def _prepare(self, retry: bool) -> None:
        """Find what is finished already, and what each of the other stages waits for."""
        for planned in self.plan.points:
            known = self.journal.find(planned.key, planned.point.number)
            if known is not None and not (retry and known.error):
                self.tally.done += 1
                self.tally.cached += 1
                self.tally.failed += bool(known.error)
            elif planned.error is not None:
                self._record(planned, Outcome(None, planned.error))
            else:
                self.waiting[planned.key].append(planned)
                self._need(planned.digests)
        self.tally.tasks = len(self.missing)
        self.ready.extend(digest for digest in self.missing if not self.missing[digest])

    def _need(self, digests: list[str]) -> None:
        for digest in digests:
            if digest not in self.missing:
                needs = set(self.plan.tasks[digest].needs.values())
                self.missing[digest] = needs
                for need in needs:
                    self.users[need].append(digest)

    def run(self) -> Tally:
        """Compute everything that is missing; return the final tally.

        Returns
        -------
        Tally

        Raises
        ------
        ConfigError
            The cluster is gone. What is finished is kept.
        """
        executor: Executor | None = None
        flying: dict[Future[Outcome], str] = {}
        try:
            while self.ready or self.suspects or flying:
                executor = executor or self.make_executor()
                if not self._hand_out(executor, flying) or not self._collect(flying):
                    # The executor broke: what it still held is tried again, one by one, so that
                    # a stage that kills its worker does not take others with it.
                    self.suspects.extend(flying.values())
                    flying.clear()
                    executor.shutdown(wait=False, cancel_futures=True)
                    executor = None
        finally:
            if executor is not None:
                executor.shutdown(wait=False, cancel_futures=True)
        return self.tally

    def _hand_out(self, executor: Executor, flying: dict[Future[Outcome], str]) -> bool:
        """Fill the executor; return whether it still takes work."""
        task = work if isinstance(executor, SerialExecutor) else work_alone
        while self._next(len(flying)):
            digest = self._next(len(flying)).popleft()
            found = self.store.find(self.plan.tasks[digest].stage, digest)
            if found is not None:
                self._settle(digest, Outcome(found.metrics, reused=True))
                continue
            try:
                flying[executor.submit(task, self._job(digest))] = digest
            except RuntimeError:
                self.suspects.append(digest)
                return False
        return True

    def _next(self, flying: int) -> deque[str]:
        """Return the queue to take the next stage from; empty if it has to wait."""
        if self.suspects:
            return deque() if flying else self.suspects
        return self.ready if flying < self.width else deque()

    def _collect(self, flying: dict[Future[Outcome], str]) -> bool:
        """Wait for a stage and settle all that are finished; return whether workers live."""
        if not flying:
            return True
        alive = True
        for future in wait(flying, return_when=FIRST_COMPLETED).done:
            digest = flying.pop(future)
            try:
                self._settle(digest, future.result())
            # Not the stage's own error, which comes back as an outcome: a worker is gone. A
            # cancelled future is no ordinary exception.
            except (Exception, _cancelled()) as problem:
                alive = False
                self._lost(digest, problem)
        return alive

    def _lost(self, digest: str, problem: BaseException) -> None:
        """Try a stage again whose worker died, unless it keeps killing workers."""
        self.attempts[digest] += 1
        if self.attempts[digest] < ATTEMPTS:
            self.suspects.append(digest)
            return
        stage = self.plan.tasks[digest].stage
        text = f"stage {stage}: {ATTEMPTS} workers died over it ({type(problem).__name__})."
        self._settle(digest, Outcome(None, text, str(problem)))

    def _job(self, digest: str) -> Job:
        task = self.plan.tasks[digest]
        return Job(
            task.stage,
            digest,
            self.plan.rung,
            task.needs,
            task.files,
            task.study.model_dump_json(),
            str(self.store.root),
            self.data,
        )

    def _settle(self, digest: str, outcome: Outcome) -> None:
        """Take an outcome; release the stages and write down the points that waited for it."""
        self.outcomes[digest] = outcome
        self.tally.seconds += outcome.seconds
        self.tally.reused += outcome.reused
        self.tally.computed += not outcome.reused
        for planned in self.waiting.pop(digest, []):
            self._record(planned, outcome)
        for user in self.users[digest]:
            self.missing[user].discard(digest)
            if user in self.outcomes:
                continue
            if outcome.metrics is None:
                self._settle(user, Outcome(None, outcome.error, outcome.details, reused=True))
            elif not self.missing[user]:
                self.ready.append(user)
        self.watch(self.tally)

    def _record(self, planned: PlannedPoint, last: Outcome) -> None:
        known = [digest for digest in planned.digests if digest in self.outcomes]
        outcomes = [self.outcomes[digest] for digest in known]
        metrics = {n: v for o in outcomes for n, v in (o.metrics or {}).items()}
        record = Record(
            planned.key,
            planned.point.number,
            self.plan.rung,
            metrics if last.metrics is not None else {},
            last.error,
            last.details,
            sum(self.outcomes[digest].seconds for digest in known if digest not in self.charged),
        )
        self.charged.update(known)
        self.journal.add(record)
        self.tally.done += 1
        self.tally.failed += bool(last.error)


def _cancelled() -> type[BaseException]:
    from concurrent.futures import CancelledError

    return CancelledError
