"""A fork of this process that may run code of the operator's own: its messages, its output and its end.

It has a session of its own, by which what it leaves is known (`preview/server/orphans.py`) and so that Ctrl-C reaches this
process only, and it ends when this process ends, however that happens.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from multiprocessing.connection import Connection, wait
from typing import NoReturn

from stackguard import signals
from stackguard.gate.own_policies.printed import Printed
from stackguard.preview.child.supervisor import supervise

TICK = 0.1
"""Seconds between two looks at the time."""
GRACE = 10.0
"""Seconds in which a process ends its program, once it is told to end, or its time is over; then it is ended."""
PATIENCE = 0.8 * GRACE
"""Seconds of these in which a process that has supervisors ends what it has started."""
STOPPED = "did not end within {:g} s and were stopped; see --timeout"


class Forked:
    """A process that does one piece of work, and sends messages meanwhile."""

    def __init__(self, work: Callable[[Connection], object], *, starts_processes: bool = False) -> None:
        """Start it.

        Args:
            work: is called with the connection to this process.
            starts_processes: the work may start some, which end with it: it has supervisors as a program has (Linux).
        """
        self.code: int | None = None
        """Its exit code, or minus the number of a signal; None until it has ended and all it sent is taken."""
        alive, lifeline = _lifeline()
        self._printed = Printed()
        reading, writing = multiprocessing.Pipe(duplex=False)
        self._connection: Connection | None = reading
        # An interrupt waits until it ends the new process, too.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, *signals.ENDING_SIGNALS})
        try:
            self.pid = os.fork()
            if self.pid == 0:
                _work(work, writing, self._printed, (alive, lifeline), mask, starts_processes=starts_processes)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        writing.close()
        self._printed.started()
        self._handle: int | None = None
        with contextlib.suppress(
            AttributeError, OSError
        ):  # not on this system: then its end is noticed at the next tick
            self._handle = os.pidfd_open(self.pid)

    @property
    def descriptors(self) -> Sequence[int]:
        """What to wait for: its messages, its output and its end. What it leaves may keep the first two open."""
        sending = [self._connection.fileno()] if self._connection else []
        handle = [self._handle] if self._handle is not None else []
        return [*handle, *sending, *([self._printed.read_end] if self._printed.read_end >= 0 else [])]

    @property
    def has_ended(self) -> bool:
        """Whether the process has; until `close`, its id is no other's."""
        return self.code is not None or bool(os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT))

    def take(self) -> list[bytes]:
        """Show what it has printed, note if it has ended, and return the messages that have arrived."""
        ended = self.has_ended
        messages = []
        while self._connection and self._connection.poll():
            try:
                messages.append(self._connection.recv_bytes())
            except (EOFError, OSError):
                self._connection.close()
                self._connection = None
        self._printed.show()
        if ended:
            self.close()
        return messages

    def stop(self) -> None:
        """Tell it to end."""
        if self.code is None:
            os.kill(self.pid, signal.SIGTERM)

    def close(self, deadline: float | None = None) -> None:
        """Wait for its end; after the deadline, of `time.monotonic`, it is killed."""
        if self.code is not None:
            return
        while deadline is not None and not self.has_ended:
            time.sleep(TICK / 10)
            if time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)  # its program's supervisors notice
                deadline = None
        self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self._printed.show()
        self._printed.close()
        if self._handle is not None:
            os.close(self._handle)
        if self._connection:
            self._connection.close()
            self._connection = None


def ready(processes: Iterable[Forked], seconds: float) -> list[Forked]:
    """Those of which something has arrived; waits for it for so long."""
    processes = list(processes)
    arrived = set(wait([descriptor for process in processes for descriptor in process.descriptors], seconds))
    return [process for process in processes if process.has_ended or not arrived.isdisjoint(process.descriptors)]


def end_after(seconds: float) -> None:
    """End this process after a time, whatever a policy does, instead of after an earlier one."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)


@cache
def _lifeline() -> tuple[int, int]:
    """A pipe of which this process keeps the second end open for as long as it lives."""
    return os.pipe()


def _work(
    work: Callable[[Connection], object],
    connection: Connection,
    printed: Printed,
    lifeline: tuple[int, int],
    mask: Iterable[int],
    *,
    starts_processes: bool,
) -> NoReturn:
    """Do the work in the new process, and exit."""
    code = 1
    try:
        os.setsid()
        os.close(lifeline[1])
        if starts_processes:
            supervise(lifeline[0], patience=PATIENCE)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number in signals.ENDING_SIGNALS:
            signal.signal(number, signals.interrupt)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        threading.Thread(target=_end_with, args=(lifeline[0],), daemon=True).start()
        printed.redirect()
        work(connection)
        code = 0
    except KeyboardInterrupt:
        pass
    finally:
        with contextlib.suppress(Exception):
            sys.stderr.flush()
        os._exit(code)


def _end_with(alive: int) -> None:
    """End this process when the one that keeps the other end of a pipe has ended."""
    os.read(alive, 1)
    os.kill(os.getpid(), signal.SIGKILL)
