"""The signals that child processes ignore."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ignored(number: int) -> Iterator[None]:
    """Children that start in this block ignore the signal, as a shell's background jobs ignore an interrupt."""
    before = signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(number, before)
