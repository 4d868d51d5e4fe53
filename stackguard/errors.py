"""What stops the gate from judging. Every one of these is exit code 2."""

from __future__ import annotations


class CannotJudge(Exception):  # noqa: N818 (reads as what it says)
    """The target could not be judged: the program failed, or the input is malformed.

    The message is one line that says what, where and how to mend it; `detail` is what was printed by the other side,
    such as the program's own traceback.
    """

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail


def reason(error: OSError) -> str:
    """Why the system refused, as a clause."""
    return (error.strerror or "no reason given").lower()
