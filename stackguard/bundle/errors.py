"""What stops a bundle. Every one of these is exit code 2."""

from __future__ import annotations

from stackguard.errors import CannotJudge


class CannotBundle(CannotJudge):
    """The function cannot be bundled: one line that says what, where and how to mend it."""


def reason(error: OSError) -> str:
    """Why the system refused, as a clause."""
    return (error.strerror or "no reason given").lower()
