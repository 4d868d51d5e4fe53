"""A program as it is at another commit of its repository: it runs with the Python of today, and with its own packages.

A package of the repository is installed from today's files. If these differ from the commit's, the folder `links` gets
the package of the commit, and is put in front of the path (decision 73).
Sources: https://packaging.python.org/en/latest/specifications/direct-url/ and https://docs.python.org/3/library/site.html.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from stackguard.preview.project.toolchain import NOT_FROM_HERE

SECONDS = 60.0
LAYOUTS = ("", "src", "lib", "python")
"""Where the folder of a distribution has its packages."""
QUESTION = f"""
{NOT_FROM_HERE}
import importlib.metadata, json
installed = []
for distribution in importlib.metadata.distributions():
    origin = json.loads(distribution.read_text("direct_url.json") or "{{}}")
    if "dir_info" in origin:
        names = (distribution.read_text("top_level.txt") or "").split()
        installed.append([origin["url"], names or [file.parts[0] for file in distribution.files or ()]])
print(json.dumps([installed, sys.path, sorted(getattr(sys, "stdlib_module_names", ()))]))
"""
"""What the program's Python is asked: the distributions that are installed from a folder, with their packages; its path."""


ASKED_WITH = ("HOME", "PATH", "PYTHONPATH", "PYTHONUSERBASE", "SYSTEMROOT")
"""The variables that decide its path."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a program of another commit needs of today's."""

    program: Path
    """The folder of today's program, whose Python runs it."""
    root: Path
    """The repository."""
    tree: Path
    """The files of the commit."""
    links: Path
    """A folder for links to packages of the commit; it does not exist yet."""


def with_packages(earlier: Earlier, interpreter: Path, environment: Mapping[str, str]) -> Mapping[str, str]:
    """The program's variables; the packages of the commit that differ from today's are in front of the path."""
    for package in _packages(earlier, interpreter, environment):
        link = earlier.links / package.name
        today = earlier.root / package.relative_to(earlier.tree)
        if not link.exists() and any(_differ(file, today / file.relative_to(package)) for file in _files(package)):
            earlier.links.mkdir(exist_ok=True)
            link.symlink_to(package)
    if not earlier.links.is_dir():
        return environment
    path = os.pathsep.join(filter(None, (str(earlier.links), environment.get("PYTHONPATH"))))
    return {**environment, "PYTHONPATH": path}


def _packages(earlier: Earlier, interpreter: Path, environment: Mapping[str, str]) -> Iterator[Path]:
    """The packages and modules of the commit, of those that today's Python imports from the repository."""
    try:
        answer = subprocess.run(  # noqa: S603 (the program's own interpreter)
            [interpreter, "-c", QUESTION],
            cwd=earlier.program,
            env={name: value for name, value in environment.items() if name in ASKED_WITH},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=SECONDS,
        )
        installed, path, standard = json.loads(answer.stdout.splitlines()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return  # the run of the program has the reason
    for url, names in installed:
        if folder := _at_commit(earlier, url2pathname(urlsplit(url).path)):
            places = [folder / layout / name for name in dict.fromkeys(names) for layout in LAYOUTS]
            yield from filter(_is_module, [*places, *(place.with_suffix(".py") for place in places)])
    for entry in path:
        if folder := _at_commit(earlier, entry):
            yield from (
                module for module in sorted(folder.iterdir()) if _is_module(module) and module.stem not in standard
            )


def _at_commit(earlier: Earlier, place: str) -> Path | None:
    """The folder of the commit for one of today's; None if that is not of the repository."""
    folder = Path(os.path.realpath(place))
    if not place or not folder.is_relative_to(earlier.root):
        return None
    before = earlier.tree / folder.relative_to(earlier.root)
    return before if before.is_dir() else None


def _is_module(place: Path) -> bool:
    """Whether it is a module, or a folder with some."""
    if place.is_dir():
        return next(place.rglob("*.py"), None) is not None
    return place.suffix == ".py" and place.is_file()


def _files(package: Path) -> Iterator[Path]:
    return (file for file in package.rglob("*") if file.is_file()) if package.is_dir() else iter((package,))


def _differ(before: Path, today: Path) -> bool:
    try:
        return before.read_bytes() != today.read_bytes()
    except OSError:
        return True
