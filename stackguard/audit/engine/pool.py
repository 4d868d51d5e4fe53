"""The embedded engine: batches go to a bounded number of processes of this machine.

The processes are forked from one that has imported and warmed up what all need. A process that dies, or that takes too
long, takes only its batch along: the coordinator tries its stacks one by one.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from multiprocessing import forkserver
from multiprocessing.context import BaseContext
from typing import TYPE_CHECKING, TypeVar

from stackguard.audit.engine.worker import Batch, BatchResult, Job, ignore_interrupts, work

if TYPE_CHECKING:
    from pebble import ProcessPool

AHEAD = 2
"""Batches of each worker that are sent before it asks."""
BATCHES = 20
"""After so many, a worker is replaced, so that its memory stays flat."""

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
        """Judge batches; each comes back once, in any order, with its result, or with what went wrong."""
        from pebble import ProcessExpired

        waiting: dict[Future[BatchResult], Batch] = {}
        with _processes(self.workers) as pool:
            for batch in batches:
                seconds = self.timeout * len(batch.refs) + 60
                waiting[pool.schedule(work, args=[self.job, batch], timeout=seconds)] = batch
                while len(waiting) >= self.workers * AHEAD:
                    yield from self._finished(waiting, ProcessExpired)
            while waiting:
                yield from self._finished(waiting, ProcessExpired)

    @staticmethod
    def _finished(waiting: dict[Future[BatchResult], Batch], expired: type[BaseException]) -> Iterator[Finished]:
        done, _ = wait(waiting, return_when=FIRST_COMPLETED)
        for future in done:
            batch, error = waiting.pop(future), future.exception()
            if error is None:
                yield batch, future.result()
            else:
                yield batch, LostError() if isinstance(error, expired | TimeoutError) else error


def prepare() -> None:
    """Start the process from which workers are forked: it imports what they need while the stacks are listed."""
    _context()
    forkserver.ensure_running()


def _context() -> BaseContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["stackguard.audit.engine.warm"])
    return context


@contextmanager
def _processes(workers: int) -> Iterator[ProcessPool]:
    from pebble import ProcessPool

    pool = ProcessPool(workers, max_tasks=BATCHES, initializer=ignore_interrupts, context=_context())
    try:
        yield pool
        pool.close()  # type: ignore[no-untyped-call]
        pool.join()
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()
