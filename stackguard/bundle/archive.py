"""Files on their way into an archive, and zip files in which every bit is fixed: order, times, modes, compression."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip file can hold."""

_UNIX = 3
_LEVEL = 6


@dataclass(frozen=True, slots=True)
class File:
    """One file that goes into an archive: its content is read from `source`, or is `content` itself."""

    path: str
    sha256: str
    size: int
    source: Path | None = None
    content: bytes = b""
    executable: bool = False


def in_memory(path: str, content: bytes, *, executable: bool = False) -> File:
    """A file whose content is held in memory, so that it cannot change between its hash and its writing."""
    return File(path, hashlib.sha256(content).hexdigest(), len(content), None, content, executable)


def digest(file: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write(archive: Path, files: Iterable[File], *, append: bool = False) -> Mapping[str, int]:
    """Write a zip file, or append to one, and return each file's compressed size in bytes, by path."""
    import zipfile  # a warm cache needs none

    sizes = {}
    with zipfile.ZipFile(archive, "a" if append else "w") as packed:
        for file in sorted(files, key=lambda file: file.path):
            info = zipfile.ZipInfo(file.path, _EPOCH)
            info.create_system = _UNIX
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (stat.S_IFREG | (0o755 if file.executable else 0o644)) << 16
            packed.writestr(info, file.source.read_bytes() if file.source else file.content, compresslevel=_LEVEL)
            sizes[file.path] = info.compress_size
    return sizes
