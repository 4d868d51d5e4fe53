"""Positions: an outcome goes in; the line of the statement, of the constructor and of its callers in the source come out.

`Positions` reads the source of a program without importing it, and only for outcomes. A line is stated if it is certain,
else it is the constructor's; a source that is missing or does not parse is no error.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from policypack.core.policy import Outcome, Position, Resource
from stackguard.positions.repository import absolute, is_own, shown


@dataclass(frozen=True, slots=True)
class Lines:
    """Where an outcome is in the source of its program; files are absolute."""

    constructor: Position | None = None
    """Where the program constructs the resource; None if that is in no file of the repository."""
    stated: Position | None = None
    """Where the source states the statement, or the property, that the path leads to; None if that is not certain."""
    callers: tuple[Position, ...] = ()
    """The calls that lead to the constructor, innermost first."""

    @property
    def nearest(self) -> Position | None:
        """The line to show first."""
        return self.stated or self.constructor


class Positions:
    """The positions of one report: each file, and each path of a resource, is looked up once for all formats."""

    def __init__(self, folder: Path | None, shared: tuple[Path, ...] = ()) -> None:
        """Begin.

        Args:
            folder: that the files of positions are relative to; None is the working folder.
            shared: further folders whose repositories have code of the program.
        """
        self._folder, self._shared = folder, shared
        self.base = absolute(folder or Path())
        self._own: dict[str, str | None] = {}
        self._shown: dict[str, str] = {}
        self._lines: dict[tuple[int, str], tuple[Resource, Lines]] = {}

    def lines(self, outcome: Outcome) -> Lines:
        """`lines_of` an outcome."""
        return self.lines_at(outcome.resource, outcome.path)

    def lines_at(self, resource: Resource, path: str) -> Lines:
        """`lines_at` a path in a resource."""
        key = id(resource), path  # the base of a comparison has other resources with the same URNs
        if key not in self._lines:
            self._lines[key] = resource, self._lines_at(resource, path)
        return self._lines[key][1]

    def shown_lines(self, outcome: Outcome) -> Lines:
        """`lines_of` for a report: files are relative to the repository, and the constructor is as it is registered."""
        resource, stated = outcome.resource, self.lines(outcome).stated
        return Lines(
            self.shown(resource.position) if resource.position else None,
            self.shown(stated) if stated else None,
            tuple(map(self.shown, resource.callers)),
        )

    def shown(self, position: Position) -> Position:
        """A position as `repository.shown` has it."""
        if position.file not in self._shown:
            self._shown[position.file] = shown(position, self._folder).file
        return Position(self._shown[position.file], position.line)

    def _lines_at(self, resource: Resource, path: str) -> Lines:
        calls = self.calls(resource)
        if not calls:
            return Lines()
        from stackguard.positions.source import stated

        line = stated(resource, path, calls, self.base)
        return Lines(calls[0], None if line == calls[0] else line, tuple(calls[1:]))

    def calls(self, resource: Resource) -> list[Position]:
        """The constructor's call, then its callers; empty if the constructor's is in no file of the repository."""
        own = [self._in_repository(position) for position in (resource.position, *resource.callers) if position]
        return [position for position in own if position] if own and own[0] else []

    def _in_repository(self, position: Position) -> Position | None:
        """The position with an absolute file, if that is there, is the program's own and is in the repository."""
        if position.file not in self._own:
            file = absolute(self.base / position.file)
            own = not position.installed and os.path.isfile(file)  # noqa: PTH113 (a path may be too long)
            self._own[position.file] = str(file) if own and is_own(file, self.base, *self._shared) else None
        found = self._own[position.file]
        return Position(found, position.line) if found else None


def lines_of(outcome: Outcome, folder: Path | None) -> Lines:
    """Where an outcome is in the source of its program.

    Args:
        outcome: of a resource that a program constructs.
        folder: that the files of positions are relative to; None is the working folder.
    """
    return Positions(folder).lines(outcome)


def lines_at(resource: Resource, path: str, folder: Path | None) -> Lines:
    """Where a path in a resource is in the source of its program; the arguments are as those of `lines_of`."""
    return Positions(folder).lines_at(resource, path)
