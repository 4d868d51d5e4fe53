"""The errors that stop a command, with exit code 2."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from traceback import format_tb

REFUSED_PATHS = frozenset({errno.ENAMETOOLONG, errno.ELOOP, errno.EACCES})
"""A name or a path that is too long, links in a circle, and a folder that this user may not read."""
NO_THREADS = (  # a limit of the address space stops threads before it stops anything else
    "no more threads can be started; allow more memory (`ulimit -v unlimited`), or more processes (`ulimit -u 4096`)"
)
QUOTED = 200
"""Characters of a text that a message quotes."""


class CannotJudge(Exception):  # noqa: N818 (the name of the outcome in messages and docs)
    """The target cannot be judged: the program failed, or the input is malformed.

    The message is one line: what is wrong, where, and how to fix it; `detail` is output of the program, such as its
    traceback.
    """

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail


class NotAStackError(CannotJudge):
    """The target is well-formed, and something other than a stack's state or preview."""


def reason(error: OSError) -> str:
    """The system's reason, as a clause."""
    text = error.strerror or "no reason given"
    return text[:1].lower() + text[1:]


def _of_system(error: Exception) -> str:
    """The message about a path that the system refuses, or about one of its limits; empty for an error of another kind."""
    if isinstance(error, RuntimeError) and str(error).startswith("Symlink loop"):
        return f"a link leads to itself: {shortened(str(error).partition('from ')[2])}"
    if isinstance(error, RuntimeError) and str(error) == "can't start new thread":
        return NO_THREADS
    if isinstance(error, MemoryError):
        return (
            "there is too little memory for this; allow more (`ulimit -v unlimited`), or judge fewer stacks at a time"
        )
    if not isinstance(error, OSError):
        return ""
    if error.errno in REFUSED_PATHS and error.filename is not None:
        return f"`{shortened(os.fsdecode(error.filename))}` cannot be used: {reason(error)}"
    if error.errno in {errno.EMFILE, errno.ENFILE}:
        return "there are too few descriptors of files; allow more with `ulimit -n 256`"
    return ""


def shortened(text: str) -> str:
    """The beginning of a text that a message quotes."""
    return text if len(text) <= QUOTED else f"{text[:QUOTED]}…"


def crash(error: Exception) -> tuple[str, str]:
    """The message and the frames of an error of this package's own; without its text, which can contain a secret."""
    if isinstance(
        error, FileNotFoundError
    ):  # the folder may be removed before a command, or by the program that it runs
        try:
            Path.cwd()
        except FileNotFoundError:
            return "the working folder does not exist any more; give its new place, or run from another folder", ""
    if message := _of_system(error):
        return message, ""
    frames = "".join(format_tb(error.__traceback__))
    return f"stackguard itself failed ({type(error).__name__}); report it with the lines above", frames
