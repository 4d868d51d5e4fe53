"""What stops a bundle. Every one of these is exit code 2."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from stackguard.errors import CannotJudge


class CannotBundle(CannotJudge):
    """The function cannot be bundled: one line that says what, where and how to mend it."""


@contextmanager
def needing_the_extra() -> Iterator[None]:
    """Say what to install where a package of the extra `bundle` is missing.

    Raises:
        CannotBundle: one is.
    """
    try:
        yield
    except ImportError as error:
        name = (error.name or "a package").partition(".")[0]
        raise CannotBundle(f"`{name}` is not installed; install `stackguard[bundle]`") from None
