"""Paths as reports show them: relative to the root of the repository."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path

from policypack.core.policy import Position
from policypack.core.reading import files

_root = lru_cache(maxsize=256)(files.repository)
"""For each of the resources at one place of a program."""


def repository(folder: Path) -> Path:
    """The root of the repository that contains an absolute folder; the working folder if there is none."""
    return _root(folder) or absolute(Path())


def is_own(file: Path, folder: Path, *shared: Path) -> bool:
    """Whether an absolute file is in the repository of a program's folder, or in that of a folder that it shares code with.

    A folder of no repository is its own: a copy of a program has the same files wherever it is.
    """
    return file.is_relative_to(repository(folder)) or any(
        file.is_relative_to(_root(other) or other) for other in (folder, *shared)
    )


def absolute(path: Path) -> Path:
    """The absolute path without `..`; symbolic links are not followed, because repositories contain them."""
    return Path(os.path.abspath(path))  # noqa: PTH100 (`resolve` would follow links)


def shown(position: Position, folder: Path | None) -> Position:
    """A position for a report: relative to the repository, if its file is there.

    Args:
        position: its file is absolute, or relative to `folder`.
        folder: that the files of positions are relative to; None is the working folder.
    """
    written = (folder or Path()) / position.file
    file = absolute(written)
    root = repository(file.parent)
    if file.is_relative_to(root) and os.path.isfile(file):  # noqa: PTH113 (a path may be too long)
        return Position(file.relative_to(root).as_posix(), position.line)
    return Position(str(written), position.line)


def with_relative_paths(text: str, target: str) -> str:
    """A message about a target: the paths in it are relative to the target's repository.

    Args:
        text: the message.
        target: a folder or a file; without a repository, the working folder takes its place.
    """
    folder = absolute(Path(target))
    root = repository(folder if folder.is_dir() else folder.parent)
    return below(text, root, root.resolve())


def below(text: str, *roots: Path) -> str:
    """A text in which absolute paths in folders are relative to these; a folder itself is `.`."""
    for root in dict.fromkeys(roots):
        if root != root.parent:
            name = rf"(?<![\w./-]){re.escape(str(root))}"
            text = re.sub(rf"{name}(?![\w./-])", ".", re.sub(rf"{name}/(?=[\w.-])", "", text))
    return text
