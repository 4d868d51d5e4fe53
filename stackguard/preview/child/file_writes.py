"""Keeps a program from writing while another run of it does: it asks first, and waits for the answer.

Python reports its effects to audit hooks (https://docs.python.org/3/library/audit_events.html).
Files of the program's own, which no other process has open, are written without asking: those that it creates below the
temporary folder, and those in folders that it created there. The previous content of every other file that it changes
is kept, so that an abandoned run leaves no file half-written.
"""

from __future__ import annotations

import contextlib
import os
import shutil
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
"""The events that change files, and which of their arguments name them."""
STARTING = {"os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen"}
PATHS = (str, bytes, os.PathLike)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
EVENTS = {"open", "os.mkdir", *CHANGING, *STARTING}


class Writes:
    """The program's writes; `hook` makes it ask once, before it first changes a file or starts a process.

    Args:
        ask: returns when the program may go on.
        folder: where the previous content of files is kept.
        caches: folders that several processes may write to.
        watcher: the thread that never asks, because it ends the program when its parent is gone.
    """

    def __init__(self, ask: Callable[[], Any], folder: str, caches: list[str], watcher: int | None = None) -> None:
        self.ask, self.folder = ask, folder
        self.asking = self.answered = False
        self.turn = threading.RLock()
        self.exempt = {watcher}
        """The threads whose events are ignored."""
        self.kept: dict[str, str] = {}
        """By path, the copy of the file before the change; empty if there was no file."""
        self.temporary = os.path.realpath(tempfile.gettempdir())
        self.own = {os.path.realpath(path) for path in (*caches, os.path.join(os.sep, "dev"))}
        """Files of this run alone, and folders that contain only such files; devices and caches are safe to share."""

    def hook(self, event: str, args: tuple[Any, ...]) -> None:
        """The audit hook."""
        thread = threading.get_ident()
        if event not in EVENTS or thread in self.exempt or not self.disturbs(event, args):
            return
        with self.turn:  # other threads wait too; events of asking itself pass
            if not self.asking and not self.answered:
                self.asking = True
                try:
                    self.ask()
                    self.answered = True
                finally:
                    self.asking = False
            if not self.asking:
                self.exempt.add(thread)
                try:
                    self.keep(event, args)
                finally:
                    self.exempt.discard(thread)

    def disturbs(self, event: str, args: tuple[Any, ...]) -> bool:
        """Whether to ask before this event."""
        if event == "open":
            return self._opens(*args)
        if event == "os.mkdir":
            folder = os.path.realpath(os.fsdecode(args[0]))
            if os.path.exists(folder) or self._is_own(folder):
                return False
            return not self._is_made_here(folder)
        if event in CHANGING:
            names = args[CHANGING[event]]
            return not all(isinstance(name, PATHS) and self._is_own(os.fsdecode(name)) for name in names)
        return True

    def keep(self, event: str, args: tuple[Any, ...]) -> None:
        """Copy the files that this event is about to change, once each."""
        named = args[:1] if event == "open" else args[CHANGING[event]] if event in CHANGING else ()
        for path in (os.path.realpath(os.fsdecode(name)) for name in named if isinstance(name, PATHS)):
            if path in self.kept or self._is_own(path) or os.path.isdir(path):
                continue
            self.kept[path] = ""
            if os.path.isfile(path):
                copy = os.path.join(self.folder, f"kept-{len(self.kept)}")
                shutil.copy2(path, copy)
                self.kept[path] = copy

    def undo(self) -> None:
        """Restore every changed file, and remove new ones."""
        for path, copy in self.kept.items():
            with contextlib.suppress(OSError):  # as far as the system allows
                if copy:
                    beside = f"{path}.{os.getpid()}"
                    shutil.copy2(copy, beside)
                    os.replace(beside, path)
                else:
                    os.remove(path)

    def _opens(self, path: Any, _mode: Any, flags: Any) -> bool:
        if not isinstance(path, (str, bytes)) or not isinstance(flags, int) or not flags & WRITING:
            return False
        name = os.fsdecode(path)
        if self._is_own(name) or os.path.isdir(name):
            return False
        return not (flags & os.O_EXCL and self._is_made_here(os.path.realpath(name)))

    def _is_made_here(self, path: str) -> bool:
        """Whether a file or folder is created below the temporary folder; it is this run's own from then on."""
        if not path.startswith(self.temporary + os.sep) or os.path.exists(path):
            return False
        self.own.add(path)
        return True

    def _is_own(self, path: str) -> bool:
        real = os.path.realpath(path)
        if f"{os.sep}__pycache__{os.sep}" in real:
            return True
        while real not in self.own and real != os.path.dirname(real):
            real = os.path.dirname(real)
        return real in self.own
