"""The content of a stack in this process: its hash, and its blocks to parse, within a limit of size."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from stackguard.audit.model import Location
from stackguard.audit.sources import opening
from stackguard.sources.input_stream import BLOCK

IN_MEMORY = 8 << 20
"""Bytes of a content that are kept in memory; more is kept in a temporary file."""


class TooLargeError(Exception):
    """A content is larger than an audit reads."""


@dataclass(frozen=True, slots=True)
class Content:
    """A content that was read whole."""

    hash: str
    """Equal for equal content: 32 hexadecimal digits."""
    size: int
    """Bytes."""
    stream: IO[bytes]

    def blocks(self) -> Iterator[bytes]:
        """The content from its start."""
        self.stream.seek(0)
        return iter(lambda: self.stream.read(BLOCK), b"")


@contextmanager
def read(location: Location, largest: int) -> Iterator[Content]:
    """Read a content once.

    Raises:
        OSError: it cannot be read.
        TooLargeError: it has more than `largest` bytes.
    """
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as kept, opening.opened(location, largest) as blocks:
        digest, size = hashlib.sha256(), 0
        for block in blocks:
            size += len(block)
            if size > largest:
                raise TooLargeError
            digest.update(block)
            kept.write(block)
        yield Content(digest.hexdigest()[:32], size, kept)
