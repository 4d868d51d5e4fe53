"""How a child process starts with regard to signals, whatever the test run itself was started under."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def as_usual(number: int) -> Iterator[None]:
    """Children that start in here do not ignore the signal, though `nohup` may have it ignored all around."""
    before = signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(number, before)


@contextmanager
def ignored(number: int) -> Iterator[None]:
    """Children that start in here ignore the signal, as what a shell runs in the background does an interrupt."""
    before = signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(number, before)
