"""Files that others name: whatever is at a path, reading it takes bounded time and memory."""

from __future__ import annotations

import errno
import os
import select
import stat
import time
from io import FileIO
from pathlib import Path
from typing import Any

GRACE = 5.0
"""Seconds to wait for each part of what a pipe's writer sends."""
MAX_BYTES = 16 * 2**20
KINDS = {stat.S_IFCHR: "a device", stat.S_IFBLK: "a device", stat.S_IFSOCK: "a socket", stat.S_IFDIR: "a folder"}
"""By type, what is not read."""
SILENT = "it is a pipe that nothing writes to"
_silent: set[tuple[int, int, int]] = set()
"""Pipes that were waited for in vain, by device, number and last change: others that read them do not wait again."""


def opened(path: Path) -> FileIO:
    """The opened file; a named pipe once something is written to it, as by a shell's `<(command)`.

    Raises:
        OSError: it cannot be read, is a folder, a device or a socket, or is a pipe that nothing writes to.
    """
    try:
        kind = KINDS.get(stat.S_IFMT(path.stat().st_mode))
        if kind and str(path) != os.devnull:
            raise OSError(errno.EINVAL, f"it is {kind}, not a file")
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
    except ValueError:  # a zero byte in the path
        raise OSError(errno.EINVAL, "the path is malformed") from None
    file = open(descriptor, "rb", buffering=0)  # noqa: PTH123, SIM115 (a descriptor has no path; the caller closes it)
    status = os.fstat(descriptor)
    if stat.S_ISFIFO(status.st_mode):
        pipe = status.st_dev, status.st_ino, status.st_ctime_ns
        try:
            _await(descriptor, 0 if pipe in _silent else GRACE)
        except OSError:
            _silent.add(pipe)
            file.close()
            raise
        os.set_blocking(descriptor, True)
    return file


class TooLargeError(OSError):
    """The file has more than `MAX_BYTES`."""

    def __init__(self) -> None:
        super().__init__(errno.EFBIG, f"it is larger than {MAX_BYTES >> 20} MiB")

    def __reduce__(self) -> tuple[Any, ...]:
        """How it is sent to another process."""
        return type(self), ()


def content(path: Path) -> bytes:
    """The content of a file that people write.

    Raises:
        OSError: as by `opened`, or a pipe that does not end.
        TooLargeError: it is too large.
    """
    with opened(path) as file:
        parts, left, piped = [], MAX_BYTES + 1, stat.S_ISFIFO(os.fstat(file.fileno()).st_mode)
        end = time.monotonic() + 6 * GRACE
        while left > 0 and (part := file.read(min(left, 1 << 20))):
            parts.append(part)
            left -= len(part)
            if piped:
                _await(file.fileno(), GRACE)
                if time.monotonic() > end:
                    raise OSError(errno.ETIMEDOUT, "it is a pipe that does not end")
        if left <= 0:
            raise TooLargeError
        return b"".join(parts)


def repository(folder: Path) -> Path | None:
    """The root of the git repository that an absolute path is in; None if it is in none."""
    return next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), None)


def _await(descriptor: int, seconds: float) -> None:
    """Wait until a pipe has something to read, or has ended."""
    if not hasattr(select, "poll"):  # Windows, which has no named pipes in its file system
        return
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    if not waiting.poll(seconds * 1000):
        raise OSError(errno.ETIMEDOUT, SILENT)
