"""Tar entries, byte for byte as Go's `archive/tar` writes them: Pulumi's hash of an archive is that of such a file.

Every entry is a plain file of mode 600 without times or owners. A name that fits is written in the USTAR format; any
other, and a size of 8 GiB or more, in a PAX record before the entry.
Source: src/archive/tar/writer.go and common.go of https://github.com/golang/go.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

BLOCK = 512
HEADER = "100s8s8s8s12s12s8sc100s8s64s8s8s155s12x"
"""Name, mode, owner, group, size, time, checksum (blanks while it is computed), kind, target of a link, format, names of
owner and group, devices, prefix of the name."""
END = bytes(2 * BLOCK)
MODE = 0o600
NAME, PREFIX = 100, 155
LIMIT = 8**11
"""Sizes from here on do not fit the eleven octal digits of the field."""


def entry(name: bytes, size: int, content: Iterator[bytes]) -> Iterator[bytes]:
    """The entry of one file.

    Args:
        name: in the archive; one that ends in a slash is a folder's.
        size: of the content, in bytes.
        content: in pieces.

    Raises:
        ValueError: the name contains a NUL.
    """
    if b"\0" in name:
        raise ValueError("the name of a file in an archive contains a NUL")
    kind = b"5" if name.endswith(b"/") else b"0"
    split = _split(name)
    if split and size < LIMIT:
        yield _header(split[1], size, MODE, kind, prefix=split[0])
    else:
        records = b""
        if not split or len(name) > NAME:
            records += _record(b"path", name)
        if size >= LIMIT:
            records += _record(b"size", str(size).encode())
        yield from _extended(name, records)
        yield _header(_shortened(name), size if size < LIMIT else 0, MODE, kind)
    yield from content
    yield bytes(-size % BLOCK)


def _split(name: bytes) -> tuple[bytes, bytes] | None:
    """The two parts of a name in the USTAR format; None if it fits neither field."""
    if not name.isascii():
        return None
    if len(name) <= NAME:
        return b"", name
    end = PREFIX + 1 if len(name) > PREFIX + 1 else len(name) - name.endswith(b"/")
    cut = name.rfind(b"/", 0, end)
    if cut <= 0 or not 0 < len(name) - cut - 1 <= NAME:
        return None
    return name[:cut], name[cut + 1 :]


def _ascii(name: bytes) -> bytes:
    return bytes(byte for byte in name if byte < 0x80)


def _shortened(name: bytes) -> bytes:
    """The content of the name field, if a record has the full name."""
    plain = _ascii(name)
    if len(plain) > NAME and plain[NAME - 1 : NAME] == b"/":
        return plain[: NAME - 1].rstrip(b"/")
    return plain[:NAME]


def _record(key: bytes, value: bytes) -> bytes:
    """`LENGTH key=value`, where the length counts itself."""
    rest = b" " + key + b"=" + value + b"\n"
    length = len(rest)
    while len(str(length)) + len(rest) != length:
        length = len(str(length)) + len(rest)
    return str(length).encode() + rest


def _extended(name: bytes, records: bytes) -> Iterator[bytes]:
    folder, slash, file = name.rpartition(b"/")
    parts = [part for part in (folder + slash).split(b"/") if part not in (b"", b".")]
    joined = b"/".join([*parts, b"PaxHeaders.0", *([file] if file else [])])
    joined = b"/" + joined if name.startswith(b"/") else joined
    yield _header(_ascii(joined)[:NAME].rstrip(b"/"), len(records), 0, b"x", devices=b"")
    yield records + bytes(-len(records) % BLOCK)


def _header(
    name: bytes, size: int, mode: int, kind: bytes, *, prefix: bytes = b"", devices: bytes = b"0000000\0"
) -> bytes:
    root, start, blanks = b"0000000\0", b"00000000000\0", b" " * 8
    numbers = (b"%07o\0" % mode, root, root, b"%011o\0" % size, start, blanks)
    block = struct.pack(HEADER, name, *numbers, kind, b"", b"ustar\x0000", b"", devices, devices, prefix)
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]
