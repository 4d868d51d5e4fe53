"""The process between the gate and a program or a policy pack: it ends everything that descends from it.

It runs in the program's own interpreter, by its path, so it depends on nothing. Orphans become its children, because it
is a child subreaper (Linux), so that it also ends daemons that left the session and cleared their environment. It
never looks at other processes. Source: https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import time
from typing import Any

PR_SET_CHILD_SUBREAPER = 36
PAUSE = 0.002
"""Seconds between two rounds of ending processes: a process may start another while it is being ended."""
LONGEST = 5.0
"""Seconds until processes that cannot be ended, such as those of another user, are left alone."""
POLL = 20
"""Milliseconds between two looks at the child, on systems that cannot wait for a process and a pipe together."""


class Stopped(Exception):  # noqa: N818 (not an error)
    """The gate asks to end the program, by SIGTERM."""


def supervise(control: int, *folders: str, grace: float = 0) -> None:
    """Fork; return in the child, in a session of its own. The parent waits for it, and exits with its status.

    Args:
        control: a pipe that the gate keeps open; when it is closed, the gate is gone.
        folders: removed if the gate is gone.
        grace: seconds that the child has to end by itself if the gate is gone.
    """
    before = signal.signal(signal.SIGTERM, _stop)
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGTERM, before)
        os.setsid()
        return
    status, gone = int(signal.SIGKILL), False
    with contextlib.suppress(Stopped):
        _become_subreaper()
        gone = _wait(child, control, grace)
        if not gone:
            status = os.waitpid(child, 0)[1]
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _end_all(child)
    for folder in folders if gone else ():
        shutil.rmtree(folder, ignore_errors=True)
    _leave(status)


def _stop(_signal: int, _frame: Any) -> None:
    raise Stopped


def _become_subreaper() -> None:
    """Have orphans among the descendants become children of this process, where the system can."""
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes  # after the fork: the program does not wait for it

        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _wait(child: int, control: int, grace: float) -> bool:
    """Wait for the child's end or the gate's, and return whether the gate is gone."""
    events = select.poll()
    events.register(control, 0)  # hang-up only: the child reads what the gate writes
    try:
        handle = os.pidfd_open(child)
        events.register(handle, select.POLLIN)
    except (AttributeError, OSError):
        handle = None
    while not (ready := {descriptor for descriptor, _ in events.poll(None if handle is not None else POLL)}):
        if _has_ended(child):
            return False
    if control not in ready:
        return False
    deadline = time.monotonic() + grace
    while not _has_ended(child) and time.monotonic() < deadline:
        time.sleep(PAUSE)
    return True


def _has_ended(child: int) -> bool:
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _end_all(child: int) -> None:
    """End the child's group and all children of this process, until none is left."""
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            os.killpg(child, signal.SIGKILL)
        for process in _children():
            with contextlib.suppress(OSError):
                os.kill(process, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(PAUSE)


def _children() -> list[int]:
    """The children of this process; empty if the system does not list them."""
    own = os.getpid()
    try:
        with open(f"/proc/{own}/task/{own}/children", encoding="ascii") as listed:
            return [int(process) for process in listed.read().split()]
    except OSError:
        return []


def _leave(status: int) -> None:
    """Exit as the child did: `status` is as `os.waitpid` returns it."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        with contextlib.suppress(OSError, ValueError):  # SIGKILL has no handler
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status) % 256)
