"""The lock file of a function."""

from __future__ import annotations

import os
from pathlib import Path

from policypack.core.reading import files
from stackguard.bundle.config import PROJECT_FILE, TABLE, FunctionProject
from stackguard.bundle.errors import CannotBundle

NAMES = ("uv.lock", "pylock.toml", "requirements.lock", "requirements.txt")

_EXPORTS = {
    "poetry.lock": "poetry self add poetry-plugin-export && poetry export --format requirements.txt --output {}",
    "pdm.lock": "pdm export --prod --format requirements --output {}",
    "Pipfile.lock": "pipenv requirements --hash > {}",
}
"""Locks that are not read, with the command that exports them with hashes; sources: https://github.com/python-poetry/poetry-plugin-export,
https://pdm-project.org/latest/reference/cli/#export and https://pipenv.pypa.io/en/latest/commands.html."""


def find(function: FunctionProject) -> Path | None:
    """The lock file of a function, or of the workspace that contains it; None if there is none.

    Raises:
        CannotBundle: there are several, the only one is another tool's or no file, or the table names one that does not exist.
    """
    if function.table.lock is not None:
        file = function.folder / function.table.lock
        if not file.is_file():
            raise CannotBundle(f"`{function.project_file}`: `lock` below `[{TABLE}]` names `{file}`, which is no file")
        if file.name in _EXPORTS:
            raise _unread(function, file.name)
        return file
    files = [function.folder / name for name in NAMES if os.path.lexists(function.folder / name)]
    if len(files) > 1:
        listed = " and ".join(f"`{file.name}`" for file in files)
        raise CannotBundle(
            f'`{function.folder}` has several locks, {listed}: remove all but one, or set `lock = "{files[0].name}"` '
            f"below `[{TABLE}]` in its `{PROJECT_FILE}`"
        )
    lock = files[0] if files else _of_workspace(function.folder)
    if lock is None:
        _require_none(function)
    elif not lock.is_file():
        raise CannotBundle(f"`{lock}` is no file, or a link to none: lock again, or remove it")
    return lock


def _require_none(function: FunctionProject) -> None:
    """Check that a function without a lock that is read has no lock of another tool, and needs none.

    Raises:
        CannotBundle: it has one, or needs one.
    """
    for name in _EXPORTS:
        if os.path.lexists(function.folder / name):
            raise _unread(function, name)
    if function.dependencies is None and os.path.lexists(function.folder / "Pipfile"):
        raise CannotBundle(f"`{function.folder}` has a `Pipfile` and no lock; lock it with `pipenv lock`")
    if function.dependencies is None and b"[tool.poetry.dependencies]" in function.raw:
        raise CannotBundle(f"`{function.folder}` has dependencies of Poetry and no lock; lock them with `poetry lock`")


def _unread(function: FunctionProject, name: str) -> CannotBundle:
    """The error for another tool's lock."""
    target = "requirements.lock"
    chosen = f', and set `lock = "{target}"` below `[{TABLE}]`' if function.table.lock else ""
    return CannotBundle(
        f"`{function.folder / name}` is not read; export it with its hashes by `cd {function.folder} && "
        f"{_EXPORTS[name].format(target)}`{chosen}"
    )


def _of_workspace(folder: Path) -> Path | None:
    """The workspace's `uv.lock`; source: https://docs.astral.sh/uv/concepts/projects/workspaces/."""
    for parent in folder.resolve().parents:
        project, lock = parent / PROJECT_FILE, parent / "uv.lock"
        if os.path.lexists(lock) and project.is_file():
            return lock if b"[tool.uv.workspace]" in files.content(project) else None
    return None
