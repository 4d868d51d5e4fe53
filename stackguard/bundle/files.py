"""Files on their way into an archive."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class File:
    """One file that goes into an archive: its content lies in `source`, or is `content` itself."""

    path: str
    sha256: str
    size: int
    source: Path | None = None
    content: bytes = b""
    runs: bool = False
    """Whether it is a program."""


def in_memory(path: str, content: bytes, *, runs: bool = False) -> File:
    """A file whose content is held, so that it cannot change between its hash and its writing."""
    return File(path, hashlib.sha256(content).hexdigest(), len(content), None, content, runs)


def digest(file: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
