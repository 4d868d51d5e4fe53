"""The signals that end a command: they end every child process, as an interrupt does."""

from __future__ import annotations

import signal
from types import FrameType

ENDING_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Those of a CI system and of a closed terminal."""

INTERRUPTED = 130
"""The exit code of a command that a signal ends."""


def interrupt(number: int, frame: FrameType | None) -> None:
    """Do what Ctrl-C does: in an event loop, cancel the main task; elsewhere, raise `KeyboardInterrupt`."""
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):
        handler = signal.default_int_handler
    handler(number, frame)
