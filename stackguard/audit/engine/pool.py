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
    """The results of a function for items, in their order, computed in processes if there are many."""
    if len(items) <= FEW or workers == 1:
        yield from map(function, items)
        return
    with _processes(workers) as pool:
        yield from pool.map(function, items, chunksize=max(1, len(items) // (workers * FEW))).result()


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
                        future = self._sent(pool, batch)
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

    def _sent(self, pool: ProcessPool, batch: Batch) -> Future[BatchResult]:
        seconds = self.timeout * len(batch.refs) + 60
        try:
            future: Future[BatchResult] = pool.schedule(work, args=[self.job, batch], timeout=seconds)
        except RuntimeError:  # the pool is broken
            raise BrokenExecutor from None
        return future

    @staticmethod
    def _finished(pool: ProcessPool, waiting: dict[Future[BatchResult], Batch]) -> Iterator[Finished]:
        from pebble import ProcessExpired

        lost = ProcessExpired | TimeoutError | BrokenExecutor
        done: Collection[Future[BatchResult]] = ()
        while not done:
            done, _ = wait(waiting, TICK, return_when=FIRST_COMPLETED)
            if not done and not pool.active:  # what is sent while a pool breaks is never answered
                raise BrokenExecutor
        for future in done:
            batch, error = waiting.pop(future), future.exception()
            if error is None:
                yield batch, future.result()
            else:
                yield batch, LostError() if isinstance(error, lost) else error


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
