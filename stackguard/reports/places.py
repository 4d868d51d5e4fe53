"""Where outcomes are in files, as SARIF and the formats of CIs name it: relative to the root of the repository."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from policypack.core.policy import Outcome, Position, Resource
from stackguard.positions.repository import absolute, repository
from stackguard.reports import Report
from stackguard.reports.formatting import printable

ROOT = "%SRCROOT%"
"""The base of every relative address: the root of the repository."""
PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml")

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """A file as reports name it."""

    artifact: Object
    """Its SARIF address."""
    relative: str
    """Relative to the root of its repository, or absolute if it is in none."""


def place_of(outcome: Outcome, report: Report) -> tuple[Place, int]:
    """The file and the line, counted from 1, of what the outcome is about.

    That is the line of the statement or the property, where the source states it, else the line at which the program
    constructs the resource. If that is unknown, or is in a library outside of the repository, it is the first line of
    the judged file or of the program's project file.
    """
    return _at(nearest_to(outcome, report), report)


def location_of(position: Position, report: Report, resource: Resource | None = None) -> Object:
    """A position with an absolute file as SARIF has it, and the resource that is there."""
    return _location(*_at(position, report), (resource.name, resource.urn) if resource else None)


def constructor_of(resource: Resource, report: Report) -> Position:
    """Where the program constructs a resource, or else what `place_of` has."""
    base = absolute(report.folder or Path())
    if resource.position is not None and not resource.position.installed:
        file = absolute(base / resource.position.file)
        if os.path.isfile(file) and file.is_relative_to(repository(base)):  # noqa: PTH113 (a path may be too long)
            return Position(str(file), resource.position.line)
    return _target(report)


def nearest_to(outcome: Outcome, report: Report) -> Position:
    """The position of `place_of`."""
    return report.positions.lines(outcome).nearest or _target(report)


def location(file: Path, line: int, resource: tuple[str, str] | None) -> Object:
    """A line of a file of the repository.

    Args:
        file: absolute.
        line: counted from 1.
        resource: the name and the full name of the resource that is there; None for no resource.
    """
    return _location(_place(file), line, resource)


def relative(file: Path) -> str:
    """A file as a report names it: relative to the root of its repository."""
    return _place(absolute(file)).relative


def _location(place: Place, line: int, resource: tuple[str, str] | None) -> Object:
    address: Object = {"physicalLocation": {"artifactLocation": place.artifact, "region": {"startLine": line}}}
    if resource is not None:
        name, full_name = map(printable, resource)
        address["logicalLocations"] = [{"name": name, "fullyQualifiedName": full_name, "kind": "resource"}]
    return address


def _at(position: Position, report: Report) -> tuple[Place, int]:
    key = "place", position.file
    if key not in report.memo:
        report.memo[key] = _place(Path(position.file))
    place: Place = report.memo[key]
    return place, position.line


def _place(file: Path) -> Place:
    root = repository(file.parent)
    if not file.is_relative_to(root):
        return Place({"uri": file.as_uri()}, printable(file.as_posix()))
    inside = file.relative_to(root)
    return Place({"uri": quote(os.fsencode(inside)), "uriBaseId": ROOT}, printable(inside.as_posix()))


def _target(report: Report) -> Position:
    """The first line of the judged file, or of the program's project file."""
    base, judged = absolute(report.folder or Path()), absolute(Path(report.target))
    if report.folder is None and judged.is_file():
        return Position(str(judged), 1)
    file = next((base / name for name in PROJECT_FILES if (base / name).is_file()), base / PROJECT_FILES[0])
    return Position(str(file), 1)
