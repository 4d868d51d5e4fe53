"""The coordinator: lists stacks, sends batches to an engine, and ends a run in the store.

An audit that is interrupted, or whose process dies, leaves a run that is not finished; with `resume` another one goes on
with what is missing.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import duckdb
import msgspec

from stackguard.audit import history, joined, unfit
from stackguard.audit.engine.pool import LostError
from stackguard.audit.engine.worker import Batch, BatchResult, Job, result
from stackguard.audit.model import StackRef
from stackguard.audit.request import AuditRequest, Run
from stackguard.audit.store import compaction, files
from stackguard.audit.store.database import OF_RUNS, interruptible, load
from stackguard.audit.store.former import FormerRows
from stackguard.audit.store.runs import TIME, RunInfo, Runs
from stackguard.audit.store.tables import FACTS
from stackguard.errors import CannotJudge, reason
from stackguard.garbage import no_garbage_collection
from stackguard.gate.provenance import versions

MOST = 400
"""Stacks of one batch."""
MOST_BYTES = 32 << 20
"""Bytes of one batch, unless one stack has more."""
SHARES = 2
"""Into so many batches of each worker what is left is cut: the last ones are small, so that all workers end together."""
SMALL = 8
"""Stacks of the last batches, if there are many stacks: each batch costs some files."""


class Engine(Protocol):
    """Judges batches."""

    workers: int

    def run(self, batches: Iterable[Batch]) -> Iterator[tuple[Batch, BatchResult | BaseException]]:
        """As of `pool.Pool`."""

    def close(self) -> None:
        """Let go of what `run` needs."""


class Watcher:
    """Follows an audit; this one does nothing."""

    def listed(self, stacks: int) -> None:
        """So many stacks are listed; more may follow."""

    def started(self, info: RunInfo, stacks: int, done: int, workers: int) -> None:
        """The judging begins: of so many stacks, of which some were done before a resume."""

    def batch(self, batch: Batch, result: BatchResult) -> None:
        """A batch is judged."""

    def note(self, line: str) -> None:
        """Something is wrong, and the audit goes on."""

    def phase(self, phase: str) -> None:
        """The audit does something else: `joining`, `comparing`, `compacting`."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one audit does, besides judging."""

    sources: tuple[str, ...]
    """As on the command line."""
    store: str
    resume: bool = False
    sample: str = ""
    filters: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()
    anew: bool = False
    """Whether every stack is judged again."""


@dataclass(slots=True)
class Audit:
    """One audit while it runs."""

    request: AuditRequest
    plan: Plan
    engine: Callable[[Job], Engine]
    watcher: Watcher = field(default_factory=Watcher)
    stopping: bool = False
    """Whether no further batch is sent."""
    _told: set[str] = field(default_factory=set)

    def stop(self) -> None:
        """Send no further batch; `run` ends once those that were sent are written."""
        self.stopping = True

    def run(self, refs: Sequence[StackRef]) -> RunInfo:
        """Judge stacks, and return the finished run.

        Args:
            refs: the stacks, each once.

        Raises:
            CannotJudge: there is nothing to resume, or two stacks have the same identity.
            OSError: the store cannot be read or written; what is written stays, and `resume` goes on.
            KeyboardInterrupt: `stop` was called.
        """
        start = time.monotonic()
        runs = Runs(files.opened(self.plan.store))
        check_distinct(refs)
        info, done = self._begun(runs, len(refs))
        with no_garbage_collection():
            known = FormerRows() if self.plan.anew else _known(runs)
        self._tell(runs)
        left = [ref for ref in refs if ref.id not in done] if done else refs
        job = Job(Run(info.id, self.request), self.plan.store)
        engine = self.engine(job)
        self.watcher.started(info, len(refs), len(refs) - len(left), engine.workers)
        try:
            self._judge(runs, job, engine, left, known)
        finally:
            engine.close()
        if self.stopping:
            raise KeyboardInterrupt
        finished = runs.finished()
        previous = next((before.id for before in reversed(finished) if not runs.damaged(before, OF_RUNS)), "")
        self._tell(runs)  # another audit can have ended meanwhile
        info = msgspec.structs.replace(
            info,
            finished=f"{datetime.now(UTC):{TIME}}",
            workers=engine.workers,
            previous=previous,
            seconds=round(info.seconds + time.monotonic() - start, 3),
        )
        with no_garbage_collection():
            return self._finish(runs, info, {before.id: before for before in finished}, engine.workers)

    def _tell(self, runs: Runs) -> None:
        """Tell the watcher what is wrong with the store, once."""
        for problem in runs.problems.values():
            if problem not in self._told:
                self._told.add(problem)
                self.watcher.note(problem)

    def _begun(self, runs: Runs, listed: int) -> tuple[RunInfo, frozenset[str]]:
        """The run, and the ids of the stacks that it has judged already."""
        plan, request = self.plan, self.request
        facts = {
            "sources": plan.sources,
            "settings": _digest(request),
            "versions": versions(),
            "policies": request.policies,
            "sample": plan.sample,
            "filters": plan.filters,
            "unlisted": plan.unlisted,
            "listed": listed,
        }
        if not plan.resume:
            return runs.begin(**facts), frozenset()
        runs.check()
        open_ = [info for info in runs.all() if info.state != "finished"]
        if not open_:
            raise CannotJudge(f"the store `{plan.store}` has no audit to resume; leave out `--resume`")
        info = open_[-1]
        same = ("sources", "settings", "versions", "policies", "sample", "filters")
        if differing := [name for name in same if getattr(info, name) != facts[name]]:
            raise CannotJudge(
                f"the audit {info.id} was begun with other {' and '.join(differing)}; give the same, or leave out `--resume`"
            )
        runs.drop_damaged(info)
        return info, frozenset(id_ for rows in runs.stacks(info) for id_ in rows.column("stack_id").to_pylist())

    def _judge(
        self,
        runs: Runs,
        job: Job,
        engine: Engine,
        refs: Sequence[StackRef],
        known: FormerRows,
    ) -> None:
        """Judge what is left; stacks whose batch was lost are tried one by one."""
        prefix = f"{job.run.id}-{secrets.token_hex(3)}"  # a resumed run has other batches
        lost = list(self._lost(engine, _batches(refs, known, engine.workers, prefix)))
        if not lost:
            return
        from stackguard.audit.engine.unit import failed  # imports all that judges

        for batch in self._lost(engine, _singles(lost)):
            message = "its worker ended: it took too much memory or time"
            rows = [failed(job.run, ref, "killed", message) for ref in batch.refs]
            runs.write(job.run.id, batch.shard, {"stacks": rows})
            self.watcher.batch(batch, result(rows))

    def _lost(self, engine: Engine, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Judge batches; yields those whose worker ended."""
        for batch, outcome in engine.run(self._unless_stopping(batches)):
            if isinstance(outcome, BatchResult):
                self.watcher.batch(batch, outcome)
            elif isinstance(outcome, LostError):
                yield batch
            else:
                raise outcome

    def _unless_stopping(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        for batch in batches:
            if self.stopping:
                return
            yield batch

    def _finish(self, runs: Runs, info: RunInfo, others: Mapping[str, RunInfo], workers: int) -> RunInfo:
        """Write few large files, join the stacks, compare the run with the one before, and list its files."""
        self.watcher.phase("compacting")
        with ThreadPoolExecutor(1) as thread:
            connecting = thread.submit(duckdb.connect)
            written = compaction.compact(runs, info)
        with connecting.result() as database, interruptible(database):
            load(database, runs, "stacks", written["stacks"])
            self.watcher.phase("joining")
            written["joined"] = joined.write(database, runs, info, self.request, written, others, workers)
            self.watcher.phase("comparing")
            written["violations"] = history.violations(database, runs, info, written, others)
            counts = history.counts(database, runs, written)
        done = msgspec.structs.replace(info, state="finished", files=written, sums=runs.sums(written), **counts)
        if not (done.partial or done.unlisted or done.failed):
            waivers = self.request.accepting.waivers
            done = msgspec.structs.replace(done, unfit=unfit.unfit(runs, written["stacks"], waivers))
        runs.save(done)
        compaction.clean(runs, done)
        return done


def check_distinct(refs: Iterable[StackRef]) -> None:
    """Check that no two stacks have the same identity.

    Raises:
        CannotJudge: two have.
    """
    seen: dict[str, StackRef] = {}
    for ref in refs:
        other = seen.setdefault(ref.id, ref)
        if other is not ref:
            raise CannotJudge(
                f"`{other.location}` and `{ref.location}` are the same stack; give each source a name:"
                " `NAME=SOURCE`, or leave one out"
            )


def _known(runs: Runs) -> FormerRows:
    """The newest row of each stack that was judged; what no whole run has seen since is forgotten.

    What is damaged in the store is left out: these stacks are judged again.
    """
    known = FormerRows()
    finished = {info.id: info for info in runs.finished()}
    for info in reversed(finished.values()):
        try:
            if runs.damaged(info, ["stacks"]):
                continue
            for rows in runs.stacks(info):
                known.add(rows)
        except OSError as error:
            runs.problems[info.id] = reason(error)
            continue
        if not info.partial:
            break
    known.keep(lambda run: run in finished and not runs.damaged(finished[run], FACTS))
    return known


def _digest(request: AuditRequest) -> str:
    text = repr((request.layers, request.accepting, request.fail_on, request.owners))
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]


def _batches(refs: Sequence[StackRef], known: FormerRows, workers: int, prefix: str) -> Iterator[Batch]:
    """The stacks in batches, in their order, which become smaller; a program, which takes seconds, ends its batch."""
    least = min(SMALL, -(-len(refs) // (workers * SMALL)))

    def share(left: int) -> int:
        return min(MOST, max(least, -(-left // (workers * SHARES))))

    batch: list[StackRef] = []
    size, most, number = 0, share(len(refs)), 0
    for index, ref in enumerate([*refs, None]):
        full = len(batch) >= most or (ref is not None and size + (ref.size or 0) > MOST_BYTES)
        if batch and (ref is None or full or batch[-1].location.kind == "program"):
            yield Batch(f"{prefix}-{number:06}", batch, known.of(part.id for part in batch))
            batch, size, most, number = [], 0, share(len(refs) - index), number + 1
        if ref is not None:
            batch.append(ref)
            size += ref.size or 0


def _singles(batches: Iterable[Batch]) -> Iterator[Batch]:
    for batch in batches:
        for index, ref in enumerate(batch.refs):
            yield Batch(f"{batch.shard}-{index}", [ref], batch.known)
