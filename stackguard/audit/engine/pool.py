"""The embedded engine: batches go to a bounded number of processes of this machine.

The processes are forked from one that has imported and warmed up what all need. A process that dies, or that takes too
long, takes only its batch along: the coordinator tries its stacks one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from stackguard.audit.engine import forking
from stackguard.audit.engine.worker import Batch, BatchResult, Job, prepare, work
from stackguard.errors import CannotJudge

if TYPE_CHECKING:
    from pebble import ProcessPool

AHEAD = 2
"""Batches of each worker that are sent before it asks."""
BATCHES = 20
"""After so many, a worker is replaced, so that its memory stays flat."""

TICK = 1.0
"""Seconds between two looks whether the processes can still answer."""
MOST_BROKEN = 3
"""Times that all processes may end at once: then it is not their stacks."""

Finished = tuple[Batch, BatchResult | BaseException]


FEW = 16
"""Items that are not worth starting processes for."""
T = TypeVar("T")
Made = TypeVar("Made")


def spread(function: Callable[[T], Made], items: Sequence[T], workers: int) -> Iterator[Made]:
    """The results of a function for items, in their order, computed in processes if there are many.

    Raises:
        CannotJudge: a process died.
    """
    if len(items) <= FEW or workers == 1:
        yield from map(function, items)
        return
    size = max(1, len(items) // (workers * FEW))
    parts = [items[first : first + size] for first in range(0, len(items), size)]
    try:
        with _processes(workers) as pool:
            for future in [_sent(pool, _each, function, part) for part in parts]:
                _await(pool, [future])
                yield from future.result()
    except _lost():
        raise CannotJudge(
            "a worker of the audit ended while stacks were joined; go on with `--resume`, and fewer `--workers` if memory is short"
        ) from None


def _each(function: Callable[[T], Made], items: Sequence[T]) -> list[Made]:
    return [function(item) for item in items]


class LostError(Exception):
    """A worker died, or was ended because it took too long."""


class Pool:
    """Processes that judge batches."""

    def __init__(self, job: Job, workers: int, timeout: float) -> None:
        """Begin.

        Args:
            job: what is sent to each worker.
            workers: how many.
            timeout: seconds for one stack.
        """
        self.job, self.workers, self.timeout = job, workers, timeout

    def run(self, batches: Iterable[Batch]) -> Iterator[Finished]:
        """Judge batches; each comes back once, in any order, with its result, or with what went wrong.

        Raises:
            CannotJudge: the processes end as soon as they start.
        """
        left, broken = iter(batches), 0
        waiting: dict[Future[BatchResult], Batch] = {}
        unsent: list[Batch] = []
        while True:
            try:
                with _processes(self.workers) as pool:
                    for batch in left:
                        unsent = [batch]
                        seconds = self.timeout * len(batch.refs) + 60
                        future = _sent(pool, work, self.job, batch, seconds=seconds)
                        waiting[future] = batch
                        unsent = []
                        while len(waiting) >= self.workers * AHEAD:
                            yield from self._finished(pool, waiting)
                    while waiting:
                        yield from self._finished(pool, waiting)
                    return
            except BrokenExecutor:
                broken += 1
                if broken == MOST_BROKEN:
                    raise CannotJudge(
                        "the workers of the audit end as soon as they start; try fewer `--workers`"
                    ) from None
                lost = [*waiting.values(), *unsent]
                waiting, unsent = {}, []
                yield from ((batch, LostError()) for batch in lost)

    def close(self) -> None:
        """Do nothing: the processes end with `run`."""

    @staticmethod
    def _finished(pool: ProcessPool, waiting: dict[Future[BatchResult], Batch]) -> Iterator[Finished]:
        for future in _await(pool, waiting):
            batch, error = waiting.pop(future), future.exception()
            if error is None:
                yield batch, future.result()
            else:
                yield batch, LostError() if isinstance(error, _lost()) else error


def _sent(
    pool: ProcessPool, function: Callable[..., Made], *args: object, seconds: float | None = None
) -> Future[Made]:
    """A call that a process of a pool answers, within some seconds.

    Raises:
        BrokenExecutor: the pool is broken.
    """
    try:
        future: Future[Made] = pool.schedule(function, args=args, timeout=seconds)
    except RuntimeError:
        raise BrokenExecutor from None
    return future


def _await(pool: ProcessPool, calls: Collection[Future[Made]]) -> Collection[Future[Made]]:
    """Those of some calls that are answered, once one is.

    Raises:
        BrokenExecutor: none will be: what is sent while a pool breaks is never answered.
    """
    while True:
        done, _ = wait(calls, TICK, return_when=FIRST_COMPLETED)
        if done:
            return done
        if not pool.active:
            raise BrokenExecutor


def _lost() -> tuple[type[Exception], ...]:
    """The errors of a call whose process died or was ended."""
    from pebble import ProcessExpired

    return ProcessExpired, TimeoutError, BrokenExecutor


@contextmanager
def _processes(workers: int) -> Iterator[ProcessPool]:
    from pebble import ProcessPool

    pool = ProcessPool(workers, max_tasks=BATCHES, initializer=prepare, context=forking.start())
    try:
        yield pool
    except BaseException:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()
        raise
    pool.close()  # type: ignore[no-untyped-call]
    Thread(target=pool.join).start()  # the processes take a moment to end, and nothing waits for that
