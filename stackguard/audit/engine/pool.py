"""The embedded engine: batches go to a bounded number of processes of this machine.

The processes are forked from one that has imported and warmed up what all need. A process that dies, or that takes too
long, takes only its batch along: the coordinator tries its stacks one by one.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stackguard.audit.engine.worker import Batch, BatchResult, Job, prepare, work

if TYPE_CHECKING:
    from pebble import ProcessPool

AHEAD = 2
"""Batches of each worker that are sent before it asks."""
BATCHES = 20
"""After so many, a worker is replaced, so that its memory stays flat."""

Finished = tuple[Batch, BatchResult | BaseException]


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
        with self._processes() as pool:
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

    @contextmanager
    def _processes(self) -> Iterator[ProcessPool]:
        from pebble import ProcessPool

        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["stackguard.audit.engine.warm"])
        pool = ProcessPool(self.workers, max_tasks=BATCHES, initializer=prepare, context=context)
        try:
            yield pool
            pool.close()  # type: ignore[no-untyped-call]
            pool.join()
        finally:
            pool.stop()  # type: ignore[no-untyped-call]
            pool.join()
