"""The lock file of a function."""

from __future__ import annotations

from pathlib import Path

from policypack.core import files
from stackguard.bundle.config import PROJECT_FILE, TABLE, FunctionProject
from stackguard.bundle.errors import CannotBundle

NAMES = ("uv.lock", "pylock.toml", "requirements.lock", "requirements.txt")


def find(function: FunctionProject) -> Path | None:
    """The lock file of a function, or of the workspace that contains it; None if there is none.

    Raises:
        CannotBundle: there are several, or the table names a file that does not exist.
    """
    if function.table.lock is not None:
        file = function.folder / function.table.lock
        if not file.is_file():
            raise CannotBundle(f"`{function.project_file}`: `lock` below `[{TABLE}]` names `{file}`, which is no file")
        return file
    files = [function.folder / name for name in NAMES if (function.folder / name).is_file()]
    if len(files) > 1:
        listed = " and ".join(f"`{file.name}`" for file in files)
        raise CannotBundle(
            f'`{function.folder}` has several locks, {listed}: remove all but one, or set `lock = "{files[0].name}"` '
            f"below `[{TABLE}]` in its `{PROJECT_FILE}`"
        )
    return files[0] if files else _of_workspace(function.folder)


def _of_workspace(folder: Path) -> Path | None:
    """The workspace's `uv.lock`; source: https://docs.astral.sh/uv/concepts/projects/workspaces/."""
    for parent in folder.resolve().parents:
        project, lock = parent / PROJECT_FILE, parent / "uv.lock"
        if lock.is_file() and project.is_file():
            return lock if b"[tool.uv.workspace]" in files.content(project) else None
    return None
