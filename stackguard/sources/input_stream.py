"""Reads a file, a pipe or standard input block by block, plain or compressed with gzip.

A file is read completely. A pipe can be endless and a small archive can contain a huge text, so both have a limit. Binary
data is an error at its first block.
"""

from __future__ import annotations

import codecs
import os
import select
import stat
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from stackguard.errors import CannotJudge

BLOCK = 1 << 20
LIMIT = 1 << 30
"""Bytes that are read at most from a pipe or an archive, whose length is unknown."""
GRACE = 5.0
"""Seconds to wait for a writer of a named pipe."""

WRITE_IT = "write it with `pulumi stack export --file FILE`"
BOMS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16", codecs.BOM_UTF8: "utf-8-sig"}
GZIP = b"\x1f\x8b"
MAGIC = {b"PK\x03\x04": "a zip archive", b"\x28\xb5\x2f\xfd": "zstd-compressed"}
KINDS = {stat.S_IFCHR: "a device", stat.S_IFBLK: "a device", stat.S_IFSOCK: "a socket", stat.S_IFDIR: "a folder"}


@contextmanager
def file(path: Path, source: str, timeout: float) -> Iterator[Iterator[bytes]]:
    """The blocks of a file or of a named pipe.

    Args:
        path: of the file.
        source: its name for errors: the path in backticks.
        timeout: seconds until a pipe must end.

    Raises:
        CannotJudge: it cannot be read, or is not a file.
    """
    try:
        mode = path.stat().st_mode
        if kind := KINDS.get(stat.S_IFMT(mode)):
            raise CannotJudge(f"{source} is {kind}, not a file; give a file, or `-` for standard input")
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        raise CannotJudge(f"there is no file or folder {source}") from None
    except (OSError, ValueError) as error:
        raise unreadable(source, error) from None
    with open(descriptor, "rb", buffering=0) as opened:  # noqa: PTH123 (a descriptor has no path)
        if stat.S_ISFIFO(mode):
            first = _first(opened.fileno(), source)
            yield text(chain([first], _piped(descriptor, source, timeout)), source, endless=True)
        else:
            yield text(_filed(descriptor, source), source)


def standard_input(source: str, timeout: float) -> Iterator[bytes]:
    """The blocks of standard input.

    Args:
        source: its name for errors.
        timeout: seconds until it must end.
    """
    stream = sys.stdin.buffer if sys.stdin is not None else None
    if stream is None:
        raise CannotJudge(f"{source} is closed; pipe an export into it: `pulumi stack export | stackguard check -`")
    try:
        descriptor = stream.fileno()
    except OSError:  # a test replaces it by a stream without descriptor
        return text(iter(lambda: stream.read(BLOCK), b""), source, endless=True)
    return text(_piped(descriptor, source, timeout), source, endless=True)


def unreadable(source: str, error: Exception) -> CannotJudge:
    """The error for a path that cannot be read."""
    reason = getattr(error, "strerror", None) or "the path is malformed"
    return CannotJudge(f"{source} cannot be read: {reason.lower()}")


def text(blocks: Iterator[bytes], source: str, *, endless: bool = False) -> Iterator[bytes]:
    """The blocks unpacked, as UTF-8 without a byte order mark; PowerShell's `>` writes UTF-16.

    Args:
        blocks: as read.
        source: its name for errors.
        endless: whether the length is unknown.

    Raises:
        CannotJudge: they are not text, or too long.
    """
    first = b"".join(_until(4, blocks))
    blocks = chain([first], blocks)
    unpacked = first.startswith(GZIP)
    if unpacked:
        blocks = _unzipped(blocks, source)
        first = b"".join(_until(4, blocks))
        blocks = chain([first], blocks)
    for magic, kind in MAGIC.items():
        if first.startswith(magic):
            raise CannotJudge(f"{source} is {kind}; unpack it first")
    encoding = next((encoding for bom, encoding in BOMS.items() if first.startswith(bom)), None)
    if encoding is not None:
        blocks = _decoded(blocks, encoding, source)
    if unpacked or endless:
        blocks = _limited(blocks, source, "unpack it first" if unpacked else "write it to a file and give that")
    yield from _checked(blocks, source)


def _until(length: int, blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Blocks with at least `length` bytes; a pipe can return single bytes."""
    while length > 0 and (block := next(blocks, b"")):
        length -= len(block)
        yield block


def _first(descriptor: int, source: str) -> bytes:
    """The first block of a named pipe; empty if a writer has opened it but not written yet."""
    end = time.monotonic() + GRACE
    while True:
        try:
            block = os.read(descriptor, BLOCK)
        except BlockingIOError:
            return b""
        if block:
            return block
        if time.monotonic() > end:
            raise CannotJudge(f"{source} is a pipe that nothing writes to; give a file, or `-` for standard input")
        time.sleep(0.05)


def _filed(descriptor: int, source: str) -> Iterator[bytes]:
    try:
        yield from iter(lambda: os.read(descriptor, BLOCK), b"")
    except OSError as error:
        raise unreadable(source, error) from None


def _piped(descriptor: int, source: str, timeout: float) -> Iterator[bytes]:
    """The blocks of a pipe, as they come."""
    end = time.monotonic() + timeout
    waiting = select.poll() if hasattr(select, "poll") else None  # Windows has none for pipes
    if waiting is not None:
        waiting.register(descriptor, select.POLLIN)
    while True:
        left = end - time.monotonic()
        if left <= 0 or (waiting is not None and not waiting.poll(left * 1000)):
            raise CannotJudge(f"{source} does not end within {timeout:g} seconds; allow more with `--timeout`")
        try:
            block = os.read(descriptor, BLOCK)
        except BlockingIOError:
            continue
        except OSError as error:
            raise unreadable(source, error) from None
        if not block:
            return
        yield block


def _unzipped(blocks: Iterator[bytes], source: str) -> Iterator[bytes]:
    """The unpacked text, in pieces of at most a block."""
    unzip = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        for block in blocks:
            rest = block
            while rest:
                if unzip.eof:
                    unzip = zlib.decompressobj(zlib.MAX_WBITS | 16)
                yield unzip.decompress(rest, BLOCK)
                rest = unzip.unused_data if unzip.eof else unzip.unconsumed_tail
        yield unzip.flush()
    except zlib.error:
        raise CannotJudge(f"{source} is gzip-compressed and damaged; {WRITE_IT}") from None
    if not unzip.eof:
        raise CannotJudge(f"{source} ends in the middle of its compressed data; it was cut off: write it again")


def _decoded(blocks: Iterator[bytes], encoding: str, source: str) -> Iterator[bytes]:
    try:
        for decoded in codecs.iterdecode(blocks, encoding):
            yield decoded.encode()
    except UnicodeError:
        raise CannotJudge(f"{source} has a byte order mark but is not {encoding.upper()} text; {WRITE_IT}") from None


def _limited(blocks: Iterator[bytes], source: str, instead: str) -> Iterator[bytes]:
    left = LIMIT
    for block in blocks:
        left -= len(block)
        if left < 0:
            raise CannotJudge(f"{source} is larger than {LIMIT >> 20} MiB; {instead}")
        yield block


def _checked(blocks: Iterator[bytes], source: str) -> Iterator[bytes]:
    """The blocks that are not empty, after checking that they are UTF-8 without zero bytes."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    read = 0
    for block in blocks:
        zero = block.find(b"\0")
        if zero >= 0:
            raise CannotJudge(f"{source} is binary (byte {read + zero} is zero), not a stack export; {WRITE_IT}")
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(block)
        except UnicodeDecodeError as error:
            place = read - pending + error.start
            raise CannotJudge(f"{source} is not UTF-8 text at byte {place}; {WRITE_IT}") from None
        read += len(block)
        if block:
            yield block
