"""The function's own files that go into the archive, and their paths there."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from policypack.lambda_code.archive import printable
from policypack.lambda_code.limits import UNZIPPED
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
_MOST = 2 * UNZIPPED
"""Bytes of own files that are read, which still can be reported against the limit."""
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
    names that begin with a dot. Links are followed inside the folder, and never out of it.

    Raises:
        CannotBundle: there are none, one cannot be read or named in an archive, a link leads out of the folder or in a
            circle, two files have one path, or they are far more than Lambda takes.
    """
    table, folder = function.table, function.folder
    is_flat = not (folder / _LAYOUT).is_dir() or (folder / _LAYOUT / "__init__.py").exists()
    layout = "" if is_flat else f"{_LAYOUT}/"
    is_included = matcher(table.include) if table.include else _default(folder, layout)
    is_excluded = matcher(table.exclude)
    files: dict[str, ArchiveFile] = {}
    places: dict[str, Path] = {}
    top_names: set[str] = set()
    included: set[str] = set()
    artifacts = {f"{function.name}{ending}" for ending in (".zip", "-layer.zip", ".manifest.json", ".cdx.json")}
    size = 0
    for path, file, problem in _walk(str(folder), "", ()):
        if file.name in artifacts:  # of an earlier bundle
            continue
        top = path.partition("/")[0]
        top_names.add(top)
        # a folder that is not entered may have any module
        paths = (path, f"{path}/__init__.py") if problem else (path,)
        if is_excluded(path) or not any(map(is_included, paths)):
            continue
        if problem:
            raise CannotBundle(f"`{printable(str(file))}` {problem}, or leave it out with `exclude` below `[{TABLE}]`")
        included.add(top)
        name = path.removeprefix(layout)
        if name in files:
            raise CannotBundle(f"`{places[name]}` and `{file}` would both be `{name}` in the archive; exclude one")
        if not path.isprintable():
            raise CannotBundle(
                f"`{printable(str(file))}` has a name that cannot be in an archive: rename it, or leave it out with "
                f"`exclude` below `[{TABLE}]`"
            )
        places[name] = file
        files[name] = _read(file, name)
        size += files[name].size
        if size > _MOST:
            raise CannotBundle(
                f"the files of `{folder}` have more than {_MOST >> 20} MiB, and Lambda takes {UNZIPPED >> 20}: leave "
                f"some out with `exclude` below `[{TABLE}]`, as the largest is `{_largest(files)}`"
            )
    if not files:
        raise CannotBundle(
            f"`{folder}` has no Python module or package to bundle; add files with `include` below `[{TABLE}]`"
        )
    left_out = top_names - included - {function.project_file.name, *LOCKS} - _NOT_REPORTED
    return OwnFiles(tuple(files[name] for name in sorted(files)), tuple(sorted(left_out)))


def _read(file: Path, name: str) -> ArchiveFile:
    """Read a regular file; opening a pipe or a device could block forever."""
    try:
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK), "rb") as stream:
            status = os.fstat(stream.fileno())
            if status.st_size > _MOST:
                raise CannotBundle(
                    f"`{file}` has {status.st_size >> 20} MiB, and Lambda takes {UNZIPPED >> 20} in all; leave it out "
                    f"with `exclude` below `[{TABLE}]`"
                )
            content = stream.read(status.st_size + 1) if stat.S_ISREG(status.st_mode) else None
    except OSError as error:
        raise CannotBundle(f"`{file}` cannot be read: {reason(error)}") from None
    if content is None or len(content) != status.st_size:
        raise CannotBundle(f"`{file}` changes while it is read; bundle again when it is complete")
    return in_memory(name, content, executable=bool(status.st_mode & 0o100))


def _largest(files: Mapping[str, ArchiveFile]) -> str:
    return max(files.values(), key=lambda file: file.size).path


def _walk(root: str, below: str, parents: tuple[tuple[int, int], ...]) -> Iterator[tuple[str, Path, str]]:
    """Every file that could go into the archive: its path from the root, its place on disk, and why it may not."""
    try:
        for entry in sorted(os.scandir(Path(root, below)), key=lambda entry: entry.name):
            path = f"{below}/{entry.name}" if below else entry.name
            if entry.name.startswith(".") or entry.name.endswith((".pyc", ".egg-info")):
                continue
            problem = _problem(entry, root)
            if problem or not entry.is_dir():
                if entry.name not in NEVER_FOLDERS:
                    yield path, Path(entry.path), problem
            elif entry.name not in NEVER_FOLDERS and not Path(entry.path, "pyvenv.cfg").exists():
                status = entry.stat()
                here = (status.st_dev, status.st_ino)
                if here in parents:
                    yield path, Path(entry.path), "is a link to a folder that contains it; remove it"
                else:
                    yield from _walk(root, path, (*parents, here))
    except OSError as error:
        raise CannotBundle(f"`{printable(str(error.filename or root))}` cannot be read: {reason(error)}") from None


def _problem(entry: os.DirEntry[str], root: str) -> str:
    """Why a file or folder may not be in an archive, as a clause, with what to do; empty if it may."""
    try:
        if entry.is_symlink() and not Path(os.path.realpath(entry.path)).is_relative_to(os.path.realpath(root)):
            return "is a link out of the function's folder, which is not followed: copy what it links to"
        mode = entry.stat().st_mode
    except OSError as error:
        return f"cannot be read: {reason(error)}; fix that"
    return "" if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else "is no file, but a pipe, a socket or a device: remove it"


def _default(folder: Path, layout: str) -> Callable[[str], bool]:
    """Whether a path is in the archive without `include`: a module, or a file of a package, except tests."""

    @cache
    def is_package(name: str) -> bool:
        place = folder / layout / name
        if not place.is_dir() or place.is_symlink():
            return place.is_dir()  # a link that leads out is refused where it would be packaged, and not looked into
        return any(file.suffix == ".py" for _, file, _ in _walk(str(folder), f"{layout}{name}", ()))

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


def matcher(globs: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether a path matches a glob: `*` stays in a folder, `**` does not, and a folder matches all files in it."""
    patterns = [re.compile(_pattern(glob.strip("/").removeprefix("./"))) for glob in globs]
    return lambda path: any(pattern.fullmatch(path) for pattern in patterns)


def _pattern(glob: str) -> str:
    wildcards = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    return "".join(wildcards.get(part, re.escape(part)) for part in parts) + r"(?:/.*)?"
