"""The destinations of reports, which are written completely or not at all."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from stackguard.reports import Screen

STANDARD_OUTPUT = "-"
GRACE = 5.0
"""Seconds to wait for a reader of a named pipe."""
PAUSE = 0.05
"""Seconds between two looks for one."""


@dataclass(frozen=True, slots=True)
class Destination:
    """One format and its file; None is standard output."""

    format: str
    file: Path | None = None


def pair(order: Iterable[str], formats: Iterable[str], outputs: Iterable[str]) -> list[Destination]:
    """The destinations that `--format` and `--output` specify, in the order in which they are written.

    An output belongs to the format before it, or to the next format if there is none before it.

    Args:
        order: `format` or `output` for each option as written.
        formats: the formats, in that order.
        outputs: the files, in that order; `-` is standard output.

    Raises:
        ValueError: two reports would go to one place, or a file has no format of its own. The message is for users.
    """
    formats, outputs = iter(formats), iter(outputs)
    pairs: list[tuple[str, str | None]] = []
    early: str | None = None
    for name in order:
        if name == "format":
            pairs.append((next(formats), early))
            early = None
        elif pairs and pairs[-1][1] is None:
            pairs[-1] = (pairs[-1][0], next(outputs))
        elif not pairs and early is None:
            early = next(outputs)
        else:
            raise ValueError(f"`--output {next(outputs)}` has no `--format` of its own; write the two as pairs")
    if not pairs:
        pairs.append(("text", early))
    files = [file or STANDARD_OUTPUT for _, file in pairs]
    places = [file if file == STANDARD_OUTPUT else os.path.realpath(file) for file in files]
    for file, place in zip(files, places, strict=True):
        if places.count(place) > 1:
            named = "standard output" if file == STANDARD_OUTPUT else f"`{file}`"
            raise ValueError(f"two formats go to {named}; give each `--format` an `--output` of its own")
    return [Destination(name, None if file in {None, STANDARD_OUTPUT} else Path(str(file))) for name, file in pairs]


def writable(file: Path, option: str = "--output") -> None:
    """Check that a file can be written, before the work starts.

    Args:
        file: to write.
        option: that names it, for errors.

    Raises:
        OSError: it is a folder, or its folder is missing or cannot be written to. The message is for users.
    """
    folder = file.absolute().parent
    if file.is_dir():
        raise OSError(f"`{file}` is a folder; `{option}` takes a file")
    if not folder.is_dir():
        raise OSError(f"there is no folder `{folder}` to write `{file.name}` into")
    if not os.access(file if file.exists() and not file.is_file() else folder, os.W_OK):
        raise OSError(f"`{file}` cannot be written: permission denied")


def write(text: str | Iterable[str], file: Path | None) -> None:
    """Write a report, or its parts, completely or not at all; to standard output, as they come, if `file` is None.

    Raises:
        OSError: the file cannot be written.
    """
    parts = [text] if isinstance(text, str) else text
    if file is None:
        sys.stdout.writelines(parts)
        sys.stdout.flush()
    else:
        with replacing(file) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(parts)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let only one process at a time change files of a folder in such a block, where the system can."""
    try:
        import fcntl

        handle = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):  # Windows has no such locks, and writing says what is wrong with the folder
        yield
        return
    try:
        with suppress(OSError):  # a network's file system may have none
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """A file to write that replaces `file` once it is complete; a device or a named pipe is written itself.

    Raises:
        OSError: it cannot be written.
    """
    if file.exists() and not file.is_file():
        with _read(file):
            yield file
        return
    file = file.resolve()
    mode = file.stat().st_mode & 0o777 if file.exists() else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(mode)
        temporary.replace(file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def _read(file: Path) -> Iterator[None]:
    """Keep a named pipe open, once something reads it: to open one that nothing reads would take for ever.

    Raises:
        OSError: nothing reads it.
    """
    if not file.is_fifo():
        yield
        return
    end = time.monotonic() + GRACE
    while True:
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_NONBLOCK)
            break
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() > end:
                raise OSError(errno.ENXIO, "it is a pipe that nothing reads") from None
            time.sleep(PAUSE)
    try:
        yield
    finally:
        os.close(descriptor)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def screen(file: Path | None) -> Screen:
    """The terminal that a report goes to, if `file` is None and standard output is a terminal."""
    if file is not None or not sys.stdout.isatty():
        return Screen()
    return Screen(terminal=True, width=os.get_terminal_size(sys.stdout.fileno()).columns or 80)
