"""A worker: batches of stacks go in, shards in the store come out, and what is left of each stack for the coordinator.

The coordinator imports this module, and what judges only where a worker runs.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING

from stackguard.audit.model import StackRef
from stackguard.audit.request import Run
from stackguard.audit.store import files
from stackguard.audit.store.former import by_stack
from stackguard.audit.store.runs import Runs

if TYPE_CHECKING:
    from stackguard.audit.store.tables import StackRow


@dataclass(frozen=True, slots=True)
class Batch:
    """Stacks that one worker judges and writes as one shard."""

    shard: str
    refs: Sequence[StackRef]
    known: Sequence[bytes] = ()
    """Their rows of earlier runs, as far as there are any (`store.former`)."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What came of a batch."""

    judged: int = 0
    carried: int = 0
    failures: tuple[tuple[str, str, str], ...] = ()
    """The stacks that could not be judged: each the name, the reason and the message."""
    resources: int = 0
    blocking: int = 0
    bytes: int = 0
    peak: int = 0
    """The most memory that the worker has used, in bytes."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker needs besides a batch: it is sent once."""

    run: Run
    store: str
    """The path or the URL."""


def prepare() -> None:
    """Leave Ctrl-C to the coordinator, which lets this process finish its batch, and end with the coordinator."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if coordinator := multiprocessing.parent_process():
        threading.Thread(target=_end_with, args=[coordinator], daemon=True).start()


def _end_with(coordinator: BaseProcess) -> None:
    coordinator.join()
    os._exit(1)  # what this process started ends with it


def work(job: Job, batch: Batch) -> BatchResult:
    """Judge a batch and write its shard.

    Raises:
        OSError: the shard cannot be written.
    """
    from stackguard.audit.engine.unit import judge

    known = by_stack(batch.known)
    stacks: list[StackRow] = []
    tables: dict[str, list[object]] = {}
    for ref in batch.refs:
        unit = judge(job.run, batch.shard, ref, known.get(ref.id))
        stacks.append(unit.row)
        for table, rows in unit.facts.items():
            tables.setdefault(table, []).extend(rows)
    Runs(files.opened(job.store)).write(job.run.id, batch.shard, {**tables, "stacks": stacks})
    return result(stacks)


def result(rows: Sequence[StackRow]) -> BatchResult:
    """The counts of stacks."""
    return BatchResult(
        sum(row.state == "judged" for row in rows),
        sum(row.state == "carried" for row in rows),
        tuple(
            (f"{row.project}/{row.stack}" if row.stack else row.location, row.reason, row.message)
            for row in rows
            if row.state == "failed"
        ),
        sum(row.resources for row in rows),
        sum(row.blocking for row in rows),
        sum(row.bytes for row in rows if row.state == "judged"),
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10,
    )
