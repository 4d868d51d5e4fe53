"""The entries of a source: a folder, a prefix of an object store or an archive goes in, its files come out, unread."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stackguard.audit.model import Location
from stackguard.audit.sources import objects


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
    pending = [(str(folder), "")]  # a path object for each file costs more than its entry
    while pending:
        here, prefix = pending.pop()
        with os.scandir(here) as listed:
            found = sorted(listed, key=lambda entry: entry.name)
        folders = [entry for entry in reversed(found) if entry.is_dir(follow_symlinks=False)]
        pending += [(entry.path, f"{prefix}{entry.name}/") for entry in folders]
        for entry in found:
            if entry.is_file():
                status = entry.stat()
                modified = f"{status.st_mtime_ns:020}"
                location = Location("file", entry.path.removeprefix("./"))
                yield Entry(f"{prefix}{entry.name}", location, status.st_size, modified)


def of_objects(url: str) -> Iterator[Entry]:
    """The objects below a prefix, sorted: in one flat listing, which asks for a thousand at a time.

    Args:
        url: of an object store.

    Raises:
        CannotJudge: as by `objects.store`.
        OSError: it cannot be listed.
    """
    store, root = objects.store(url)
    for batch in objects.listed(store, root):
        for facts in batch:
            relative = facts["path"].removeprefix(root).lstrip("/")
            location = Location("object", f"{objects.bucket(url)}/{facts['path']}")
            version = facts.get("version") or facts.get("e_tag") or ""
            yield Entry(relative, location, facts["size"], facts["last_modified"].isoformat(), version)
