"""The file and line of the repository that an outcome is about, for tools that show it beside the code."""

from __future__ import annotations

import os
from pathlib import Path

from policypack.core.policy import Resource
from stackguard.reports import Report

PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml")


def line_of(resource: Resource, report: Report) -> tuple[Path, int]:
    """The absolute path and the line, counted from 1, at which the program constructs the resource.

    If that is unknown, or is in a library outside of the repository, it is the first line of the judged file or of the
    program's project file.
    """
    base = absolute(report.folder or Path())
    position = resource.position
    if position is not None and not position.installed:
        file = absolute(base / position.file)
        if file.is_file() and file.is_relative_to(repository(base)):
            return file, position.line
    judged = absolute(Path(report.target))
    if report.folder is None and judged.is_file():
        return judged, 1
    return next((base / name for name in PROJECT_FILES if (base / name).is_file()), base / PROJECT_FILES[0]), 1


def repository(folder: Path) -> Path:
    """The root of the repository that contains a folder; the working folder if there is none."""
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), absolute(Path()))


def absolute(path: Path) -> Path:
    """The absolute path without `..`; symbolic links are not followed, because repositories contain them."""
    return Path(os.path.abspath(path))  # noqa: PTH100 (`resolve` would follow links)
