"""Zip files of which each bit is decided: order, times, modes and compression."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from stackguard.bundle.files import File

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip file can tell."""

_UNIX = 3
_LEVEL = 6


def write(file: Path, members: Iterable[File], *, append: bool = False) -> Mapping[str, int]:
    """Write a zip file, or append to one, and say how many bytes each member takes in it.

    Args:
        file: the zip file.
        members: in any order.
        append: keep what is in it.

    Returns:
        The compressed size in bytes, by path.
    """
    sizes = {}
    with zipfile.ZipFile(file, "a" if append else "w") as packed:
        for each in sorted(members, key=lambda member: member.path):
            info = zipfile.ZipInfo(each.path, _EPOCH)
            info.create_system = _UNIX
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (stat.S_IFREG | (0o755 if each.runs else 0o644)) << 16
            packed.writestr(info, each.source.read_bytes() if each.source else each.content, compresslevel=_LEVEL)
            sizes[each.path] = info.compress_size
    return sizes
