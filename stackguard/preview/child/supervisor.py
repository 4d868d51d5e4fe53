"""The processes between the gate and a program, a policy pack or a command: they end everything that descends from them.

They run in the program's own interpreter, by this file's path, so they depend on nothing. Orphans become their children,
because they are child subreapers (Linux), so that they also end daemons that left the session and cleared their
environment. They never look at other processes, and signal none that they have already waited for: its number may be
another's. There are two, because a program can end its parent: its orphans then become children of the outer one.
Source: https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import sys
import time
from typing import Any

PR_SET_CHILD_SUBREAPER = 36
PAUSE = 0.002
"""Seconds between two rounds of ending processes: a process may start another while it is being ended."""
LONGEST = 5.0
"""Seconds until processes that cannot be ended, such as those of another user, are left alone."""
LEFT = 1.0
"""Seconds of the patience with what a child leaves."""
GONE = 3.0
"""The same if the gate is gone, and nobody waits: an interpreter that has just been started needs its time."""
POLL = 20
"""Milliseconds between two looks at the child, on systems that cannot wait for a process and a pipe together."""


class Stopped(Exception):  # noqa: N818 (not an error)
    """The gate asks to end the program, by SIGTERM."""


def supervise(control: int, *folders: str, grace: float = 0, patience: float = 0) -> None:
    """Fork twice; return in the grandchild, in a session of its own. Each parent waits, and exits with its child's status.

    Args:
        control: a pipe that the gate keeps open; when it is closed, the gate is gone.
        folders: removed at the end, since the gate may be killed meanwhile.
        grace: seconds that the child has to end by itself if the gate is gone.
        patience: seconds that the child has to end once it is told to. What it leaves has some of them to end by itself, as
            the supervisors of programs do.
    """
    for _ in range(2):
        _fork(control, folders, grace, patience)


def _fork(control: int, folders: tuple[str, ...], grace: float, patience: float) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # ignored, it would free the numbers of children that have ended
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    before = signal.signal(signal.SIGTERM, _stop)
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGTERM, before)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        os.setsid()
        return
    ended, gone, stopped = False, False, True
    with contextlib.suppress(Stopped):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        become_subreaper()
        gone = _wait(child, control, grace)
        ended = not gone
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        stopped = False
    if stopped and patience:
        os.kill(child, signal.SIGTERM)
        _await(patience, child)
    _await(min(patience, GONE if gone else LEFT))
    status = _end_all(child)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    _leave(status if ended else signal.SIGKILL)


def _stop(_signal: int, _frame: Any) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Stopped


def become_subreaper() -> None:
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


def _await(seconds: float, *processes: int) -> None:
    """Wait for the end of some children, or of all that there are meanwhile, for so long."""
    deadline = time.monotonic() + seconds
    while not all(map(_has_ended, processes or _children())) and time.monotonic() < deadline:
        time.sleep(PAUSE)


def _end_all(child: int) -> int:
    """End the child's group and all children of this process, until none is left; return the child's status."""
    status = None
    deadline = time.monotonic() + LONGEST
    with contextlib.suppress(ChildProcessError):  # none is left
        while time.monotonic() < deadline:
            if status is None:  # once it has been waited for, its number may be another group's
                with contextlib.suppress(OSError):
                    os.killpg(child, signal.SIGKILL)
            for process in _children():
                with contextlib.suppress(OSError):
                    os.kill(process, signal.SIGKILL)
            while (reaped := os.waitpid(-1, os.WNOHANG))[0]:
                if reaped[0] == child:
                    status = reaped[1]
            time.sleep(PAUSE)
    return signal.SIGKILL if status is None else status


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


if __name__ == "__main__":
    supervise(int(sys.argv[1]))
    os.close(int(sys.argv[1]))
    try:
        os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 (the gate's own command)
    except OSError as error:
        sys.exit(f"error: `{sys.argv[2]}` cannot be started: {error.strerror}")
