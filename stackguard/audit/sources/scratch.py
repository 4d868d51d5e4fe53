"""The private temporary folder for what is copied out of archives."""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO

PREFIX = "stackguard-archives-"
LOCK = "lock"


@cache
def folder() -> Path:
    """The private temporary folder of this process, which is removed when it ends.

    What a process left behind that was killed is removed by the next one: its lock is free.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError), (left / LOCK).open("rb") as former:
            if left.stat().st_uid == os.getuid():
                fcntl.flock(former, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left, ignore_errors=True)
    hidden = Path(tempfile.mkdtemp(prefix=f".{PREFIX}"))
    lock = (hidden / LOCK).open("wb")
    fcntl.flock(lock, fcntl.LOCK_EX)
    ready = hidden.rename(hidden.with_name(hidden.name[1:]))
    atexit.register(_remove, ready, lock, os.getpid())
    return ready


def clean() -> None:
    """Remove the folder; the next use makes another."""
    if folder.cache_info().currsize:
        shutil.rmtree(folder(), ignore_errors=True)
        folder.cache_clear()


def _remove(path: Path, lock: IO[bytes], process: int) -> None:
    if os.getpid() == process:
        shutil.rmtree(path, ignore_errors=True)
        lock.close()
