"""Files for an archive, and zip files in which every bit is fixed: order, times, modes, compression."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from policypack.lambda_code.binaries import HEAD, Target, mismatch
from stackguard.bundle.metadata import BundledFile

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip file can store."""

_UNIX = 3
_LEVEL = 6


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """One file that goes into an archive: its content is read from `source`, or is `content` itself."""

    path: str
    sha256: str
    size: int
    source: Path | None = None
    content: bytes = b""
    executable: bool = False

    def head(self, size: int) -> bytes:
        """The first bytes of its content."""
        if self.source is None:
            return self.content[:size]
        with self.source.open("rb") as stream:
            return stream.read(size)


def in_memory(path: str, content: bytes, *, executable: bool = False) -> ArchiveFile:
    """A file with its content in memory, so that it cannot change between hashing and writing."""
    return ArchiveFile(path, hashlib.sha256(content).hexdigest(), len(content), None, content, executable)


def digest(file: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def foreign(files: Iterable[ArchiveFile], target: Target) -> Iterator[str]:
    """The files that cannot be loaded or run on the target, whatever the tag of their wheel, each with the reason."""
    for file in files:
        if why := mismatch(file.path, file.head(HEAD), target):
            yield f"{file.path} is {why}"


def write(archive: Path, files: Iterable[ArchiveFile], *, append: bool = False) -> list[BundledFile]:
    """Write a zip file, or append to one, and return its new members, sorted by path."""
    import zipfile  # a warm cache does not need it

    members = []
    with zipfile.ZipFile(archive, "a" if append else "w") as packed:
        for file in sorted(files, key=lambda file: file.path):
            info = zipfile.ZipInfo(file.path, _EPOCH)
            info.create_system = _UNIX
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (stat.S_IFREG | (0o755 if file.executable else 0o644)) << 16
            packed.writestr(info, file.source.read_bytes() if file.source else file.content, compresslevel=_LEVEL)
            members.append(BundledFile(file.path, file.sha256, file.size, info.compress_size))
    return members
