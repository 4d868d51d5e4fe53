"""Object stores: a URL goes in, its objects or a file system of fsspec come out.

Credentials and endpoints come from the environment, under the names that the clouds' own tools read.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackguard.errors import CannotJudge

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ObjectStore, RetryConfig

RETRIES: RetryConfig = {"max_retries": 8}
"""A request that is refused for now, or whose connection breaks, is sent again, after growing pauses."""
BLOCK = 1 << 20
CUT_OFF = 4
"""Times that a listing may break; the library sends a request again, but not where the answer to it is cut off."""
PROTOCOLS = ("s3", "gs", "az", "abfs")


def bucket(url: str) -> str:
    """The part of a URL that names the bucket: `s3://state`."""
    protocol, _, path = url.partition("://")
    return f"{protocol}://{path.partition('/')[0]}"


def store(url: str) -> tuple[ObjectStore, str]:
    """The bucket of a URL, and the prefix in it.

    Raises:
        CannotJudge: the URL is of an unknown kind, or what reads it is not installed.
    """
    _known(url)
    from obstore.store import from_url

    with errors(url):
        return from_url(bucket(url), retry_config=RETRIES), url.removeprefix(bucket(url)).strip("/")


def listed(bucket_: ObjectStore, prefix: str) -> Iterator[Sequence[ObjectMeta]]:
    """The objects below a prefix, in batches.

    Raises:
        OSError: it cannot be listed.
    """
    import obstore
    from obstore.exceptions import GenericError

    last, left = None, CUT_OFF
    with errors(prefix):
        while True:
            try:
                for batch in obstore.list(bucket_, prefix=prefix or None, offset=last):
                    yield batch
                    last = batch[-1]["path"] if batch else last
            except GenericError:
                left -= 1
                if not left:
                    raise
            else:
                return


def content(url: str) -> Iterator[bytes]:
    """The blocks of an object, in one request.

    Raises:
        OSError: it cannot be read.
    """
    import obstore

    _known(url)
    with errors(url):
        yield from map(
            bytes, obstore.get(_opened(bucket(url)), url.removeprefix(bucket(url)).lstrip("/")).stream(BLOCK)
        )


def copy(url: str, target: Path, most: int) -> None:
    """Copy an object into a file.

    Raises:
        CannotJudge: as by `store`.
        OSError: it cannot be read, or has more than `most` bytes, or the file cannot be written.
    """
    bucket_, path = store(url)
    left = CUT_OFF
    while left:
        left -= 1
        try:
            _copied(bucket_, path, url, target, most)
        except OSError as error:
            if error.errno or not left:  # only an answer that is cut off has no number
                raise
        else:
            return


def _copied(bucket_: ObjectStore, path: str, url: str, target: Path, most: int) -> None:
    import obstore

    with target.open("wb") as file, errors(url):
        answer = obstore.get(bucket_, path)
        if answer.meta["size"] > most:
            raise OSError(errno.EFBIG, f"it has more than {most} bytes")
        file.writelines(answer.stream(BLOCK))


@lru_cache(maxsize=64)
def _opened(url: str) -> ObjectStore:
    """A bucket, whose connections stay open in this process."""
    from obstore.store import from_url

    return from_url(url, retry_config=RETRIES)


def filesystem(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it.

    Raises:
        CannotJudge: as by `store`.
    """
    _known(url)
    import fsspec
    from obstore.fsspec import register

    protocol, _, path = url.partition("://")
    register(protocol)
    return fsspec.filesystem(protocol, retry_config=RETRIES), path


def _known(url: str) -> None:
    protocol = url.partition("://")[0]
    if protocol not in PROTOCOLS:
        known = ", ".join(f"`{name}://`" for name in PROTOCOLS)
        raise CannotJudge(f"`{url}` is of an unknown kind; known are {known} and paths")
    try:
        import obstore.fsspec  # noqa: F401 (whether it is there)
    except ImportError:
        raise CannotJudge(f"`{url}` needs `obstore`; install `stackguard[audit]`") from None


@contextmanager
def errors(about: str) -> Iterator[None]:
    """Errors of the library as errors of the system, in one line and without what it sent."""
    from obstore.exceptions import BaseError, NotFoundError

    try:
        yield
    except (FileNotFoundError, NotFoundError):
        raise FileNotFoundError(errno.ENOENT, f"the object store has no `{about}`") from None
    except BaseError as error:
        kind = type(error).__name__.removesuffix("Error")
        raise OSError(0, f"the object store refuses `{about}` ({kind}); check its name and your credentials") from None
