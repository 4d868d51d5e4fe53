"""What a forked process prints: a pipe in its place, from which whole lines without control characters are shown."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field

from stackguard.reports.formatting import printable_lines

BLOCK = 1 << 16
BLOCKS = 16
"""The most that are read in one go: a process may print faster than this shows it."""
LONGEST_LINE = 1 << 16
"""Bytes after which a line is shown although it has not ended."""


@dataclass(slots=True)
class Printed:
    """The output of a process, which writes to `write_end`; both of its standard streams are one."""

    write_end: int = -1
    read_end: int = -1
    """To wait for; -1 once there is nothing more."""
    _rest: bytearray = field(default_factory=bytearray)
    """The beginning of a line."""

    def __post_init__(self) -> None:
        self.read_end, self.write_end = os.pipe()
        os.set_blocking(self.read_end, False)

    def redirect(self) -> None:
        """In the process itself: let all that prints, also in its own child processes, print here."""
        for number in (1, 2):
            os.dup2(self.write_end, number)
        sys.stdout = sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)

    def started(self) -> None:
        """In the process that reads: the other one has been forked."""
        os.close(self.write_end)

    def show(self) -> None:
        """Show the whole lines that have arrived."""
        for _ in range(BLOCKS):
            if self.read_end < 0:
                return
            try:
                block = os.read(self.read_end, BLOCK)
            except BlockingIOError:
                return
            self._rest += block
            end = len(self._rest) if len(self._rest) > LONGEST_LINE else self._rest.rfind(b"\n") + 1
            self._print(end)
            if not block:
                self.close()

    def close(self) -> None:
        """Show what is left, as a line, and stop reading, even if another process still has the other end open."""
        if self.read_end >= 0:
            os.close(self.read_end)
            self.read_end = -1
        self._print(len(self._rest))

    def _print(self, end: int) -> None:
        """Show the first bytes as lines."""
        text = self._rest[:end].decode(errors="replace").removesuffix("\n")
        if end:
            with suppress(OSError, ValueError):  # nobody reads it
                sys.stderr.write(printable_lines(text) + "\n")
        del self._rest[:end]
