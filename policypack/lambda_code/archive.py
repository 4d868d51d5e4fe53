"""The files of a packaged archive: of a zip or tar file, a folder, or assets of the program.

Nothing is unpacked. The archive's directory lists its files, and at most the requested bytes of a file are read, so a
file with a false size costs nothing.
"""

from __future__ import annotations

import contextlib
import io
import os
import posixpath
import stat
import struct
import weakref
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from policypack.core.policy import Asset
from policypack.lambda_code.limits import UNZIPPED
from policypack.python.files import UnreadableError

if TYPE_CHECKING:
    import tarfile
    import zipfile

MAX_BYTES = 2_000_000
"""The largest file that is read. Files of source are a hundredth of that."""

MOST_FILES = 200_000
MOST_UNPACKED = 4 * UNZIPPED
"""Bytes of a tar file, which has no directory and is decompressed to list its files."""

BOOKKEEPING = ".pulumi"
"""Pulumi's own folder, which it leaves out of archives."""

_ABSENT = "holds a file that is not on this machine"


class AbsentError(UnreadableError):
    """The code is on another machine."""


class ArchivedFile(msgspec.Struct, frozen=True):
    """A file of an archive: its size in bytes unpacked, and whether it may be executed, if the archive records that."""

    size: int
    executable: bool | None = None


class Archive(ABC):
    """The files of an archive by name: with forward slashes, and without `./` before them."""

    packed: int | None = None
    """Bytes of the zip file that is uploaded as it is; None if Pulumi packs the files itself."""

    @cached_property
    @abstractmethod
    def members(self) -> Mapping[str, ArchivedFile]:
        """All files.

        Raises:
            UnreadableError: the archive is malformed, or something in it is not on this machine.
        """

    @abstractmethod
    def head(self, name: str, most: int) -> bytes:
        """The first bytes of a member, at most so many.

        Raises:
            UnreadableError: it cannot be read.
        """

    def find(self, name: str) -> ArchivedFile | None:
        """The file of this name, or None if there is none."""
        return self.members.get(name)

    def content(self, name: str) -> bytes | None:
        """The content of one file, or None if there is none of this name.

        Raises:
            UnreadableError: it cannot be read, or is larger than `MAX_BYTES`.
        """
        member = self.find(name)
        if member is None:
            return None
        if member.size > MAX_BYTES:
            raise UnreadableError(f"holds `{name}`, which is too large to be read")
        return self.head(name, MAX_BYTES)


def opened(asset: Asset) -> Archive:
    """The archive of an asset.

    Raises:
        AbsentError: it is not on this machine.
        UnreadableError: it is at a URL, or is no archive.
    """
    if asset.members is not None:
        return _Assets(asset.members)
    if asset.text is not None:
        return opened_zip(asset.text.encode(errors="surrogatepass"))
    if asset.uri is not None:
        raise UnreadableError("is at a URL, and is not read from there")
    if asset.path is None:
        raise AbsentError("is not on this machine")
    path = Path(asset.path)
    with _reading():
        if path.is_dir():
            return _Folder(path)
        if not path.exists():
            raise AbsentError("is packaged from a path that is not on this machine")
        if not path.is_file():  # reading a pipe or a device might never end
            raise UnreadableError("is packaged from a path that is neither a file nor a folder")
        return _of_file(path)


def _of_file(path: Path) -> Archive:
    import tarfile
    import zipfile

    if zipfile.is_zipfile(path):
        return _Zip(path, path.stat().st_size)
    if tarfile.is_tarfile(path):
        return _Tar(path)
    raise UnreadableError("is packaged from a file that is no archive")


def opened_zip(content: bytes) -> Archive:
    """The archive in the bytes of a zip file.

    Raises:
        UnreadableError: they are no zip file.
    """
    import zipfile

    stream = io.BytesIO(content)
    with _reading():
        if zipfile.is_zipfile(stream):
            return _Zip(stream, len(content))
    raise UnreadableError("is packaged from text that is no zip file")


def archive_of(files: Mapping[str, bytes]) -> Archive:
    """An archive of these files, by name."""
    return _InMemory(files)


def printable(name: str) -> str:
    """A file's name for a message, with a question mark for each character that cannot be printed."""
    return "".join(character if character.isprintable() else "?" for character in name)


def walked(root: str, below: str = "") -> Iterator[tuple[str, str]]:
    """Path and name of the files that Pulumi packs of a folder, by name: links to files are followed, not to folders."""
    with os.scandir(root) as entries:
        ordered = sorted(entries, key=lambda entry: os.fsencode(entry.name))
    for entry in ordered:
        if entry.name == BOOKKEEPING:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from walked(entry.path, f"{below}{entry.name}/")
        elif not stat.S_ISDIR(entry.stat().st_mode):
            yield entry.path, below + entry.name


class _InMemory(Archive):
    """Files in memory."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    @cached_property
    def members(self) -> Mapping[str, ArchivedFile]:
        return {name: ArchivedFile(len(content)) for name, content in self._files.items()}

    def head(self, name: str, most: int) -> bytes:
        return self._files[name][:most]


class _Zip(Archive):
    """A zip file."""

    def __init__(self, file: Path | BinaryIO, size: int) -> None:
        import zipfile

        self.packed = size
        self._file = zipfile.ZipFile(file)
        weakref.finalize(self, self._file.close)

    @cached_property
    def _entries(self) -> Mapping[str, zipfile.ZipInfo]:
        entries = [entry for entry in self._file.infolist() if not entry.filename.endswith("/")]
        _bounded(len(entries))
        if sum(entry.compress_size for entry in entries) > (self.packed or 0):
            raise UnreadableError("is packaged from a zip file whose directory is wrong")
        return {_normal(entry.filename): entry for entry in entries}

    @cached_property
    def members(self) -> Mapping[str, ArchivedFile]:
        return {name: ArchivedFile(entry.file_size, _may_run(entry)) for name, entry in self._entries.items()}

    def head(self, name: str, most: int) -> bytes:
        if not self._entries[name].file_size:  # opening tens of thousands of empty files takes seconds
            return b""
        with _reading(), self._file.open(self._entries[name]) as stream:
            return stream.read(most)


def _may_run(entry: zipfile.ZipInfo) -> bool | None:
    """Whether the mode that Unix puts into a zip allows execution; other systems leave it at 0."""
    mode = entry.external_attr >> 16
    return bool(mode & 0o111) if mode else None


class _Tar(Archive):
    """A tar file, compressed or not: Pulumi packs its files into a zip."""

    def __init__(self, path: Path) -> None:
        import tarfile

        self._file = tarfile.open(path)  # noqa: SIM115 (open while the archive is read, and closed with it)
        weakref.finalize(self, self._file.close)

    @cached_property
    def _entries(self) -> Mapping[str, tarfile.TarInfo]:
        entries: dict[str, tarfile.TarInfo] = {}
        unpacked = 0
        with _reading():
            for entry in self._file:
                unpacked += entry.size
                _bounded(len(entries), unpacked)
                if entry.isfile():
                    entries[_normal(entry.name)] = entry
        return entries

    @cached_property
    def members(self) -> Mapping[str, ArchivedFile]:
        return {name: ArchivedFile(entry.size) for name, entry in self._entries.items()}

    def head(self, name: str, most: int) -> bytes:
        with _reading():
            stream = self._file.extractfile(self._entries[name])
            return stream.read(most) if stream else b""


class _Folder(Archive):
    """A folder, which Pulumi packs."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @cached_property
    def members(self) -> Mapping[str, ArchivedFile]:
        files: dict[str, ArchivedFile] = {}
        with _reading():
            for path, name in walked(str(self._root)):
                _bounded(len(files))
                facts = Path(path).stat()
                if stat.S_ISREG(facts.st_mode):  # reading a pipe could block forever
                    files[name] = ArchivedFile(facts.st_size)
        return files

    def find(self, name: str) -> ArchivedFile | None:
        if name.startswith("/") or ".." in name.split("/"):
            return None
        path = self._root / name
        with _reading():
            return ArchivedFile(path.stat().st_size) if path.is_file() else None

    def head(self, name: str, most: int) -> bytes:
        with _reading(), (self._root / name).open("rb") as stream:
            return stream.read(most)


class _Assets(Archive):
    """Files and archives that the program puts together."""

    def __init__(self, assets: Mapping[str, Asset]) -> None:
        self._files = {_normal(name): asset for name, asset in assets.items() if not asset.archive}
        self._assets = {_normal(name): asset for name, asset in assets.items() if asset.archive}

    @cached_property
    def _archives(self) -> Mapping[str, Archive]:
        """By the folder that they are put in, with its slash; empty for the archive's own top."""
        return {"" if name == "." else f"{name}/": opened(asset) for name, asset in self._assets.items()}

    @cached_property
    def members(self) -> Mapping[str, ArchivedFile]:
        inner = {
            folder + name: member
            for folder, archive in self._archives.items()
            for name, member in archive.members.items()
        }
        return inner | {name: ArchivedFile(_size(asset)) for name, asset in self._files.items()}

    def find(self, name: str) -> ArchivedFile | None:
        if name in self._files:
            return ArchivedFile(_size(self._files[name]))
        inner = (archive.find(rest) for archive, rest in self._inside(name))
        return next((file for file in inner if file), None)

    def head(self, name: str, most: int) -> bytes:
        if name in self._files:
            return _asset_head(self._files[name], most)
        return next(archive.head(rest, most) for archive, rest in self._inside(name) if archive.find(rest))

    def _inside(self, name: str) -> Iterator[tuple[Archive, str]]:
        for folder, archive in self._archives.items():
            if name.startswith(folder):
                yield archive, name.removeprefix(folder)


def _size(asset: Asset) -> int:
    if asset.text is not None:
        return len(asset.text.encode(errors="surrogatepass"))
    try:
        return _plain(asset).stat().st_size
    except OSError:
        raise AbsentError(_ABSENT) from None


def _asset_head(asset: Asset, most: int) -> bytes:
    if asset.text is not None:
        return asset.text.encode(errors="surrogatepass")[:most]
    try:
        with _plain(asset).open("rb") as stream:
            return stream.read(most)
    except OSError:
        raise AbsentError(_ABSENT) from None


def _plain(asset: Asset) -> Path:
    """The path of a file's content. Only regular files are read: reading a pipe could block forever."""
    if asset.uri is not None:
        raise UnreadableError("holds a file at a URL, and is not read from there")
    path = Path(asset.path or "")
    if asset.path is None or not path.is_file():
        raise AbsentError(_ABSENT)
    return path


def _normal(name: str) -> str:
    return posixpath.normpath(name).lstrip("/") or "."


def _bounded(files: int, unpacked: int = 0) -> None:
    if files > MOST_FILES or unpacked > MOST_UNPACKED:
        raise UnreadableError("is packaged from more than can be read")


@contextlib.contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except _malformed():
        raise UnreadableError("is packaged from a file that cannot be read") from None


@cache
def _malformed() -> tuple[type[Exception], ...]:
    """What reading a broken archive raises. Its modules are imported once there is an archive: a pack starts often."""
    import tarfile
    import zipfile
    import zlib
    from lzma import LZMAError

    return (
        OSError,
        EOFError,
        LZMAError,
        RuntimeError,  # encrypted; NotImplementedError for a compression that Lambda does not know either
        ValueError,
        struct.error,
        tarfile.TarError,
        zipfile.BadZipFile,
        zlib.error,
    )
