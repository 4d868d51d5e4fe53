"""Importing this module loads what every worker needs: processes that are forked afterwards share it.

What only some stacks need, a worker loads with the first of them: while this process loads, the workers wait.
"""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import signal
import sys
from traceback import extract_tb
from types import TracebackType

from stackguard.audit.engine.forking import OURS, SAFE_PATH, TEMPORARY

if temporary := os.environ.pop(TEMPORARY, None):  # `forking` has started this process
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all: the coordinator answers it
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    atexit.register(shutil.rmtree, temporary, ignore_errors=True)  # this process ends after those that use it


def _unless_over(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Show an error, but not that of a worker which starts when the audit has ended, and finds no lock of it."""
    if not (kind is FileNotFoundError and any(frame.name == "__setstate__" for frame in extract_tb(trace))):
        sys.__excepthook__(kind, error, trace)


sys.excepthook = _unless_over if temporary else sys.excepthook

gc.disable()  # nearly all that is imported stays: looking for garbage takes a fifth of the time

import stackguard.audit.engine.unit  # noqa: E402
import stackguard.audit.engine.worker  # noqa: E402
import stackguard.audit.store.shards  # noqa: E402, F401
from policypack.iam.parliament import engine as parliament  # noqa: E402

if os.environ.get(SAFE_PATH) == OURS:
    del os.environ[SAFE_PATH]
parliament.loaded()
gc.freeze()
gc.enable()
