"""The standard streams of a command: a reader that has gone, or a stream that is closed, changes no exit code."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import IO, Any


class OutputError(OSError):
    """Standard output cannot be written, such as on a full disk."""


class _Drain(io.FileIO):
    """A standard stream's descriptor: what is written after it has failed is dropped."""

    failed = False
    closed_from_start = False
    lost = False
    """Whether something was written to a stream that is closed."""

    def write(self, block: Any) -> int:
        """Write a part of the block, and return how many bytes that is."""
        self.lost |= self.closed_from_start and len(block) > 0
        if not self.failed:
            try:
                return super().write(block) or 0
            except OSError as error:
                self.failed = True
                if self.fileno() == 1 and not isinstance(error, BrokenPipeError):
                    raise OutputError(error.errno, error.strerror) from None
        return len(block)


def secure() -> None:
    """Replace `sys.stdout` and `sys.stderr`, for a process of its own.

    A stream that is closed from the start becomes the null device, so that no file that the command opens gets its
    number. Characters that the stream cannot encode are replaced.
    """
    closed = False
    for number in range(3):
        with suppress(OSError):
            os.fstat(number)
            continue
        os.open(os.devnull, os.O_RDWR)  # the lowest free number is this one
        closed |= number == 1
    sys.stdout, sys.stderr = _stream(1, sys.stdout), _stream(2, sys.stderr)
    if isinstance(raw := _raw(), _Drain):
        raw.closed_from_start = closed


def note_lost() -> None:
    """Report on standard error if what was written to standard output is lost, because that is closed."""
    if isinstance(raw := _raw(), _Drain) and raw.lost:
        with suppress(OSError):
            sys.stderr.write("standard output is closed, so the report could not be written\n")


def unread() -> bool:
    """Whether the reader of standard output has gone."""
    return isinstance(raw := _raw(), _Drain) and raw.failed


def _raw() -> object:
    return getattr(getattr(sys.stdout, "buffer", None), "raw", None)


def _stream(number: int, stream: IO[str] | None) -> io.TextIOWrapper:
    raw = _Drain(number, "w", closefd=False)
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding, errors="replace", line_buffering=number == 2)
