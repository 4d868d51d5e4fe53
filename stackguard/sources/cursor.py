"""Walks over a JSON text that is read block by block, so that only one value at a time is in memory.

`msgspec` finds the end of a value: its error contains the byte at which text follows the JSON (decision 31).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import TypeVar

import msgspec

from stackguard.errors import CannotJudge
from stackguard.sources.input_stream import WRITE_IT

T = TypeVar("T")

LONGEST = 1 << 26
"""Bytes of the longest value that is read; every resource is much smaller."""
NEAR_END = 16
"""Bytes before the end of the block in which an error can be caused by a number or an escape that continues."""
NO_SPACE = re.compile(rb"[^ \t\r\n]")
BYTE = re.compile(r"byte (\d+)")
SKIPPER = msgspec.json.Decoder(msgspec.Raw)
NAMER = msgspec.json.Decoder(str)


class Cursor:
    """A position in a JSON text.

    `kind` looks ahead; `fields` and `items` walk into an object or a list. The caller must take each value before the
    next one, by `value`, `skip` or another walk.

    Raises:
        CannotJudge: by every method, if the text is not well-formed JSON or a value is longer than `LONGEST`.
    """

    def __init__(self, blocks: Iterator[bytes], source: str) -> None:
        self._blocks = blocks
        self._source = source
        self._text = b""
        self._at = 0
        self._bytes = 0
        """The bytes and lines that are read and dropped, and the bytes since the start of the current line."""
        self._lines = 0
        self._column = 0

    def kind(self) -> str:
        """The first character of the next value or delimiter; empty at the end of the text."""
        while True:
            start = NO_SPACE.search(self._text, self._at)
            if start:
                self._at = start.start()
                return chr(self._text[self._at])
            self._at = len(self._text)
            if not self._more():
                return ""

    def fields(self) -> Iterator[str]:
        """The names in the object that starts here; at each, its value comes next."""
        for _ in self._members("{", "}"):
            start = self.kind()
            if not start:
                raise self.cut_off()
            if start != '"':
                raise self.broken()
            name = NAMER.decode(self.value())
            self._take(":")
            yield name

    def items(self) -> Iterator[int]:
        """The indexes in the list that starts here; at each, its value comes next."""
        return self._members("[", "]")

    def _members(self, opening: str, closing: str) -> Iterator[int]:
        self._take(opening)
        if self.kind() == closing:
            self._at += 1
            return
        for index in count():
            yield index
            if self._take(f",{closing}") == closing:
                return

    def value(self) -> bytes:
        """The JSON text of the next value."""
        if not self.kind():
            raise self.cut_off()
        while True:
            length = self._length()
            if length is not None:
                start, self._at = self._at, self._at + length
                return self._text[start : self._at]
            if len(self._text) - self._at > LONGEST:
                raise CannotJudge(
                    f"{self._source} has a value of more than {LONGEST >> 20} MiB at {self._where(self._at)}, "
                    f"which no stack contains; {WRITE_IT}"
                )
            if not self._more():
                raise self.cut_off()

    def skip(self) -> None:
        """Skip the next value."""
        self.value()

    def null(self) -> bool:
        """Whether `null` comes next; it is skipped."""
        if self.kind() != "n":
            return False
        self.skip()
        return True

    def broken(self, byte: int = 0) -> CannotJudge:
        """The error for a text that is not JSON `byte` bytes from here."""
        return CannotJudge(f"{self._source} is not JSON: it breaks at {self._where(self._at + byte)}; {WRITE_IT}")

    def cut_off(self) -> CannotJudge:
        """The error for a text that ends too early."""
        place = self._where(len(self._text))
        return CannotJudge(f"{self._source} ends in the middle of its JSON at {place}; it was cut off: write it again")

    def end(self) -> None:
        """Check that the text ends here."""
        if self.kind():
            raise CannotJudge(
                f"{self._source} continues after its JSON at {self._where(self._at)}; an export is one object"
            )

    def _length(self) -> int | None:
        """The length of the next value in bytes; None if it can continue after the current block."""
        view = memoryview(self._text)[self._at :]
        try:
            SKIPPER.decode(view)
        except msgspec.DecodeError as error:
            message = str(error)
            if "truncated" in message:
                return None
            match = BYTE.search(message)
            byte = int(match[1]) if match else 0
            if "trailing" in message and "comma" not in message:
                return byte - 1
            if byte + NEAR_END > len(view) and self._more():
                return self._length()
            if byte >= len(view):  # a number ends after its point
                raise self.cut_off() from None
            raise self.broken(byte) from None
        return len(view) if chr(view[0]) in '{["' or not self._more() else self._length()

    def _take(self, allowed: str) -> str:
        delimiter = self.kind()
        if not delimiter:
            raise self.cut_off()
        if delimiter not in allowed:
            raise self.broken()
        self._at += 1
        return delimiter

    def _more(self) -> bool:
        """Read as much again as is left, so that a long value is not copied for each of its blocks."""
        left = self._text[self._at :]
        blocks = [left]
        missing = max(1, len(left))
        for block in self._blocks:
            blocks.append(block)
            missing -= len(block)
            if missing <= 0:
                break
        if len(blocks) == 1:
            return False
        self._drop(self._at)
        self._text, self._at = b"".join(blocks), 0
        return True

    def _drop(self, length: int) -> None:
        lines = self._text.count(b"\n", 0, length)
        self._bytes += length
        self._lines += lines
        self._column = length - self._text.rfind(b"\n", 0, length) - 1 if lines else self._column + length

    def _where(self, at: int) -> str:
        lines = self._text.count(b"\n", 0, at)
        column = at - self._text.rfind(b"\n", 0, at) - 1 if lines else self._column + at
        return f"line {self._lines + lines + 1} column {column + 1} (byte {self._bytes + at})"
