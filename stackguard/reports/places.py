"""Which file and line of the repository an outcome is about, for whoever shows it beside the code."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from policypack.core.policy import Resource
from stackguard.reports import Report

PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file, counted from 1."""

    file: Path
    """Absolute."""
    line: int


def line_of(resource: Resource, report: Report) -> Line:
    """Where the program constructs the resource.

    Where nobody knows, or a library does that lies outside of the repository, it is the first line of what was judged:
    the file, or the project file of the program.
    """
    base = absolute(report.folder or Path())
    at = resource.position
    if at is not None and not at.installed:
        file = absolute(base / at.file)
        if file.is_file() and file.is_relative_to(repository(base)):
            return Line(file, at.line)
    judged = absolute(Path(report.target))
    if report.folder is None and judged.is_file():
        return Line(judged, 1)
    return Line(next((base / name for name in PROJECT_FILES if (base / name).is_file()), base / PROJECT_FILES[0]), 1)


def repository(folder: Path) -> Path:
    """The root of the repository that a folder lies in; the working folder where it lies in none."""
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), absolute(Path()))


def absolute(path: Path) -> Path:
    """The path from the root, without `..`; a link stays a link, as repositories name it."""
    return Path(os.path.abspath(path))  # noqa: PTH100 (`resolve` would follow links)
