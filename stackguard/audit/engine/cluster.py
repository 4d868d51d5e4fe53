"""The engine on several machines: batches go to the workers of a Dask scheduler, which run the same function as the pool's.

A worker that dies takes its batch along, which Dask gives to another one; a batch that ends several workers is lost, and its
stacks are tried one by one. A scheduler that restarts has forgotten everything: what is not done is sent again, which is
safe, because a shard that is written twice has the same name.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any

from stackguard.audit.engine.pool import Finished, LostError
from stackguard.audit.engine.worker import Batch, BatchResult, Job, work
from stackguard.errors import CannotJudge

if TYPE_CHECKING:
    from distributed import Client

AHEAD = 2
"""Batches of each worker that are sent before it asks."""
PATIENCE = 120.0
"""Seconds to wait for a scheduler that is away, and for the first worker."""
TICK = 1.0


def check_address(address: str) -> None:
    """Check that what is sent to a scheduler cannot be read or changed on the way.

    Raises:
        CannotJudge: the address is of another machine and without TLS, or malformed.
    """
    protocol, separator, rest = address.partition("://")
    host = rest.rpartition(":")[0].strip("[]")
    if not separator or not host or not rest.rpartition(":")[2].isdigit():
        raise CannotJudge(f"`--scheduler {address}` is no address; give one such as `tcp://127.0.0.1:8786`")
    if protocol == "tls":
        return
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    if protocol != "tcp" or not local:
        raise CannotJudge(
            f"`--scheduler {address}` is not on this machine, so it needs TLS: `tls://…`, with Dask's certificates"
            " (docs/audit.md)"
        )


class Cluster:
    """The workers of a scheduler."""

    def __init__(self, job: Job, address: str, patience: float = PATIENCE) -> None:
        """Connect.

        Raises:
            CannotJudge: the address is not safe, or no scheduler or worker answers there.
        """
        check_address(address)
        self.job, self.address, self.patience = job, address, patience
        self._client = self._connected()
        self.workers = self._count()

    def run(self, batches: Iterable[Batch]) -> Iterator[Finished]:
        """As of `Pool`."""
        left = iter(batches)
        waiting: dict[Any, Batch] = {}
        while True:
            while len(waiting) < self.workers * AHEAD and (batch := next(left, None)) is not None:
                waiting[self._sent(batch)] = batch
            if not waiting:
                return
            done = [future for future in waiting if future.done()]
            if not done:
                time.sleep(TICK / 20)
            if self._client.status != "running" or any(future.status in {"cancelled", "lost"} for future in waiting):
                waiting = self._again(waiting)
                continue
            for future in done:
                try:
                    outcome = _outcome(future)
                except CancelledError:  # the scheduler has gone since: what is not done is sent again
                    break
                yield waiting.pop(future), outcome

    def close(self) -> None:
        """Leave the scheduler, which keeps its workers."""
        self._client.close(timeout=5)  # type: ignore[no-untyped-call]

    def _sent(self, batch: Batch) -> Any:
        return self._client.submit(work, self.job, batch, key=f"{self.job.run.id}-{batch.shard}", pure=False)

    def _again(self, waiting: dict[Any, Batch]) -> dict[Any, Batch]:
        """Connect again, and send what is not done."""
        self._client.close(timeout=5)  # type: ignore[no-untyped-call]
        self._client = self._connected()
        return {self._sent(batch): batch for batch in waiting.values()}

    def _connected(self) -> Client:
        from distributed import Client

        try:
            client = Client(self.address, timeout=self.patience, set_as_default=False)  # type: ignore[no-untyped-call]
            client.wait_for_workers(1, timeout=self.patience)
        except (OSError, TimeoutError):
            raise CannotJudge(
                f"no Dask scheduler with a worker answers at `{self.address}`; start them with `dask scheduler`"
                " and `dask worker`"
            ) from None
        return client

    def _count(self) -> int:
        return max(1, len(self._client.scheduler_info(n_workers=-1)["workers"]))


def _outcome(future: Any) -> BatchResult | BaseException:
    from distributed import KilledWorker

    error = future.exception()
    if error is None:
        result: BatchResult = future.result()
        return result
    return LostError() if isinstance(error, KilledWorker) else error
