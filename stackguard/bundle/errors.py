"""The errors that stop a bundle, each with exit code 2."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from stackguard.errors import CannotJudge


class CannotBundle(CannotJudge):
    """The function cannot be bundled: one line with what, where and how to fix it."""


@contextmanager
def needing_the_extra() -> Iterator[None]:
    """Report what to install if a package of the extra `bundle` is missing.

    Raises:
        CannotBundle: a package is missing.
    """
    try:
        yield
    except ImportError as error:
        name = (error.name or "a package").partition(".")[0]
        raise CannotBundle(f"`{name}` is not installed; install `stackguard[bundle]`") from None


def lowered(error: Exception | str) -> str:
    """An error's message as a clause: on one line, with its first letter in lower case."""
    text = " ".join(str(error).split())
    return f"{text[:1].lower()}{text[1:]}"
