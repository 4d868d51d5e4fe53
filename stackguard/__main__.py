"""What the `stackguard` script and `python -m stackguard` run."""

from __future__ import annotations

import atexit
import os
import signal
import sys
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
    code = main()
    atexit._run_exitfuncs()  # noqa: SLF001 (what the interpreter does first, without what it does then)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _interrupt(*_: object) -> None:
    """Do what Ctrl-C would, though a shell has that ignored in what it runs in the background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.raise_signal(signal.SIGINT)


if __name__ == "__main__":
    run()
