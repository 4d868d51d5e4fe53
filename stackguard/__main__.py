"""What the `stackguard` script and `python -m stackguard` run."""

from __future__ import annotations

import atexit
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from stackguard.cli import main

TO_END = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""What a CI system and a closed terminal send. All that runs is ended then as for an interrupt, daemons too."""


def run() -> NoReturn:
    """Run the command line and exit.

    The linter's tables and a large state are millions of objects; taking them apart one by one at exit would take as
    long as judging does. Whatever asked to run at exit runs.
    """
    for number in TO_END:
        if signal.getsignal(number) is signal.SIG_DFL:  # `nohup` has one ignored
            signal.signal(number, _interrupt)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and hasattr(signal, "pthread_sigmask"):
        # A shell's background job: Ctrl-C stays without effect, but asyncio sees a handler that it replaces by its own.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, signal.default_int_handler)
    code = main()
    atexit._run_exitfuncs()  # noqa: SLF001 (what the interpreter does first, without what it does then)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Do what Ctrl-C does: in an event loop, cancel the main task; elsewhere, raise `KeyboardInterrupt`."""
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):
        raise KeyboardInterrupt
    handler(number, frame)


if __name__ == "__main__":
    run()
