"""Starts the process from which workers are forked: it imports what they need while the coordinator does that, and lists.

It imports nothing from the current folder, which others may write, and this module little.
"""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing import forkserver
from multiprocessing.context import BaseContext

SAFE_PATH = "PYTHONSAFEPATH"
"""Source: https://docs.python.org/3/using/cmdline.html#envvar-PYTHONSAFEPATH."""
OURS = "stackguard"
"""The value if the user has set none: programs that a worker runs import from their folder."""


def start() -> BaseContext:
    """Start the process unless it runs, and return the context that forks from it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["stackguard.audit.engine.warm"])
    if SAFE_PATH in os.environ:
        forkserver.ensure_running()
        return context
    os.environ[SAFE_PATH] = OURS
    try:
        forkserver.ensure_running()
    finally:
        del os.environ[SAFE_PATH]
    return context
