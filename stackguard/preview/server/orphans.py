"""Orphans of a program that has ended both of its supervisors: they become children of the gate, which ends them.

Only the command line's own processes do so, since the children of a host of the pytest plugin are not the gate's. A program
has a session of its own, which it can never leave for the gate's: a child of this process in another session that was not
there before the program is one of the program's, or was started meanwhile by what the gate itself runs. So nothing is ended
unless a supervisor was killed, after which there is no verdict in any case.
Source: https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import time
from pathlib import Path

from stackguard.preview.child.supervisor import LONGEST, PAUSE, become_subreaper

_allowed = False


def allow() -> None:
    """Let this process, and those that it forks, be the parent of orphans while programs run."""
    global _allowed  # noqa: PLW0603 (of the process)
    _allowed = True


def adopt() -> None:
    """Become the parent of what policies of the operator's own leave, which may start processes, and end it at exit."""
    if _allowed:
        atexit.register(end, watched())


def watched() -> frozenset[int]:
    """Become the parent of orphans; return the children of this process in other sessions, which are no program's."""
    if not _allowed:
        return frozenset()
    become_subreaper()
    return frozenset(_strangers())


def end(before: frozenset[int]) -> None:
    """End what a program has left whose supervisor was killed.

    Args:
        before: what `watched` returned before the program started.
    """
    deadline = time.monotonic() + LONGEST
    while _allowed and time.monotonic() < deadline and (left := _strangers() - before):
        for process in left:
            with contextlib.suppress(OSError):
                os.kill(process, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(process, os.WNOHANG)
        time.sleep(PAUSE)


def _strangers() -> set[int]:
    """The children of this process in other sessions; none if the system does not list them."""
    children: set[int] = set()
    with contextlib.suppress(OSError):
        for listed in Path("/proc/self/task").glob("*/children"):
            children.update(map(int, listed.read_text("ascii").split()))
    own = os.getsid(0)
    return {child for child in children if _session(child) not in {own, None}}


def _session(process: int) -> int | None:
    try:
        return os.getsid(process)
    except OSError:  # it has ended, and was waited for
        return None
