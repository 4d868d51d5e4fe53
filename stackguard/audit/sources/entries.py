"""The entries of a source: a folder, a prefix of an object store or an archive goes in, its files come out, unread."""

from __future__ import annotations

import os
import stat
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

    A link that leads nowhere counts as a file of no size: what it is named like cannot be read.

    Raises:
        OSError: a folder cannot be listed; raised after all else.
    """
    problems: list[OSError] = []
    pending = [(str(folder), "")]  # a path object for each file costs more than its entry
    while pending:
        here, prefix = pending.pop()
        try:
            with os.scandir(here) as listed:
                found = sorted(listed, key=lambda entry: entry.name)
        except OSError as error:
            problems.append(error)
            continue
        folders = [entry for entry in reversed(found) if entry.is_dir(follow_symlinks=False)]
        pending += [(entry.path, f"{prefix}{entry.name}/") for entry in folders]
        for entry in found:
            location = Location("file", entry.path.removeprefix("./"))
            try:
                status = entry.stat()
            except OSError:
                if entry.is_symlink():  # another file is gone since
                    yield Entry(f"{prefix}{entry.name}", location, 0)
            else:
                if stat.S_ISREG(status.st_mode):
                    yield Entry(f"{prefix}{entry.name}", location, status.st_size, f"{status.st_mtime_ns:020}")
    if problems:
        raise problems[0]


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
