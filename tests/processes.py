"""Processes that a test starts, found by a number in their command line that is unique to this run."""

from __future__ import annotations

import os
import time

import psutil


def own(number: int) -> str:
    """Seconds for `sleep` that identify its process as one of this run."""
    return f"{number}.{os.getpid()}"


def tagged(tag: str) -> bool:
    """Whether the command line of a running process mentions `tag`."""
    return any(
        tag in argument for process in psutil.process_iter(["cmdline"]) for argument in process.info["cmdline"] or ()
    )


def appears(tag: str) -> bool:
    """Whether such a process starts, within 30 seconds."""
    return _within(30, tag, running=True)


def gone(tag: str) -> bool:
    """Whether no such process is left, within 10 seconds."""
    return _within(10, tag, running=False)


def _within(seconds: float, tag: str, *, running: bool) -> bool:
    deadline = time.monotonic() + seconds
    while tagged(tag) is not running and time.monotonic() < deadline:
        time.sleep(0.05)
    return tagged(tag) is running
