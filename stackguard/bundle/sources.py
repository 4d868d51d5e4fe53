"""The function's own files: which of them go into the archive, and under which names."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from stackguard.bundle.config import TABLE, Function
from stackguard.bundle.errors import CannotBundle
from stackguard.bundle.lock_file import NAMES as LOCKS
from stackguard.errors import reason

NEVER_FOLDERS = {"__pycache__", "node_modules", "venv", "env", "site-packages"}
_NOT_BY_DEFAULT = {"tests", "test", "dist", "build", "docs", "scripts"}
_NOT_MODULES = re.compile(r"(setup|conftest|noxfile|tasks|fabfile)\.py|test_.*\.py|.*_test\.py")
_NOT_TOLD = {"dist", "build"}
_LAYOUT = "src"
"""A folder that only holds packages; see https://packaging.python.org/en/latest/discussions/src-layout-vs-flat-layout/."""


@dataclass(frozen=True, slots=True)
class Source:
    """One own file and its name in the archive."""

    path: str
    file: Path
    runs: bool


@dataclass(frozen=True, slots=True)
class Sources:
    """The own files, sorted by name, and what lies beside them and is left out."""

    files: tuple[Source, ...]
    left_out: tuple[str, ...] = ()


def collect(function: Function) -> Sources:
    """Find the own files of a function.

    By default these are its modules and its packages with all that is in them, without tests, caches, environments and
    names that begin with a dot. Links are followed: what a program would import is what is packaged.

    Raises:
        CannotBundle: there is none, a file cannot be read, a link leads nowhere or in circles, or two have one name.
    """
    table = function.table
    chosen = _matcher(table.include) if table.include else None
    excluded = _matcher(table.exclude)
    root = str(function.folder)
    layout = (
        _LAYOUT
        if (function.folder / _LAYOUT).is_dir() and not (function.folder / _LAYOUT / "__init__.py").exists()
        else ""
    )
    packaged = _default(function.folder, layout) if chosen is None else chosen
    found: dict[str, Source] = {}
    tops: set[str] = set()
    artifacts = {f"{function.name}{ending}" for ending in (".zip", "-layer.zip", ".manifest.json", ".cdx.json")}
    for path, full, runs in _walk(root, "", ()):
        if path.rpartition("/")[2] in artifacts:  # of an earlier bundle
            continue
        tops.add(path.split("/", 1)[0])
        if not packaged(path) or excluded(path):
            continue
        name = path.removeprefix(f"{layout}/") if layout else path
        if name in found:
            raise CannotBundle(f"`{found[name].file}` and `{full}` would both be `{name}` in the archive; exclude one")
        found[name] = Source(name, Path(full), runs)
    if not found:
        raise CannotBundle(
            f"`{function.folder}` has no Python module or package of its own to bundle; "
            f"say what belongs to it with `include` below `[{TABLE}]`"
        )
    taken = {os.path.relpath(each.file, root).split(os.sep, 1)[0] for each in found.values()}
    expected = {function.project_file.name, *LOCKS}
    return Sources(tuple(found[name] for name in sorted(found)), tuple(sorted(tops - taken - expected - _NOT_TOLD)))


def _walk(root: str, below: str, above: tuple[tuple[int, int], ...]) -> Iterator[tuple[str, str, bool]]:
    """Every file that could be meant: its path from the root, where it is, and whether it is a program."""
    try:
        entries = sorted(os.scandir(Path(root, below)), key=lambda each: each.name)
        for entry in entries:
            path = f"{below}/{entry.name}" if below else entry.name
            if entry.name.startswith(".") or entry.name.endswith((".pyc", ".egg-info")):
                continue
            status = entry.stat()
            if not entry.is_dir():
                yield path, entry.path, bool(status.st_mode & 0o100)
            elif entry.name not in NEVER_FOLDERS and not Path(entry.path, "pyvenv.cfg").exists():
                here = (status.st_dev, status.st_ino)
                if here in above:
                    raise CannotBundle(
                        f"`{entry.path}` is a link to a folder that it is in; remove it, or bundle without it"
                    )
                yield from _walk(root, path, (*above, here))
    except OSError as error:
        raise CannotBundle(f"`{error.filename or root}` cannot be read: {reason(error)}") from None


def _default(folder: Path, layout: str) -> Callable[[str], bool]:
    @cache
    def is_package(name: str) -> bool:
        root = folder / layout / name
        return any(each.suffix == ".py" for _path, full, _runs in _walk(str(root), "", ()) for each in [Path(full)])

    def belongs(path: str) -> bool:
        inside = path.removeprefix(f"{layout}/") if layout else path
        parts = inside.split("/")
        if any(each in {"tests", "test"} for each in parts[:-1]):
            return False
        if len(parts) == 1:
            return parts[0].endswith(".py") and not _NOT_MODULES.fullmatch(parts[0])
        if layout and inside == path:
            return False
        return parts[0] not in _NOT_BY_DEFAULT and not _tests(parts[-1]) and is_package(parts[0])

    return belongs


def _tests(name: str) -> bool:
    return name == "conftest.py" or bool(re.fullmatch(r"test_.*\.py", name))


def _matcher(globs: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether a path fits one of some globs: `*` stays in a folder, `**` does not, and a folder stands for all in it."""
    patterns = [re.compile(_pattern(each.strip("/").removeprefix("./"))) for each in globs]
    return lambda path: any(pattern.fullmatch(path) for pattern in patterns)


def _pattern(glob: str) -> str:
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    spelled = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(spelled.get(each, re.escape(each)) for each in parts) + r"(?:/.*)?"
