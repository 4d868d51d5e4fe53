"""The errors that stop a command, with exit code 2."""

from __future__ import annotations

from pathlib import Path
from traceback import format_tb


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


def crash(error: Exception) -> tuple[str, str]:
    """The message and the frames of an error of this package's own; without its text, which can contain a secret."""
    if isinstance(
        error, FileNotFoundError
    ):  # the folder may be removed before a command, or by the program that it runs
        try:
            Path.cwd()
        except FileNotFoundError:
            return "the working folder does not exist any more; give its new place, or run from another folder", ""
    frames = "".join(format_tb(error.__traceback__))
    return f"stackguard itself failed ({type(error).__name__}); report it with the lines above", frames
