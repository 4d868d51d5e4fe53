"""A limit of time for one stack, as far as this process can interrupt itself; the engine ends what it cannot."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class OverTimeError(Exception):
    """A stack takes longer than it may."""


@contextmanager
def limit(seconds: float) -> Iterator[None]:
    """Interrupt this block after some seconds. Only the main thread of a process can be interrupted.

    Raises:
        OverTimeError: the block takes longer.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return
    former = signal.signal(signal.SIGALRM, _over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


def _over(_number: int, _frame: FrameType | None) -> None:
    raise OverTimeError
