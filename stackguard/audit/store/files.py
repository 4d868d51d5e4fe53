"""The files of a store, on disk or in an object store: each appears whole or not at all.

Object stores are reached through fsspec; a path of the disk through the operating system, because only that replaces a
file atomically.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from stackguard.audit.sources import objects
from stackguard.errors import CannotJudge, reason

PARQUET = b"PAR1"
"""The first and the last bytes of a Parquet file. Source: https://parquet.apache.org/docs/file-format/."""


class NoFileError(OSError):
    """A pipe, a device or a folder is in the place of a file."""

    def __init__(self) -> None:
        super().__init__(errno.EINVAL, "it is no file")

    def __reduce__(self) -> tuple[Any, ...]:
        """How it is sent to another process."""
        return type(self), ()


class Files(ABC):
    """A folder of files with `/` in their names."""

    url: str
    """The path or URL, as the user writes it."""

    @property
    def missing(self) -> bool:
        """Whether the folder does not exist; an object store has no folders."""
        return False

    @abstractmethod
    def write(self, name: str, content: bytes) -> None:
        """Write a file whole; one of the same name is replaced.

        Raises:
            OSError: it cannot be written; nothing of it is there.
        """

    @abstractmethod
    def read(self, name: str) -> bytes:
        """The content of a file.

        Raises:
            FileNotFoundError: there is none.
            NoFileError: it is no file.
            OSError: it cannot be read.
        """

    @abstractmethod
    def names(self, folder: str) -> Iterator[str]:
        """The names of all files below a folder, unordered."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove a file if it is there."""

    @abstractmethod
    def intact(self, name: str) -> bool:
        """Whether a Parquet file is there, and whole as far as its ends say."""

    @abstractmethod
    def changed(self, name: str) -> int:
        """The time of the last change of a file, in nanoseconds; 0 if the store keeps what it has as it was written."""

    @abstractmethod
    def local(self, name: str) -> Path:
        """A path on this machine with the content of a file that never changes."""


class Folder(Files):
    """A folder on the disk."""

    def __init__(self, root: Path, url: str = "") -> None:
        self.root, self.url = root, url or str(root)

    @property
    def missing(self) -> bool:
        """As of `Files`."""
        return not self.root.exists()

    def write(self, name: str, content: bytes) -> None:
        """As of `Files`."""
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".writing-", dir=file.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            Path(temporary).chmod(0o644)
            Path(temporary).replace(file)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def read(self, name: str) -> bytes:
        """As of `Files`."""
        with _opened(self.root / name) as stream:
            return stream.read()

    def names(self, folder: str) -> Iterator[str]:
        """As of `Files`."""
        for root, _, files in os.walk(self.root / folder, onerror=_unless_missing):
            for file in files:
                if not file.startswith(".writing-"):
                    yield Path(root, file).relative_to(self.root).as_posix()

    def remove(self, name: str) -> None:
        """As of `Files`."""
        (self.root / name).unlink(missing_ok=True)

    def intact(self, name: str) -> bool:
        """As of `Files`."""
        try:
            with _opened(self.root / name) as stream:
                first = stream.read(len(PARQUET))
                return stream.seek(-len(PARQUET), os.SEEK_END) > 0 and first == stream.read() == PARQUET
        except OSError:
            return False

    def changed(self, name: str) -> int:
        """As of `Files`."""
        return (self.root / name).stat().st_mtime_ns

    def local(self, name: str) -> Path:
        """As of `Files`."""
        return self.root / name


class Objects(Files):
    """A prefix in an object store."""

    def __init__(self, url: str, cache: Path) -> None:
        """Begin.

        Args:
            url: such as `s3://bucket/prefix`.
            cache: where copies are kept on this machine.
        """
        self.url = url.rstrip("/")
        self._system, self._root = objects.filesystem(self.url)
        self._cache = Folder(cache)
        self._listed: frozenset[str] | None = None

    def write(self, name: str, content: bytes) -> None:
        """As of `Files`."""
        self._listed = None
        with objects.errors(name):
            self._system.pipe_file(self._path(name), content)

    def read(self, name: str) -> bytes:
        """As of `Files`."""
        with objects.errors(name):
            content: bytes = self._system.cat_file(self._path(name))
        return content

    def names(self, folder: str) -> Iterator[str]:
        """As of `Files`."""
        bucket, root = objects.store(f"{self.url}/{folder}")
        own = root[: len(root) - len(folder)] if folder else root
        for batch in objects.listed(bucket, root):
            for facts in batch:
                yield facts["path"].removeprefix(own).lstrip("/")

    def remove(self, name: str) -> None:
        """As of `Files`."""
        with suppress(FileNotFoundError), objects.errors(name):
            self._system.rm_file(self._path(name))

    def intact(self, name: str) -> bool:
        """As of `Files`; an object is whole or not there."""
        if self._listed is None:
            self._listed = frozenset(self.names("runs"))
        return name in self._listed

    def changed(self, name: str) -> int:  # noqa: ARG002 (an object store checks what it has)
        """As of `Files`."""
        return 0

    def local(self, name: str) -> Path:
        """As of `Files`."""
        path = self._cache.local(name)
        if not path.exists():
            self._cache.write(name, self.read(name))
        return path

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"


def _opened(path: Path) -> IO[bytes]:
    """A file of the store, opened to be read.

    Raises:
        OSError: it cannot be read.
        NoFileError: it is no file: a pipe would wait for who writes it, and a device has no end.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise NoFileError
    return path.open("rb")


def _unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def opened(url: str) -> Files:
    """The files of a store by its path or URL.

    Raises:
        CannotJudge: the path is no folder, or the URL is of an unknown kind.
    """
    if "://" in url and not url.startswith("file://"):
        import hashlib

        import platformdirs

        cache = platformdirs.user_cache_path("stackguard") / "stores" / hashlib.sha256(url.encode()).hexdigest()[:16]
        return Objects(url, cache)
    folder = Path(url.removeprefix("file://")).absolute()
    try:
        if folder.exists() and not folder.is_dir():
            raise CannotJudge(f"`{url}` is a file; `--store` takes a folder, or a URL such as `s3://bucket/audits`")
    except (OSError, ValueError) as error:
        why = reason(error) if isinstance(error, OSError) else "the path is malformed"
        raise CannotJudge(f"the store `{url}` cannot be read: {why}") from None
    return Folder(folder, url)
