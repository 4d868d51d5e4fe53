"""Opens the content of a stack: a location in, blocks of bytes out, as they are stored or without zstd's compression."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO

from stackguard.audit.model import Location
from stackguard.sources.input_stream import BLOCK

ZSTD = b"\x28\xb5\x2f\xfd"


@contextmanager
def opened(location: Location) -> Iterator[Iterator[bytes]]:
    """The blocks of a content, possibly compressed with gzip.

    Raises:
        OSError: it cannot be read.
    """
    with _stream(location) as stream:
        first = stream.read(BLOCK)
        blocks = chain([first], iter(lambda: stream.read(BLOCK), b""))
        yield _unpacked(blocks) if first.startswith(ZSTD) else blocks


def _stream(location: Location) -> IO[bytes]:
    if location.kind != "object":
        return Path(location.url).open("rb")
    from stackguard.audit.sources.objects import filesystem

    system, path = filesystem(location.url)
    stream: IO[bytes] = system.open(path, "rb")
    return stream


def _unpacked(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The text of blocks that are compressed with zstd.

    Raises:
        OSError: they are damaged, or cut off.
    """
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd

    unzip = zstd.ZstdDecompressor()
    try:
        for block in blocks:
            rest = block
            while rest:
                if unzip.eof:  # another frame follows
                    unzip = zstd.ZstdDecompressor()
                yield unzip.decompress(rest, BLOCK)
                while not unzip.needs_input and not unzip.eof:
                    yield unzip.decompress(b"", BLOCK)
                rest = unzip.unused_data
    except zstd.ZstdError:
        raise OSError(0, "it is compressed with zstd and damaged") from None
    if not unzip.eof:
        raise OSError(0, "it ends in the middle of its compressed data")
