"""The entry point of the `stackguard` script and of `python -m stackguard`."""

from __future__ import annotations

import os
import sys

try:  # an interrupt is likely here, as importing takes most of the time until `run` sets its handlers
    import atexit
    import contextlib
    import signal
    import threading
    from types import FrameType
    from typing import TYPE_CHECKING, NoReturn

    from stackguard.signals import ENDING_SIGNALS, INTERRUPTED, interrupt
except KeyboardInterrupt:
    os.write(2, b"interrupted\n")
    os._exit(130)

if TYPE_CHECKING:
    from sys import UnraisableHookArgs


def run() -> NoReturn:
    """Run the command line and exit.

    The interpreter's own exit would free millions of objects of the linter's tables and of a large state, which takes as
    long as judging. Functions registered with `atexit` still run.
    """
    if asked := signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)
    ending = [
        number for number in ENDING_SIGNALS if signal.getsignal(number) is signal.SIG_DFL
    ]  # `nohup` ignores SIGHUP
    for number in ending:
        signal.signal(number, _leave)
    from stackguard.cli import main, unwritable
    from stackguard.cli.streams import note_lost, secure
    from stackguard.preview.server import orphans

    if asked:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in ending:
        signal.signal(number, interrupt)
    if hasattr(signal, "SIGCHLD"):  # ignored, the exit codes of child processes would be lost
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and hasattr(signal, "pthread_sigmask"):
        # A shell's background job: Ctrl-C stays without effect, but asyncio sees a handler that it replaces by its own.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.unraisablehook = _interrupt_again
    secure()
    orphans.allow()
    code = main()
    atexit._run_exitfuncs()  # noqa: SLF001 (the first step of the interpreter's exit, without the rest)
    try:
        sys.stdout.flush()
    except OSError as error:
        code = unwritable(error)
    note_lost()
    with contextlib.suppress(OSError):
        sys.stderr.flush()
    os._exit(code)


def _interrupt_again(unraisable: UnraisableHookArgs) -> None:
    """Interrupt once more if the interpreter dropped an interrupt, as it does in finalizers and while it imports."""
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGINT)).start()
    else:
        sys.__unraisablehook__(unraisable)


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    """End while modules are imported, when there is nothing yet to clean up."""
    with contextlib.suppress(OSError):
        os.write(2, b"interrupted\n")
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    run()
