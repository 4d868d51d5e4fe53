"""The output of a program, kept in memory up to a limit, so that endless output fills neither memory nor disk."""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from dataclasses import dataclass, field

from policypack.evaluation.redaction import Mask

LIMIT = 512 * 1024
"""Bytes that are kept: the last ones, which show how the program ended. Each is searched for every secret."""
BLOCK = 65536
BLOCKS = 32
"""More than a pipe can contain."""


@dataclass(slots=True, eq=False)
class ProgramOutput:
    """A pipe that a thread reads all the time. The program and `note` both write to `write_end`, in one order."""

    write_end: int = -1
    _read_end: int = -1
    _stop: tuple[int, int] = (-1, -1)
    _kept: deque[bytes] = field(default_factory=deque)
    _size: int = 0
    _dropped: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _reader: threading.Thread | None = None

    def __post_init__(self) -> None:
        self._read_end, self.write_end = os.pipe()
        self._stop = os.pipe()
        self._reader = threading.Thread(target=self._empty, name="stackguard-output", daemon=True)
        self._reader.start()

    def note(self, text: str) -> None:
        """Write a line into the program's output."""
        line = text.rstrip("\n").encode(errors="replace") + b"\n"
        while line:
            line = line[os.write(self.write_end, line) :]

    def text(self) -> str:
        """The output so far, or the last part of it."""
        return "".join(self._text())

    def masked(self, mask: Mask) -> str:
        """The same without secrets, and without the rest of one that the limit cuts through."""
        head, text = self._text()
        return head + (mask.hide_head(text) if head else mask.hide(text))

    def _text(self) -> tuple[str, str]:
        """A line about bytes that are left out, if there are any, and the text."""
        for _ in range(BLOCKS):  # the capacity of the pipe; a program may print faster than this reads
            if not self._take():
                break
        with self._lock:
            content = b"".join(self._kept)[-LIMIT:]
            dropped = self._dropped + self._size - len(content)
        head = f"(the first {dropped:,} bytes of what was printed are left out)\n" if dropped else ""
        return head, content.decode(errors="replace")

    def close(self) -> None:
        """Stop reading, even if another process still has the other end open."""
        os.write(self._stop[1], b".")
        if self._reader:
            self._reader.join()
        for end in (self._read_end, self.write_end, *self._stop):
            os.close(end)

    def _empty(self) -> None:
        waiting = select.poll()
        waiting.register(self._read_end, select.POLLIN)
        waiting.register(self._stop[0], select.POLLIN)
        while self._stop[0] not in dict(waiting.poll()):
            self._take()

    def _take(self) -> bool:
        """Read the pipe, and return whether it had any data."""
        ready = select.poll()
        ready.register(self._read_end, select.POLLIN)
        with self._lock:
            if not ready.poll(0):
                return False
            block = os.read(self._read_end, BLOCK)
            self._kept.append(block)
            self._size += len(block)
            while self._size - len(self._kept[0]) >= LIMIT:
                dropped = len(self._kept.popleft())
                self._size -= dropped
                self._dropped += dropped
        return bool(block)
