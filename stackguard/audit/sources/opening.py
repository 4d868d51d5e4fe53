"""Opens the content of a stack: a location in, blocks of bytes out, as they are stored or without zstd's compression."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import chain
from types import ModuleType
from typing import IO

from stackguard.audit.model import Location
from stackguard.sources.input_stream import BLOCK

ZSTD = b"\x28\xb5\x2f\xfd"
Errors = Callable[[], AbstractContextManager[None]]
"""Turns the errors of a library into those of the system."""


@contextmanager
def opened(location: Location, most: int = sys.maxsize) -> Iterator[Iterator[bytes]]:
    """The blocks of a content, possibly compressed with gzip.

    Args:
        location: of the content.
        most: no more than one byte beyond this many needs to be read.

    Raises:
        OSError: it cannot be read.
    """
    if location.problem:
        raise OSError(0, location.problem)
    if location.kind == "object":
        from stackguard.audit.sources import objects

        yield _plain(objects.content(location.url))
        return
    errors = _errors(location)
    with errors():
        stream = _stream(location, most)
    with stream:
        yield _plain(_blocks(stream, errors))


def _plain(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The blocks without zstd's compression."""
    first = b""
    while len(first) < len(ZSTD) and (block := next(blocks, b"")):
        first += block
    blocks = chain([first], blocks)
    return _unpacked(blocks) if first.startswith(ZSTD) else blocks


def _blocks(stream: IO[bytes], errors: Errors) -> Iterator[bytes]:
    while True:
        with errors():
            block = stream.read(BLOCK)
        if not block:
            return
        yield block


def _errors(location: Location) -> Errors:
    if location.kind == "archive":
        from stackguard.audit.sources import archives

        return archives.errors
    return nullcontext


def _stream(location: Location, most: int) -> IO[bytes]:
    if location.kind == "archive":
        from stackguard.audit.sources import archives

        return archives.member(location)
    if location.kind == "cloud":
        from stackguard.audit.sources import cloud

        return cloud.export(location.url, most)
    return open(location.url, "rb")  # noqa: PTH123 (a path per stack costs as much as a small file)


def zstandard() -> ModuleType:
    """The library for zstd, of the standard library or its backport."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    module: ModuleType = zstd
    return module


def _unpacked(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The text of blocks that are compressed with zstd.

    Raises:
        OSError: they are damaged, or cut off.
    """
    zstd = zstandard()
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
