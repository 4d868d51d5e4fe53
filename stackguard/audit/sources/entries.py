"""The entries of a source: a folder, a prefix of an object store or an archive goes in, its files come out, unread."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackguard.audit.model import Location

VERSIONS = ("e_tag", "ETag", "etag", "version", "md5Hash")
"""What object stores call a value that is equal for equal content."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a source."""

    path: str
    """Relative to the source, with `/`."""
    location: Location
    size: int
    modified: str = ""
    """The time of its last change; later ones sort last."""
    version: str = ""
    """Equal for equal content, without reading it; empty if unknown."""


def of_folder(folder: Path) -> Iterator[Entry]:
    """The files in a folder and below, sorted; links are followed to files, never to folders.

    Raises:
        OSError: a folder cannot be listed.
    """
    pending = [folder]
    while pending:
        here = pending.pop()
        with os.scandir(here) as listed:
            found = sorted(listed, key=lambda entry: entry.name)
        pending += [Path(entry.path) for entry in reversed(found) if entry.is_dir(follow_symlinks=False)]
        for entry in found:
            if entry.is_file():
                status = entry.stat()
                path = Path(entry.path)
                yield Entry(
                    path.relative_to(folder).as_posix(),
                    Location("file", str(path)),
                    status.st_size,
                    f"{status.st_mtime_ns:020}",
                )


def of_objects(system: Any, protocol: str, root: str) -> Iterator[Entry]:
    """The objects below a prefix, sorted.

    Args:
        system: the file system of fsspec.
        protocol: of its URLs.
        root: the prefix.

    Raises:
        OSError: it cannot be listed.
    """
    found: Mapping[str, Mapping[str, Any]] = system.find(root, detail=True)
    for path, facts in sorted(found.items()):
        relative = path.removeprefix(root.rstrip("/")).lstrip("/")
        version = next((str(facts[name]) for name in VERSIONS if facts.get(name)), "")
        modified = str(facts.get("last_modified") or facts.get("LastModified") or facts.get("created") or "")
        location = Location("object", f"{protocol}://{path}")
        yield Entry(relative, location, int(facts.get("size") or 0), modified, version)
