"""How a child process starts with regard to signals."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ignored(number: int) -> Iterator[None]:
    """Children that start in here ignore the signal, as what a shell runs in the background does an interrupt."""
    before = signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(number, before)
