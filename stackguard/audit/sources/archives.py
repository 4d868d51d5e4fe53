"""Archives: a tar or zip file goes in, its entries come out, each readable by itself.

A zip is read where it is, in any order. A tar can only be read from its start, so each member that may be a stack is copied
once into a private temporary folder, under a number: no name in an archive becomes a path. Links are no members; a pipe, a
device or a folder that is named like a stack, and a name that has two contents, cannot be read. Of an archive that is cut
off, what can be read is listed, and the rest is an error.
"""

from __future__ import annotations

import filecmp
import gzip
import io
import lzma
import re
import stat
import tarfile
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Self, cast

from stackguard.audit.model import Location
from stackguard.audit.sources import objects, scratch
from stackguard.audit.sources.entries import Entry
from stackguard.audit.sources.members import Members
from stackguard.audit.sources.opening import zstandard
from stackguard.errors import reason

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst")
MOST_MEMBERS = 2_000_000
MOST_BYTES = 64 << 30
"""Unpacked bytes of one archive: a hundred thousand stacks have less than a tenth of it."""
LONGEST_HEADER = 1 << 20
"""Bytes of one header of a tar, its extensions included."""
LONGEST_NUMBER = 100
"""Digits in a row in an extended header."""
LONGEST_DIRECTORY = 64 << 20
"""Bytes of the directory of a zip, which is read whole."""
BLOCK = 1 << 20
PIECE = 1 << 16
ENCRYPTED = 1
"""The flag of an encrypted member. Source: 4.4.4 of https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT."""
RECORD = re.compile(rb"([1-9]\d{0,8}) [^=\n]{1,1024}=")
"""The beginning of a record of an extended header: its length, and its key."""
MODES = {tarfile.DIRTYPE: stat.S_IFDIR, tarfile.CHRTYPE: stat.S_IFCHR, tarfile.BLKTYPE: stat.S_IFBLK}
"""By type of a member of a tar, its mode; a pipe and what is unknown have none."""
SPARSE = "it is sparse in its archive; unpack it, and give the folder"
COMPRESSED = {
    b"\x1f\x8b": "it is compressed with gzip; name it `.tar.gz`",
    b"\x28\xb5\x2f\xfd": "it is compressed with zstd; name it `.tar.zst`",
    b"PK\x03\x04": "it is a zip archive; name it `.zip`",
    b"BZh": "it is compressed with bzip2; unpack it",
    b"\xfd7zXZ\0": "it is compressed with xz; unpack it",
}
"""By first bytes, what a file named `.tar` is."""
CUT_OFF = "only a part of it can be read: it is cut off"
DAMAGED = "only a part of it can be read: it is damaged"
TOO_LARGE = "only a part of it is read: it is larger than an archive may be; unpack it, and give the folder"


def is_archive(name: str) -> bool:
    """Whether a file is an archive, by its name."""
    return name.lower().endswith(SUFFIXES)


def _is_zip(name: str) -> bool:
    return name.lower().endswith(".zip")


def entries(path: Path, wanted: Callable[[str], bool], largest: int) -> Iterator[Entry]:
    """The members of an archive that may be stacks.

    Args:
        path: of the archive.
        wanted: whether a member may be a stack, by its path.
        largest: bytes of one member, of which no more are copied.

    Raises:
        OSError: the archive, or the part of it that follows, cannot be read.
    """
    of_kind = _of_zip if _is_zip(path.name) else _of_tar
    yield from of_kind(path, wanted, largest)


def of_object(url: str, wanted: Callable[[str], bool], largest: int) -> Iterator[Entry]:
    """The members of an archive in an object store, which is copied to this machine while it is listed.

    The arguments are those of `entries`, but for the URL.

    Raises:
        OSError: as by `entries`, or the archive cannot be copied.
    """
    path = Path(tempfile.mkdtemp(dir=scratch.folder()), url.rpartition("/")[2])
    objects.copy(url, path, MOST_BYTES)
    for entry in entries(path, wanted, largest):
        location = entry.location
        yield replace(entry, location=replace(location, url=url, copy=location.copy or str(path)))
    if not _is_zip(url):
        path.unlink()


def member(location: Location) -> IO[bytes]:
    """The content of a member.

    Raises:
        OSError: it cannot be read.
    """
    path = Path(location.copy or location.url)
    if not _is_zip(location.url):
        return path.open("rb")
    status = path.stat()
    archive = _opened_zip(str(path), status.st_mtime_ns, status.st_size)
    if archive.getinfo(location.member).flag_bits & ENCRYPTED:
        raise OSError(0, "it is encrypted in its archive")
    return archive.open(location.member)


@contextmanager
def errors() -> Iterator[None]:
    """Errors of the libraries as errors of the system."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError):
        raise OSError(0, "it is damaged in its archive") from None
    except KeyError:
        raise OSError(0, "its archive does not have it any more") from None
    except (NotImplementedError, RuntimeError):
        raise OSError(0, "it is compressed in its archive in an unknown way") from None


def _of_zip(path: Path, wanted: Callable[[str], bool], _largest: int) -> Iterator[Entry]:
    status = path.stat()
    try:
        with errors():
            members = _opened_zip(str(path.absolute()), status.st_mtime_ns, status.st_size).infolist()
    except OSError as error:
        if error.errno:
            raise
        raise OSError(0, "it is no zip archive, damaged or cut off: its directory is at its end") from None
    size = 0
    found = Members()
    sums: dict[str, tuple[int, int]] = {}
    for info in members:
        name, mode = _plain(info.filename), stat.S_IFDIR if info.is_dir() else info.external_attr >> 16
        found.pass_by(name)
        if stat.S_ISLNK(mode) or not wanted(name):
            continue
        location = Location("archive", str(path.absolute()), info.filename)
        if stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
            found.add_other(name, location, mode)
            continue
        size += info.file_size
        if size > MOST_BYTES:
            break
        modified = "-".join(f"{part:02}" for part in info.date_time)
        sum_ = info.CRC, info.file_size
        found.add(Entry(name, location, info.file_size, modified), is_equal=sums.setdefault(name, sum_) == sum_)
    yield from found.listed()
    if size > MOST_BYTES:
        raise OSError(0, TOO_LARGE)


class _Directory(io.FileIO):
    """A file of which not too much is read at once."""

    def read(self, size: int | None = -1) -> bytes:
        """As of `FileIO`."""
        if size is not None and size > LONGEST_DIRECTORY:
            raise OSError(0, TOO_LARGE)
        return super().read(-1 if size is None else size) or b""


@lru_cache(maxsize=4)
def _opened_zip(path: str, _changed: int, _size: int) -> zipfile.ZipFile:
    """The archive, which stays open in this process."""
    file = _Directory(path)
    try:
        archive = zipfile.ZipFile(file)
    except BaseException:
        file.close()
        raise
    weakref.finalize(archive, file.close)
    return archive


def _of_tar(path: Path, wanted: Callable[[str], bool], largest: int) -> Iterator[Entry]:
    found = Members()
    problem = ""
    with _unpacked(path) as unpacked:
        stream = _Metered(unpacked)
        try:
            _copy_members(path, stream, wanted, largest, found)
            problem = "" if stream.complete else CUT_OFF
        except EOFError:
            problem = CUT_OFF
        except (
            tarfile.TarError,
            zlib.error,
            zstandard().ZstdError,
            RecursionError,
            ValueError,
            OverflowError,
        ) as error:
            problem = CUT_OFF if "unexpected end" in str(error) else DAMAGED
        except OSError as error:
            problem = reason(error) if error.strerror else DAMAGED
    yield from found.listed()
    if problem:
        raise OSError(0, problem)


@contextmanager
def _unpacked(path: Path) -> Iterator[io.BufferedIOBase]:
    name = path.name.lower()
    with path.open("rb") as raw:
        if name.endswith("gz"):
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield unpacked
        elif name.endswith("zst"):
            with zstandard().ZstdFile(raw) as unpacked:
                yield unpacked
        else:
            start = raw.read(8)
            for magic, problem in COMPRESSED.items():
                if start.startswith(magic):
                    raise OSError(0, problem)
            raw.seek(0)
            yield raw


class _Metered:
    """A stream that is read from its start, up to a limit."""

    def __init__(self, stream: io.BufferedIOBase) -> None:
        self._stream = stream
        self.count = 0
        self.limit = MOST_BYTES
        self.complete = False
        """Whether the end of the archive was read."""

    def read(self, size: int = -1) -> bytes:
        """As of a file."""
        block = self._stream.read1(size)  # all that there is before a part that is damaged
        self.count += len(block)
        if self.count > self.limit:
            raise OSError(0, TOO_LARGE)
        return block


def _headers(stream: _Metered) -> type[tarfile.TarInfo]:
    """The reader of headers, which take a bounded part of a stream."""

    class Header(tarfile.TarInfo):
        @classmethod
        def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
            stream.limit = min(stream.count + LONGEST_HEADER, MOST_BYTES)
            stream.complete = len(buf) == tarfile.BLOCKSIZE and not any(buf)
            return super().frombuf(buf, encoding, errors)

        def _proc_pax(self, archive: Any) -> tarfile.TarInfo:
            source = archive.fileobj
            content = source.read(-(-self.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE)
            _check_records(content[: self.size])
            archive.fileobj = _Replayed(content, source)
            try:
                header: tarfile.TarInfo = super()._proc_pax(archive)  # type: ignore[misc]
            finally:
                archive.fileobj = source
            return header

    return Header


class _Replayed:
    """A stream of which the next part has been read already."""

    def __init__(self, content: bytes, stream: Any) -> None:
        self._content: bytes | None = content
        self._stream = stream

    def read(self, size: int) -> bytes:
        """As of a file; the first part is the one that has been read."""
        content, self._content = self._content, None
        rest: bytes = self._stream.read(size) if content is None else content
        return rest

    def tell(self) -> int:
        """As of a file."""
        position: int = self._stream.tell()
        return position

    def seek(self, position: int) -> None:
        """As of a file."""
        self._stream.seek(position)


def _check_records(content: bytes) -> None:
    """Check that an extended header is a row of records, each as long as it says.

    The library takes the square of the length of what is none, and of long numbers.
    Source: "pax Extended Header" in https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html.

    Raises:
        tarfile.HeaderError: it is not.
    """
    at = 0
    while at < len(content) and (match := RECORD.match(content, at)):
        end = at + int(match[1])
        if end < match.end() or content[end - 1 : end] != b"\n":
            break
        at = end
    if content[at:].strip(b"\0") or max(map(len, re.findall(rb"\d+", content)), default=0) > LONGEST_NUMBER:
        raise tarfile.HeaderError("an extended header is damaged")


def _copy_members(path: Path, stream: _Metered, wanted: Callable[[str], bool], largest: int, found: Members) -> None:
    """Copy the members that may be stacks, and add them to those found."""
    folder = Path(tempfile.mkdtemp(dir=scratch.folder()))
    archive: Any = tarfile.open(  # noqa: SIM115 (closed with its stream)
        fileobj=cast("IO[bytes]", stream), mode="r|", bufsize=PIECE, tarinfo=_headers(stream), errors="surrogateescape"
    )
    number = 0
    while (info := archive.next()) is not None:
        stream.limit = MOST_BYTES
        number += 1
        if number > MOST_MEMBERS:
            raise OSError(0, TOO_LARGE)
        name = _plain(info.name)
        found.pass_by(name)
        if wanted(name) and not (info.issym() or info.islnk()):
            copy = folder / str(number)
            location = Location("archive", str(path.absolute()), info.name, str(copy))
            if not info.isreg():
                found.add_other(name, location, MODES.get(info.type, 0))
            elif info.issparse():
                found.add(Entry(name, replace(location, problem=SPARSE), 0), is_equal=False)
            else:
                try:
                    if (content := archive.extractfile(info)) is not None:
                        with content, copy.open("xb") as target:
                            _copy(content, target, largest + 1)
                finally:  # what there is of one that is cut off is no stack
                    former = found.files.get(name)
                    is_equal = former is None or _is_equal(copy, former)
                    found.add(Entry(name, location, info.size, f"{info.mtime:020}"), is_equal=is_equal)
        archive.members.clear()  # they are for other ways to read it


def _is_equal(copy: Path, former: Entry) -> bool:
    """Whether a copy has the content of a former member of its name; what cannot be opened equals nothing."""
    return not former.location.problem and copy.exists() and filecmp.cmp(copy, former.location.copy, shallow=False)


def _copy(source: IO[bytes], target: IO[bytes], most: int) -> None:
    while most > 0 and (block := source.read(min(BLOCK, most))):
        target.write(block)
        most -= len(block)


def _plain(name: str) -> str:
    """The path of a member without what it does not need, such as `./`."""
    return "/".join(part for part in name.split("/") if part not in {"", "."})


def clean() -> None:
    """Remove what was copied from archives."""
    scratch.clean()
    _opened_zip.cache_clear()
