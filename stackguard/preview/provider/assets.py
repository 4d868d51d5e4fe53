"""Hashes of assets and archives, as Pulumi's engine computes them for a resource's inputs.

An asset's hash is that of its content. An archive's hash is that of its file, or of a tar file with an entry for each
member. Nothing is downloaded: a remote asset has no hash here.
Sources: sdk/go/common/resource/asset/asset.go and archive/archive.go of https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from policypack.core.policy import Asset
from policypack.core.values import nested, rebuilt
from policypack.lambda_code.archive import BOOKKEEPING, walked
from stackguard.preview.provider import go_tar

TARS = {".tar": "r|", ".tgz": "r|gz", ".tar.gz": "r|gz"}
ZIPS = (".zip", ".jar")
FORMATS = (*TARS, *ZIPS)
STORED_OR_DEFLATED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # those that Go's reader supports
BLOCK = 1 << 20

Member = tuple[str, int, Iterator[bytes]]
"""A file of an archive: its name, its size in bytes, and its content. The content is read before the next member."""


class Unreadable(ValueError):  # noqa: N818 (the reason is its message)
    """An asset cannot be read, so Pulumi's own preview fails too. The message names the path."""


class _Remote(Exception):  # noqa: N818 (the same)
    """The content is remote."""


def on_disk(value: Any) -> bool:
    """Whether hashing `value` reads files, which takes time."""
    assets = (inner for inner in nested(value) if isinstance(inner, Asset))
    return any(asset.path or asset.uri or on_disk(asset.members) for asset in assets)


def hashed(value: Any, folder: Path) -> Any:
    """`value`, a property map or a value in one, with the hash of each asset in it; the same object if it has none.

    Args:
        value: decoded, as in `Resource.inputs`.
        folder: the program's working folder; relative paths count from it.

    Raises:
        Unreadable: a file is missing, is not a file, or is not an archive of its kind.
    """
    return rebuilt(value, lambda inner: _hashed_asset(inner, str(folder)) if isinstance(inner, Asset) else inner)


def _hashed_asset(asset: Asset, folder: str) -> Asset:
    if asset.hash:
        return asset
    members = asset.members
    if members is not None:
        members = {name: _hashed_asset(member, folder) for name, member in members.items()}
    digest = hashlib.sha256()
    try:
        for block in _hashed_bytes(asset, folder):
            digest.update(block)
    except _Remote:
        return replace(asset, members=members)
    except OSError as error:
        raise Unreadable(f"cannot read `{error.filename or asset.path}`: {error.strerror}") from None
    return replace(asset, members=members, hash=digest.hexdigest())


def _hashed_bytes(asset: Asset, folder: str) -> Iterator[bytes]:
    """The content of an asset or of an archive's file; of any other archive, a tar file with its members."""
    path = _local_path(asset, folder)
    if not asset.archive or (path is not None and path.endswith(FORMATS)):
        _size, content = _content(asset, folder)
        yield from content
        return
    seen = set()
    for name, size, content in _members(asset, folder):
        if name in seen:  # of two files with one name, the first is in the archive
            continue
        seen.add(name)
        if name.endswith("/") and size:
            raise Unreadable(f"`{name}` in an archive is named like a folder but has content")
        yield from go_tar.entry(os.fsencode(name), size, content)
    yield go_tar.END


def _members(archive: Asset, folder: str) -> Iterator[Member]:
    """The files of an archive, in the order in which Pulumi packs them."""
    path = _local_path(archive, folder)
    if path is None:
        for name, member in sorted((archive.members or {}).items()):
            if member.archive:
                for inner, size, content in _members(member, folder):
                    yield os.path.normpath(f"{name}/{inner}"), size, content
            else:
                yield name, *_content(member, folder)
    elif path.endswith(ZIPS):
        yield from _zipped(path)
    elif path.endswith(FORMATS):
        yield from _tarred(path)
    elif os.path.isdir(path):  # noqa: PTH112 (a trailing slash matters to what follows)
        yield from _walked(path)
    else:
        reason = "is neither a folder nor a .zip, .tar, .tgz or .tar.gz file" if os.path.exists(path) else "is missing"  # noqa: PTH110
        raise Unreadable(f"archive `{path}` {reason}")


def _local_path(asset: Asset, folder: str) -> str | None:
    """The file of an asset, or None if the program has its content.

    Raises:
        _Remote: it is remote.
        Unreadable: Pulumi does not support the address.
    """
    if asset.path:
        return asset.path if os.path.isabs(asset.path) else os.path.normpath(f"{folder}/{asset.path}")  # noqa: PTH117
    if not asset.uri:
        return None
    try:
        address = urlsplit(asset.uri)
    except ValueError as error:
        raise Unreadable(f"asset `{asset.uri}` has a malformed address: {str(error).lower()}") from None
    path = unquote(address.path)
    if asset.archive and not path.endswith(FORMATS):
        raise Unreadable(f"archive `{asset.uri}` is not a .zip, .tar, .tgz or .tar.gz file")
    if address.scheme in {"http", "https"}:
        raise _Remote
    if address.scheme == "file" and address.netloc in {"", "localhost"}:
        return path
    raise Unreadable(f"asset `{asset.uri}` has an address of a kind that Pulumi does not read")


def _content(asset: Asset, folder: str) -> tuple[int, Iterator[bytes]]:
    path = _local_path(asset, folder)
    if path is None:
        text = (asset.text or "").encode(errors="surrogatepass")
        return len(text), iter((text,))
    return _file(path)


def _file(path: str) -> tuple[int, Iterator[bytes]]:
    if "\0" in path:
        raise Unreadable(f"asset `{path}` has a malformed path")
    status = os.stat(path)  # noqa: PTH116 (the path may contain bytes that are not text)
    if stat.S_ISDIR(status.st_mode):
        raise Unreadable(f"asset `{path}` is a folder; use an archive for it")
    if not (stat.S_ISREG(status.st_mode) or path == os.devnull):  # reading a pipe might never end
        raise Unreadable(f"asset `{path}` is no plain file")
    return status.st_size, _blocks(lambda: open(path, "rb"), path, status.st_size)  # noqa: PTH123


def _blocks(opened: Callable[[], IO[bytes]], path: str = "", size: int | None = None) -> Iterator[bytes]:
    """The content of a file, which must have this size, if any."""
    length = 0
    with opened() as file:
        while block := file.read(BLOCK):
            length += len(block)
            yield block
    if size not in (None, length):
        raise Unreadable(f"asset `{path}` changed while it was read")


def _walked(root: str) -> Iterator[Member]:
    """The files below a folder, by name; links to files are followed, links to folders are ignored."""
    if os.path.islink(root) or os.path.basename(root) == BOOKKEEPING:  # noqa: PTH114, PTH119
        return  # Pulumi packs nothing of a folder that is a link
    for path, name in walked(root):
        yield name, *_file(path)


def _tarred(path: str) -> Iterator[Member]:
    mode = next(mode for suffix, mode in TARS.items() if path.endswith(suffix))
    if mode == "r|" and not Path(path).stat().st_size:
        return  # an archive without members in Go
    try:
        with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
            for entry in archive:
                if entry.type == tarfile.DIRTYPE:
                    continue
                if entry.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
                    raise Unreadable(f"archive `{path}` contains `{entry.name}`, which is neither a file nor a folder")
                yield os.path.normpath(entry.name), entry.size, _blocks(partial(archive.extractfile, entry))
    except (tarfile.TarError, zlib.error, EOFError) as error:
        raise Unreadable(f"archive `{path}` is malformed: {error}") from None


def _zipped(path: str) -> Iterator[Member]:
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if entry.is_dir():
                    continue
                if entry.compress_type not in STORED_OR_DEFLATED or entry.flag_bits & 1:
                    raise Unreadable(
                        f"archive `{path}` contains `{entry.filename}` encrypted or in an unusual compression"
                    )
                name = entry.orig_filename.encode("utf-8" if entry.flag_bits & 0x800 else "cp437")
                yield os.path.normpath(os.fsdecode(name)), entry.file_size, _blocks(partial(archive.open, entry))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise Unreadable(f"archive `{path}` is malformed: {error}") from None
