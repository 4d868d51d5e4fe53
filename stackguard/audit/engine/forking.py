"""Starts the process from which workers are forked: it imports what they need while the coordinator does that, and lists.

It imports nothing from the current folder, which others may write, and this module little.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import forkserver, resource_tracker, util
from multiprocessing.context import BaseContext

SAFE_PATH = "PYTHONSAFEPATH"
"""Source: https://docs.python.org/3/using/cmdline.html#envvar-PYTHONSAFEPATH."""
OURS = "stackguard"
"""The value if the user has set none: programs that a worker runs import from their folder."""
TEMPORARY = "STACKGUARD_TEMPORARY"
"""The folder with the socket of the process, which removes it if this one is killed."""


def start() -> BaseContext:
    """Start the process unless it runs, and return the context that forks from it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["stackguard.audit.engine.warm"])
    more = {TEMPORARY: util.get_temp_dir()}
    if SAFE_PATH not in os.environ:
        more[SAFE_PATH] = OURS
    resource_tracker.ensure_running()  # its start ends the block of the signal
    with _variables(more), _no_interrupt():
        forkserver.ensure_running()
    return context


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Have Ctrl-C wait in this block, and in processes that are started here until they choose what it does."""
    former = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


@contextmanager
def _variables(more: Mapping[str, str]) -> Iterator[None]:
    """Have more variables in this block, which processes that are started here keep."""
    os.environ.update(more)
    try:
        yield
    finally:
        for name in more:
            del os.environ[name]
