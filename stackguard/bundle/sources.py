"""The function's own files that go into the archive, and their paths there."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from stackguard.bundle.archive import ArchiveFile, in_memory
from stackguard.bundle.config import TABLE, FunctionProject
from stackguard.bundle.errors import CannotBundle
from stackguard.bundle.install.lock_file import NAMES as LOCKS
from stackguard.errors import reason

NEVER_FOLDERS = {"__pycache__", "node_modules", "venv", "env", "site-packages"}
_NOT_BY_DEFAULT = {"tests", "test", "dist", "build", "docs", "scripts"}
_TEST_MODULES = re.compile(r"conftest\.py|test_.*\.py")
_NOT_MODULES = re.compile(rf"{_TEST_MODULES.pattern}|.*_test\.py|(setup|noxfile|tasks|fabfile)\.py")
_NOT_REPORTED = {"dist", "build"}
_LAYOUT = "src"
"""A folder that contains only packages; see https://packaging.python.org/en/latest/discussions/src-layout-vs-flat-layout/."""


@dataclass(frozen=True, slots=True)
class OwnFiles:
    """The own files, read, sorted by path, and the names of files and folders next to them that are left out."""

    files: tuple[ArchiveFile, ...]
    left_out: tuple[str, ...] = ()


def collect(function: FunctionProject) -> OwnFiles:
    """Find the own files of a function, and read them.

    By default these are its modules and its packages with everything in them, without tests, caches, environments and
    names that begin with a dot. Links are followed: the archive contains what the program would import.

    Raises:
        CannotBundle: there are none, a file cannot be read, a link is broken or circular, or two files have one path.
    """
    table, folder = function.table, function.folder
    is_flat = not (folder / _LAYOUT).is_dir() or (folder / _LAYOUT / "__init__.py").exists()
    layout = "" if is_flat else f"{_LAYOUT}/"
    is_included = _matcher(table.include) if table.include else _default(folder, layout)
    is_excluded = _matcher(table.exclude)
    files: dict[str, ArchiveFile] = {}
    places: dict[str, Path] = {}
    top_names: set[str] = set()
    included: set[str] = set()
    artifacts = {f"{function.name}{ending}" for ending in (".zip", "-layer.zip", ".manifest.json", ".cdx.json")}
    for path, file, executable in _walk(str(folder), "", ()):
        if file.name in artifacts:  # of an earlier bundle
            continue
        top = path.partition("/")[0]
        top_names.add(top)
        if not is_included(path) or is_excluded(path):
            continue
        included.add(top)
        name = path.removeprefix(layout)
        if not file.is_file():
            raise CannotBundle(f"`{file}` is a pipe, a socket or a device; exclude it")
        if not name.isprintable():
            raise CannotBundle(f"the name of `{file}` is not UTF-8, or has a control character; rename or exclude it")
        if name in files:
            raise CannotBundle(f"`{places[name]}` and `{file}` would both be `{name}` in the archive; exclude one")
        places[name] = file
        try:
            files[name] = in_memory(name, file.read_bytes(), executable=executable)
        except OSError as error:
            raise CannotBundle(f"`{file}` cannot be read: {reason(error)}") from None
    if not files:
        raise CannotBundle(
            f"`{folder}` has no Python module or package to bundle; add files with `include` below `[{TABLE}]`"
        )
    left_out = top_names - included - {function.project_file.name, *LOCKS} - _NOT_REPORTED
    return OwnFiles(tuple(files[name] for name in sorted(files)), tuple(sorted(left_out)))


def _walk(root: str, below: str, parents: tuple[tuple[int, int], ...]) -> Iterator[tuple[str, Path, bool]]:
    """Every file that could go into the archive: its path from the root, its place on disk, and whether it is executable."""
    try:
        for entry in sorted(os.scandir(Path(root, below)), key=lambda entry: entry.name):
            path = f"{below}/{entry.name}" if below else entry.name
            if entry.name.startswith(".") or entry.name.endswith((".pyc", ".egg-info")):
                continue
            status = entry.stat()
            if not entry.is_dir():
                yield path, Path(entry.path), bool(status.st_mode & 0o100)
            elif entry.name not in NEVER_FOLDERS and not Path(entry.path, "pyvenv.cfg").exists():
                here = (status.st_dev, status.st_ino)
                if here in parents:
                    raise CannotBundle(
                        f"`{entry.path}` is a link to a folder that contains it; remove it, or bundle without it"
                    )
                yield from _walk(root, path, (*parents, here))
    except OSError as error:
        raise CannotBundle(f"`{error.filename or root}` cannot be read: {reason(error)}") from None


def _default(folder: Path, layout: str) -> Callable[[str], bool]:
    """Whether a path is in the archive without `include`: a module, or a file of a package, except tests."""

    @cache
    def is_package(name: str) -> bool:
        return any(file.suffix == ".py" for _, file, _ in _walk(str(folder / layout / name), "", ()))

    def is_included(path: str) -> bool:
        inside = path.removeprefix(layout)
        *folders, name = inside.split("/")
        if {"tests", "test"} & set(folders):
            return False
        if not folders:
            return name.endswith(".py") and not _NOT_MODULES.fullmatch(name)
        if layout and inside == path:
            return False
        return folders[0] not in _NOT_BY_DEFAULT and not _TEST_MODULES.fullmatch(name) and is_package(folders[0])

    return is_included


def _matcher(globs: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether a path matches a glob: `*` stays in a folder, `**` does not, and a folder matches all files in it."""
    patterns = [re.compile(_pattern(glob.strip("/").removeprefix("./"))) for glob in globs]
    return lambda path: any(pattern.fullmatch(path) for pattern in patterns)


def _pattern(glob: str) -> str:
    wildcards = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    return "".join(wildcards.get(part, re.escape(part)) for part in parts) + r"(?:/.*)?"
