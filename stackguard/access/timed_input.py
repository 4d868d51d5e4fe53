"""Input that may never end: a stream goes in, its bytes come out within a time."""

from __future__ import annotations

import io
import select
import time
from typing import IO, Any

from stackguard.errors import CannotJudge


class TimedInput(io.RawIOBase):
    """A stream whose lines, or which as a whole, must end within a time.

    The time of a line begins with what is read of it; what answers the lines before takes none of it.
    """

    def __init__(self, stream: IO[bytes], name: str, timeout: float, *, whole: bool) -> None:
        """Begin.

        Args:
            stream: to read; it is closed with this one.
            name: for errors.
            timeout: seconds.
            whole: whether they are for the whole stream instead of a line.
        """
        self._stream: Any = getattr(stream, "raw", stream)
        self._name, self._timeout, self._whole = name, timeout, whole
        self._since: float | None = time.monotonic() if whole else None
        self._answering = False
        """Whether lines have been returned since the last call."""
        self._poll = self._polled()

    def _polled(self) -> Any:
        try:
            descriptor = self._stream.fileno()
        except OSError:  # a stream without a descriptor
            return None
        if not hasattr(select, "poll"):  # Windows
            return None
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return poll

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """As of `RawIOBase`.

        Raises:
            CannotJudge: the time is over.
        """
        if not self._whole and self._since is not None and self._answering:
            self._since = time.monotonic()
        block = None
        while block is None:  # a stream that does not block has nothing yet
            self._wait()
            block = self._stream.read(len(buffer))
        buffer[: len(block)] = block
        if not self._whole:
            self._answering = b"\n" in block
            self._since = None if block.endswith(b"\n") else (self._since or time.monotonic())
        return len(block)

    def _wait(self) -> None:
        """Wait until something can be read."""
        left = None if self._since is None else self._timeout - (time.monotonic() - self._since)
        over = left is not None and left <= 0
        if not over and self._poll is not None:
            over = not self._poll.poll(None if left is None else left * 1000)
        if over:
            what = "" if self._whole else " a line"
            raise CannotJudge(
                f"{self._name} does not end{what} within {self._timeout:g} seconds; allow more with `--timeout`"
            )

    def close(self) -> None:
        """Close the stream, unless it is standard input."""
        if not self.closed and self._name != "standard input":
            self._stream.close()
        super().close()
