"""The entries of a source: a folder, a prefix of an object store or an archive goes in, its files come out, unread."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from policypack.core.reading.files import KINDS
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

    A link that leads nowhere or to a folder, a pipe, a socket, a device and an empty folder count as files of no size: what
    they are named like cannot be read.

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
        if prefix and not found:
            yield unreadable(prefix.rstrip("/"), Location("file", here.removeprefix("./")), stat.S_IFDIR)
        folders = [entry for entry in reversed(found) if entry.is_dir(follow_symlinks=False)]
        pending += [(entry.path, f"{prefix}{entry.name}/") for entry in folders]
        for entry in found:
            if file := _of_file(entry, f"{prefix}{entry.name}"):
                yield file
    if problems:
        raise problems[0]


def _of_file(found: os.DirEntry[str], path: str) -> Entry | None:
    """The entry of what is in a folder; None for a folder, and for a file that is gone since."""
    location = Location("file", found.path.removeprefix("./"))
    try:
        status = found.stat()
    except OSError:
        return Entry(path, location, 0) if found.is_symlink() else None
    if stat.S_ISREG(status.st_mode):
        return Entry(path, location, status.st_size, f"{status.st_mtime_ns:020}")
    if stat.S_ISDIR(status.st_mode) and not found.is_symlink():
        return None
    return unreadable(path, location, status.st_mode)


def unreadable(path: str, location: Location, mode: int) -> Entry:
    """An entry of a path at which there is no file; what it is named like fails, and nothing opens it.

    Args:
        path: as of the entry.
        location: of the entry.
        mode: what is there, as of `stat`.
    """
    problem = f"it is {KINDS.get(stat.S_IFMT(mode), 'a pipe')}, not a file"
    return Entry(path, replace(location, problem=problem), 0)


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
