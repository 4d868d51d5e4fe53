"""Keeps a program from writing beside another run of itself: it asks first, and waits for the answer.

Loaded by `_program.py`, so it depends on nothing but the standard library. What Python does outside of itself is told to
audit hooks (https://docs.python.org/3/library/audit_events.html). Files of the program's own, which nobody else can have
open, are written without asking: those that it creates anew below the temporary folder, and those in folders that it
made there. Of every other file that it changes, what was there before is kept: when nobody waits for this run any more,
no file is left half-written.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable
from typing import Any

FIRST, SECOND, BOTH = slice(0, 1), slice(1, 2), slice(0, 2)
CHANGING = {
    "os.chmod": FIRST,
    "os.chown": FIRST,
    "os.link": SECOND,
    "os.remove": FIRST,
    "os.rename": BOTH,
    "os.rmdir": FIRST,
    "os.symlink": SECOND,
    "os.truncate": FIRST,
    "os.utime": FIRST,
    "shutil.rmtree": FIRST,
    "sqlite3.connect": FIRST,
}
"""What changes files, and which of the event's arguments name them."""
STARTING = {"os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen"}
PATHS = (str, bytes, os.PathLike)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


EVENTS = {"open", "os.mkdir", *CHANGING, *STARTING}


def install(
    ask: Callable[[], Any], folder: str, caches: tuple[str, ...] = (), watcher: int | None = None
) -> Callable[[], None]:
    """Have the program ask once, before it first changes a file or starts a process; return what undoes its changes.

    Args:
        ask: returns when the program may go on.
        folder: where to keep what files held before.
        caches: folders that are made for several writers.
        watcher: the thread that never asks, because it ends the program when nobody is left to answer.
    """
    writing = Writing(folder, caches)
    turn = threading.RLock()
    busy = threading.local()
    state = {"asking": False, "answered": False}

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event not in EVENTS or threading.get_ident() == watcher or getattr(busy, "keeping", False):
            return
        if not writing.disturbs(event, args):
            return
        with turn:  # other threads wait too; what asking itself does is let through
            if not state["asking"] and not state["answered"]:
                state["asking"] = True
                try:
                    ask()
                    state["answered"] = True
                finally:
                    state["asking"] = False
            if not state["asking"]:
                busy.keeping = True
                try:
                    writing.keep(event, args)
                finally:
                    busy.keeping = False

    sys.addaudithook(hook)
    return writing.undo


class Writing:
    """What a program does to files: whether another run of it could be disturbed by it."""

    def __init__(self, folder: str, caches: tuple[str, ...]) -> None:
        self.folder = folder
        self.kept: dict[str, str] = {}
        """By path, where a copy of the file is as it was; empty where there was none."""
        self.temporary = os.path.realpath(tempfile.gettempdir())
        self.own = {os.path.realpath(each) for each in (*caches, os.path.join(os.sep, "dev"))}  # noqa: PTH118
        """Files that only this run has, and folders in which all are; devices and caches are safe to share."""

    def disturbs(self, event: str, args: tuple[Any, ...]) -> bool:
        """Whether to ask before this event."""
        if event == "open":
            return self._opens(*args)
        if event == "os.mkdir":
            folder = os.path.realpath(os.fsdecode(args[0]))
            if os.path.exists(folder) or self._is_own(folder):  # noqa: PTH110
                return False
            return not self._is_made_here(folder)
        if event in CHANGING:
            names = args[CHANGING[event]]
            return not all(isinstance(name, PATHS) and self._is_own(os.fsdecode(name)) for name in names)
        return True

    def keep(self, event: str, args: tuple[Any, ...]) -> None:
        """Keep what the files hold that this event is about to change, once for each."""
        named = args[:1] if event == "open" else args[CHANGING[event]] if event in CHANGING else ()
        for path in (os.path.realpath(os.fsdecode(each)) for each in named if isinstance(each, PATHS)):
            if path in self.kept or self._is_own(path) or os.path.isdir(path):  # noqa: PTH112
                continue
            self.kept[path] = ""
            if os.path.isfile(path):  # noqa: PTH113
                copy = os.path.join(self.folder, f"kept-{len(self.kept)}")  # noqa: PTH118
                shutil.copy2(path, copy)
                self.kept[path] = copy

    def undo(self) -> None:
        """Give every changed file what it held before, and remove what was not there."""
        for path, copy in self.kept.items():
            with contextlib.suppress(OSError):  # as far as the system lets it
                if copy:
                    beside = f"{path}.{os.getpid()}"
                    shutil.copy2(copy, beside)
                    os.replace(beside, path)  # noqa: PTH105
                else:
                    os.remove(path)  # noqa: PTH107

    def _opens(self, path: Any, _mode: Any, flags: Any) -> bool:
        if not isinstance(path, (str, bytes)) or not isinstance(flags, int) or not flags & WRITING:
            return False
        name = os.fsdecode(path)
        if self._is_own(name) or os.path.isdir(name):  # noqa: PTH112 (`tempfile` opens a folder, by a function of its own)
            return False
        return not (flags & os.O_EXCL and self._is_made_here(os.path.realpath(name)))

    def _is_made_here(self, path: str) -> bool:
        """Whether a file or folder is made anew below the temporary folder; it is this run's own from then on."""
        if not path.startswith(self.temporary + os.sep) or os.path.exists(path):  # noqa: PTH110
            return False
        self.own.add(path)
        return True

    def _is_own(self, path: str) -> bool:
        real = os.path.realpath(path)
        if f"{os.sep}__pycache__{os.sep}" in real:
            return True
        while real not in self.own and real != os.path.dirname(real):  # noqa: PTH120
            real = os.path.dirname(real)  # noqa: PTH120
        return real in self.own
