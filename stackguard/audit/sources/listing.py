"""Lists the stacks of sources: arguments of the command line in, stacks out, in their order.

A source is a folder, a file, an archive, a program, a URL of an object store, `pulumi:ORGANIZATION`, or `@FILE` with a source
on each line; `NAME=` before it names it.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from policypack.core.reading import files
from policypack.core.stack_name import StackName
from stackguard.audit.model import Location, StackRef
from stackguard.audit.sources import archives, backend, cloud, entries, opening
from stackguard.audit.sources.entries import Entry
from stackguard.errors import CannotJudge, reason, shortened
from stackguard.preview.project.settings_file import find

NAMED = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9_.-]*)=(?P<source>.+)", re.DOTALL)
URL = re.compile(r"[a-z][a-z0-9+.-]*://")
PROJECT = "Pulumi"
LARGEST = 256 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """A source of the command line."""

    text: str
    """A path or a URL."""
    name: str = ""

    def __str__(self) -> str:
        return shortened(self.text)


def parsed(arguments: Sequence[str], *, depth: int = 0) -> Iterator[Source]:
    """The sources of arguments, those of lists included.

    Raises:
        CannotJudge: a list cannot be read, or contains itself.
    """
    for argument in arguments:
        if argument.startswith("@"):
            if depth:
                raise CannotJudge(f"the list `{argument[1:]}` is in a list; write its sources there")
            yield from parsed(_lines(Path(argument[1:])), depth=depth + 1)
            continue
        match = None if os.path.exists(argument) else NAMED.fullmatch(argument)  # noqa: PTH110 (takes any text)
        yield Source(match["source"], match["name"]) if match else Source(argument)


def stacks(
    arguments: Sequence[str], failed: Callable[[str], None] | None = None, largest: int = LARGEST
) -> Iterator[StackRef]:
    """The stacks of sources, in their order.

    Args:
        arguments: as on the command line.
        failed: called with a line for each source that cannot be listed whole; without it that is an error.
        largest: bytes of a stack's content, of which no more are copied out of an archive.

    Raises:
        CannotJudge: a source does not exist, or cannot be listed.
    """
    for source in list(parsed(arguments)):
        try:
            yield from _listed(source, largest)
        except OSError as error:
            line = f"`{shortened(str(error.filename or source))}` cannot be listed: {reason(error)}"
            if failed is None:
                raise CannotJudge(line) from None
            failed(line)


def _listed(source: Source, largest: int) -> Iterator[StackRef]:
    if cloud.is_cloud(source.text):
        yield from cloud.stacks(source.text, source.name)
        return
    if URL.match(source.text) and not source.text.startswith("file://"):
        if archives.is_archive(source.text):
            members = archives.of_object(source.text, backend.may_be_stack, largest)
            yield from _readable(members, source.text, source.name)
        else:
            yield from backend.stacks(entries.of_objects(source.text), source.text, source.name, _read)
        return
    path = Path(source.text.removeprefix("file://"))
    if path.is_dir() and find(path, PROJECT):
        yield from _programs(path.absolute(), source.name)
    elif path.is_dir():
        root = _backend_root(path)
        shown = entries.of_folder(root)
        if root != path:
            inside = path.relative_to(root).as_posix() + "/"
            shown = (entry for entry in shown if entry.path.startswith(inside))
        yield from _readable(shown, str(root.absolute()), source.name)
    elif path.is_file() and archives.is_archive(path.name):
        members = archives.entries(path, backend.may_be_stack, largest)
        yield from _readable(members, str(path.absolute()), source.name)
    elif path.exists():
        status, location = path.stat(), Location("file", str(path))
        entry = (
            Entry(path.name, location, status.st_size, f"{status.st_mtime_ns:020}")
            if stat.S_ISREG(status.st_mode)
            else entries.unreadable(path.name, location, status.st_mode)
        )
        yield StackRef(
            entry.location,
            StackName(),
            source.name,
            path.name,
            modified=f"{entry.modified}:{entry.size}" if entry.modified else "",
            size=entry.size,
        )
    else:
        raise CannotJudge(
            f"there is no source `{source}`; give a folder, a file, a URL such as `s3://bucket`,"
            " `pulumi:ORGANIZATION`, or `@FILE`"
        )


def _readable(listed: Iterator[Entry], origin: str, name: str) -> Iterator[StackRef]:
    """The stacks of a folder or an archive as far as it can be read; what cannot is raised after them."""
    problems: list[OSError] = []

    def readable() -> Iterator[Entry]:
        try:
            yield from listed
        except OSError as error:
            problems.append(error)

    yield from backend.stacks(readable(), origin, name, _read)
    if problems:
        raise problems[0]


def _programs(folder: Path, name: str) -> Iterator[StackRef]:
    """The stacks of a program that have a file; without one, or if that is unknown, one that fails and says why."""
    from stackguard.preview.project import project  # only for programs

    project_name = project.name_in(folder) or ""
    try:
        named = project.stacks(folder)
    except CannotJudge:  # the reason is reported where it is judged
        named = []
    location = Location("program", str(folder))
    for stack in named or [""]:
        yield StackRef(location, StackName("", project_name, stack), name or str(folder), "" if stack else "program")


def _backend_root(path: Path) -> Path:
    """The folder that holds the `.pulumi` in which a folder is; else the folder."""
    absolute = path.absolute()
    for folder in (absolute, *absolute.parents):
        if folder.name == backend.BOOKKEEPING:
            return folder.parent
    return path


def _read(entry: Entry) -> bytes:
    with opening.opened(entry.location) as blocks:
        return b"".join(blocks)


def _lines(file: Path) -> list[str]:
    try:
        lines = [line.strip() for line in files.content(file).decode("utf-8-sig").splitlines()]
    except FileNotFoundError:
        raise CannotJudge(f"there is no list `{file}`; give a file with one source a line") from None
    except UnicodeDecodeError:
        raise CannotJudge(f"the list `{file}` is not UTF-8 text; write one source a line as UTF-8") from None
    except OSError as error:
        raise CannotJudge(f"the list `{file}` cannot be read: {reason(error)}") from None
    return [line for line in lines if line and not line.startswith("#")]
