"""Work on cards of the operator's own, in a process that their code may end: its result arrives, or why there is none."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TypeVar

from stackguard.errors import CannotJudge, crash
from stackguard.gate import transfer
from stackguard.gate.own_policies.forked import GRACE, STOPPED, TICK, Forked, end_after, ready
from stackguard.preview.server import orphans
from stackguard.preview.server.hosts import FORKS

T = TypeVar("T")


def apart(work: Callable[[], T], policies: str, seconds: float) -> T:
    """What `work`, which loads policies of the operator's own, returns; where no process can be forked, it runs here.

    Args:
        work: returns what `transfer` can send.
        policies: what is loaded, for errors: `the policies of state.json`.
        seconds: the time after which it is stopped.

    Raises:
        CannotJudge: the policies end the process or take too long, or `work` fails for a reason of our own.
        Exception: an error of this package's that `work` raises.
    """
    if not FORKS:
        return work()

    def send(connection: Connection) -> None:
        end_after(seconds)
        connection.send_bytes(transfer.packed(_attempted(work)))

    orphans.adopt()
    process, messages = Forked(send, starts_processes=True), list[bytes]()
    deadline = time.monotonic() + seconds + GRACE
    try:
        while process.code is None and time.monotonic() < deadline:
            for running in ready([process], TICK):
                messages += running.take()
    finally:
        late = process.code is None
        process.stop()
        process.close(time.monotonic() + GRACE)
    if not messages:
        if late or process.code == -signal.SIGALRM:
            raise CannotJudge(f"{policies} {STOPPED.format(seconds)}")
        assert process.code is not None
        how = f"exit code {process.code}" if process.code >= 0 else f"signal {-process.code}"
        raise CannotJudge(f"{policies} end the process that loads them, with {how}")
    result: T | Exception = transfer.unpacked(messages[-1])
    if isinstance(result, Exception):
        raise result
    return result


def _attempted(work: Callable[[], T]) -> T | Exception:
    try:
        return work()
    except Exception as error:  # noqa: BLE001 (it is raised where the result arrives)
        ours = type(error).__module__.partition(".")[0] in {"stackguard", "policypack"}
        return error if ours else CannotJudge(*crash(error))
