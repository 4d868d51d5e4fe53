"""Positions: an outcome goes in; the line of the statement, of the constructor and of its callers in the source come out.

`lines_of` reads the source of a program without importing it, and only for outcomes. A line is stated if it is certain,
else it is the constructor's; a source that is missing or does not parse is no error.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from policypack.core.policy import Outcome, Position, Resource
from stackguard.positions.repository import absolute, repository, shown


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


def lines_of(outcome: Outcome, folder: Path | None) -> Lines:
    """Where an outcome is in the source of its program.

    Args:
        outcome: of a resource that a program constructs.
        folder: that the files of positions are relative to; None is the working folder.
    """
    return lines_at(outcome.resource, outcome.path, folder)


def lines_at(resource: Resource, path: str, folder: Path | None) -> Lines:
    """Where a path in a resource is in the source of its program; the arguments are as those of `lines_of`."""
    base = absolute(folder or Path())
    own = [_in_repository(position, base) for position in (resource.position, *resource.callers) if position]
    calls = [position for position in own if position]
    if not calls or own[0] is None:
        return Lines()
    from stackguard.positions.source import stated

    line = stated(resource, path, calls, base)
    return Lines(calls[0], None if line == calls[0] else line, tuple(calls[1:]))


def shown_lines(outcome: Outcome, folder: Path | None) -> Lines:
    """`lines_of` for a report: files are relative to the repository, and the constructor is as it is registered.

    Args:
        outcome: as of `lines_of`.
        folder: as of `lines_of`.
    """
    resource, lines = outcome.resource, lines_of(outcome, folder)
    return Lines(
        shown(resource.position, folder) if resource.position else None,
        shown(lines.stated, None) if lines.stated else None,
        tuple(shown(call, folder) for call in resource.callers),
    )


def _in_repository(position: Position, base: Path) -> Position | None:
    """The position with an absolute file, if that is there, is the program's own and is in the repository."""
    file = absolute(base / position.file)
    own = not position.installed and os.path.isfile(file)  # noqa: PTH113 (a path may be too long)
    return Position(str(file), position.line) if own and file.is_relative_to(repository(base)) else None
