"""A limit of time for one stack, as far as this process can interrupt itself; the engine ends what it cannot."""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class OverTimeError(Exception):
    """A stack takes longer than it may."""


@contextmanager
def limit(seconds: float) -> Iterator[None]:
    """Interrupt this block after some seconds: by a signal in the main thread, else by an exception of the interpreter.

    Raises:
        OverTimeError: the block takes longer.
    """
    main = threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")
    with _alarm(seconds) if main else _other_thread(seconds):
        yield


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    former = signal.signal(signal.SIGALRM, _over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


def _over(_number: int, _frame: FrameType | None) -> None:
    raise OverTimeError


@contextmanager
def _other_thread(seconds: float) -> Iterator[None]:
    """A worker of Dask runs its tasks in a thread. Source: https://docs.python.org/3/c-api/threads.html."""
    thread, lock, ended = threading.get_ident(), threading.Lock(), False

    def interrupt() -> None:
        with lock:
            if not ended:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(OverTimeError))

    timer = threading.Timer(seconds, interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        with lock:
            ended = True
        timer.cancel()
