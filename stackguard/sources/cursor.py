"""A walk over a JSON text that is read block by block: of a huge one, one value at a time is in memory.

Where a value ends is asked of `msgspec`, which names the place where a text goes on after its JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeVar

import msgspec

from stackguard.errors import CannotJudge
from stackguard.sources.input_stream import WRITE_IT

T = TypeVar("T")

LONGEST = 1 << 26
"""The most bytes of one value that is read as a whole. No resource comes near it."""
NEAR_END = 16
"""An error so near to the end of what is read, in bytes, may be of a number or an escape that goes on."""
NO_SPACE = re.compile(rb"[^ \t\r\n]")
BYTE = re.compile(r"byte (\d+)")
SKIPPER = msgspec.json.Decoder(msgspec.Raw)
NAMER = msgspec.json.Decoder(str)


class Cursor:
    """A place in a JSON text.

    `kind` looks ahead; `fields` and `items` walk into an object or a list, and whoever walks takes each value, by
    `value`, `skip` or a walk of its own, before the next.
    """

    def __init__(self, blocks: Iterator[bytes], source: str) -> None:
        self._blocks = blocks
        self._source = source
        self._text = b""
        self._at = 0
        self._bytes = 0
        """How many bytes, and how many lines of them, are read and dropped; then those since the last line's start."""
        self._lines = 0
        self._column = 0

    def kind(self) -> str:
        """The character that the next value or mark starts with; empty at the end of the text."""
        while True:
            start = NO_SPACE.search(self._text, self._at)
            if start:
                self._at = start.start()
                return chr(self._text[self._at])
            self._at = len(self._text)
            if not self._more():
                return ""

    def fields(self) -> Iterator[str]:
        """The names in the object that starts here, each when its value comes next.

        Raises:
            CannotJudge: there is no well-formed object.
        """
        self._take("{")
        if self.kind() == "}":
            self._at += 1
            return
        while True:
            found = self.kind()
            if not found:
                raise self.cut_off()
            if found != '"':
                raise self.broken()
            name = NAMER.decode(self.value())
            self._take(":")
            yield name
            if self._take(",}") == "}":
                return

    def items(self) -> Iterator[int]:
        """The numbers, from 0, of what is in the list that starts here, each when it comes next.

        Raises:
            CannotJudge: there is no well-formed list.
        """
        self._take("[")
        if self.kind() == "]":
            self._at += 1
            return
        number = 0
        while True:
            yield number
            number += 1
            if self._take(",]") == "]":
                return

    def value(self) -> bytes:
        """The JSON text of the value that comes next.

        Raises:
            CannotJudge: there is none, it is malformed, or too long for one value.
        """
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
                    f"which no stack holds; {WRITE_IT}"
                )
            if not self._more():
                raise self.cut_off()

    def skip(self) -> None:
        """Pass over the value that comes next."""
        self.value()

    def null(self) -> bool:
        """Whether `null` comes next; it is passed over."""
        if self.kind() != "n":
            return False
        self.skip()
        return True

    def broken(self, byte: int = 0) -> CannotJudge:
        """The line for a text that is no JSON `byte` bytes from here."""
        return CannotJudge(f"{self._source} is not JSON: it breaks at {self._where(self._at + byte)}; {WRITE_IT}")

    def cut_off(self) -> CannotJudge:
        """The line for a text that ends too early."""
        place = self._where(len(self._text))
        return CannotJudge(f"{self._source} ends in the middle of its JSON at {place}; it was cut off: write it again")

    def end(self) -> None:
        """Nothing may come.

        Raises:
            CannotJudge: something does.
        """
        if self.kind():
            raise CannotJudge(
                f"{self._source} goes on after its JSON at {self._where(self._at)}; an export is one object"
            )

    def _length(self) -> int | None:
        """How long the next value is, in bytes; None where it may go on after what is read."""
        view = memoryview(self._text)[self._at :]
        try:
            SKIPPER.decode(view)
        except msgspec.DecodeError as error:
            said = str(error)
            if "truncated" in said:
                return None
            found = BYTE.search(said)
            byte = int(found[1]) if found else 0
            if "trailing" in said and "comma" not in said:
                return byte - 1
            if byte + NEAR_END > len(view) and self._more():
                return self._length()
            if byte >= len(view):  # a number ends after its point
                raise self.cut_off() from None
            raise self.broken(byte) from None
        return len(view) if chr(view[0]) in '{["' or not self._more() else self._length()

    def _take(self, allowed: str) -> str:
        found = self.kind()
        if not found:
            raise self.cut_off()
        if found not in allowed:
            raise self.broken()
        self._at += 1
        return found

    def _more(self) -> bool:
        """Read on, twice as much as is left, so that a long value is not copied for each block of it."""
        left = self._text[self._at :]
        blocks = [left]
        wanted = max(1, len(left))
        for block in self._blocks:
            blocks.append(block)
            wanted -= len(block)
            if wanted <= 0:
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
