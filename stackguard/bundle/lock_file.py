"""Which file is the lock of a function."""

from __future__ import annotations

from pathlib import Path

from stackguard.bundle.config import PROJECT_FILE, TABLE, Function
from stackguard.bundle.errors import CannotBundle

NAMES = ("uv.lock", "pylock.toml", "requirements.lock", "requirements.txt")


def find(function: Function) -> Path | None:
    """The lock file of a function, or of the workspace that it is in; None where there is none.

    Raises:
        CannotBundle: there are several, or the table names one that is not there.
    """
    if function.table.lock is not None:
        file = function.folder / function.table.lock
        if not file.is_file():
            raise CannotBundle(f"`{function.project_file}`: `lock` below `[{TABLE}]` names `{file}`, which is no file")
        return file
    found = [function.folder / name for name in NAMES if (function.folder / name).is_file()]
    if len(found) > 1:
        listed = " and ".join(f"`{each.name}`" for each in found)
        raise CannotBundle(
            f'`{function.folder}` has several locks, {listed}: remove all but one, or say `lock = "{found[0].name}"` '
            f"below `[{TABLE}]` in its `{PROJECT_FILE}`"
        )
    return found[0] if found else _of_workspace(function.folder)


def _of_workspace(folder: Path) -> Path | None:
    """The `uv.lock` of the workspace that a folder is in.

    Source: https://docs.astral.sh/uv/concepts/projects/workspaces/.
    """
    for above in folder.resolve().parents:
        project, lock = above / PROJECT_FILE, above / "uv.lock"
        if lock.is_file() and project.is_file():
            return lock if b"[tool.uv.workspace]" in project.read_bytes() else None
    return None
