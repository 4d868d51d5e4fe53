"""The members of an archive that may be stacks: one by one in, one for each path out."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from stackguard.audit.model import Location
from stackguard.audit.sources.entries import Entry, unreadable

TWICE = "its archive has it twice, with different content; unpack it, and give the folder"


@dataclass(slots=True)
class Members:
    """What an archive has, as its folder would have it."""

    files: dict[str, Entry] = field(default_factory=dict)
    folders: dict[str, Entry] = field(default_factory=dict)
    """Those that are named like a stack."""
    parents: set[str] = field(default_factory=set)
    """The folders that contain something."""

    def pass_by(self, path: str) -> None:
        """Take the path of any member: its folder is not empty."""
        self.parents.add(path.rpartition("/")[0])

    def add(self, entry: Entry, *, is_equal: bool = True) -> None:
        """Take a file; one whose path has two contents cannot be read, as nobody says which of them is meant.

        Args:
            entry: of the file.
            is_equal: whether a former file of the same path, if there is one, has the same content.
        """
        former = self.files.get(entry.path)
        if former and (former.location.problem == TWICE or not is_equal):
            entry = replace(entry, location=replace(entry.location, problem=TWICE))
        self.files[entry.path] = entry

    def add_other(self, path: str, location: Location, mode: int) -> None:
        """Take what is no file; `mode` is as of `stat`."""
        of_kind = self.folders if stat.S_ISDIR(mode) else self.files
        of_kind[path] = unreadable(path, location, mode)

    def listed(self) -> Iterator[Entry]:
        """The files, and the folders in which there is nothing."""
        yield from self.files.values()
        for path, entry in self.folders.items():
            if path not in self.parents and path not in self.files:
                yield entry
