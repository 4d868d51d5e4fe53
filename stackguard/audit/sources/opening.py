"""Opens the content of a stack: a location in, blocks of bytes out, as they are stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stackguard.audit.model import Location
from stackguard.sources import input_stream

BLOCK = input_stream.BLOCK


@contextmanager
def opened(location: Location) -> Iterator[Iterator[bytes]]:
    """The blocks of a content, possibly compressed.

    Raises:
        OSError: it cannot be read.
    """
    with Path(location.url).open("rb") as stream:
        yield iter(lambda: stream.read(BLOCK), b"")
