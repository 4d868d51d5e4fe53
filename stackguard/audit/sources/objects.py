"""Object stores: a URL goes in, a file system of fsspec comes out."""

from __future__ import annotations

from typing import Any

from stackguard.errors import CannotJudge

PROTOCOLS = ("s3", "gs", "az", "abfs")
MEMORY = "memory"
"""fsspec's store in this process, for tests."""


def filesystem(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it.

    Credentials and endpoints come from the environment, as the clouds' own tools read them.

    Raises:
        CannotJudge: the URL is of an unknown kind, or what reads it is not installed.
    """
    protocol, _, path = url.partition("://")
    try:
        import fsspec

        if protocol in PROTOCOLS:
            from obstore.fsspec import register

            register(protocol)
        elif protocol != MEMORY:
            known = ", ".join(f"`{name}://`" for name in PROTOCOLS)
            raise CannotJudge(f"`{url}` is of an unknown kind; known are {known} and paths")
        return fsspec.filesystem(protocol), path
    except ImportError as error:
        raise CannotJudge(f"`{url}` needs `{error.name}`; install `stackguard[audit]`") from None
