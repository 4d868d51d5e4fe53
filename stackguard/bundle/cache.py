"""Cached folders that are whole or absent: each is filled in a temporary folder and then renamed.

An entry is `KIND-KEY/` with its files and `entry.json`, which has their digests. An entry that does not match its
digests is damaged and is built again. If several processes build the same entry, the first one stays.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from policypack.core.reading.json_errors import NO_JSON
from stackguard.bundle.archive import digest
from stackguard.bundle.errors import CannotBundle, needing_the_extra
from stackguard.errors import reason

VARIABLE = "STACKGUARD_CACHE_DIR"
INDEX = "entry.json"
FORMAT = 2
"""The version of the cache's contents and of how archives are written; a new number invalidates every entry."""

_TEMPORARY = ".making-"
_DAY = 86_400.0
_KEPT_DAYS = {"finished": 2, "dependencies": 30, "materials": 30}
"""How long an unused entry stays. Finished archives are quick to build again."""

_YOUNG = 60.0
"""Seconds for which a temporary folder may belong to a process that has not locked it yet."""


def key_of(*parts: Any) -> str:
    """A digest of the sources of an entry. It includes the compressor's version, because another compresses differently."""
    content = msgspec.json.encode((FORMAT, zlib.ZLIB_RUNTIME_VERSION, *parts))
    return hashlib.sha256(content).hexdigest()[:40]


def root() -> Path:
    """The folder of all entries: in `STACKGUARD_CACHE_DIR`, else in the user's cache folder."""
    if chosen := os.environ.get(VARIABLE):
        return Path(chosen).absolute() / "bundle"
    with needing_the_extra():
        from platformdirs import user_cache_path

    return user_cache_path("stackguard") / "bundle"


def fetch(kind: str, key: str) -> Path | None:
    """The folder of an entry; None if it is missing or damaged."""
    folder = root() / f"{kind}-{key}"
    try:
        index = msgspec.json.decode((folder / INDEX).read_bytes(), type=dict[str, str])
        if any(digest(folder / name) != expected for name, expected in index.items()):
            return None
        with contextlib.suppress(OSError):
            os.utime(folder)
    except (OSError, *NO_JSON):
        return None
    return folder


def store(kind: str, key: str, fill: Callable[[Path], object]) -> Path:
    """Store an entry with the files that `fill` writes, and return its folder.

    Raises:
        CannotBundle: the cache cannot be written.
    """
    place = root() / f"{kind}-{key}"
    with scratch() as folder:
        fill(folder)
        index = {file.name: digest(file) for file in sorted(folder.iterdir())}
        (folder / INDEX).write_bytes(msgspec.json.encode(index))
        _move(folder, place, lambda: fetch(kind, key) is not None)
    return place


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A temporary folder on the cache's own disk, locked while its process runs, so that others can detect an abandoned one.

    Raises:
        CannotBundle: the cache cannot be written.
    """
    try:
        root().mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=root()))
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise _unwritable(error) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield folder
    except OSError as error:
        raise _unwritable(error) from None
    finally:
        os.close(handle)
        shutil.rmtree(folder, ignore_errors=True)


def prune() -> None:
    """Remove entries that have been unused for long, and folders of interrupted processes."""
    now = time.time()
    with contextlib.suppress(OSError):
        for entry in list(os.scandir(root())):
            age = now - entry.stat().st_mtime
            if entry.name.startswith(_TEMPORARY):
                old = age > _YOUNG and not _is_locked(entry.path)
            else:
                old = age > _KEPT_DAYS.get(entry.name.partition("-")[0], age) * _DAY
            if old:
                shutil.rmtree(entry.path, ignore_errors=True)


def _is_locked(folder: str) -> bool:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def _move(folder: Path, place: Path, is_whole: Callable[[], bool]) -> None:
    """Rename a folder to its place; an entry that another process has put there stays if it is whole."""
    damaged = folder.with_name(f"{folder.name}-damaged")
    for _ in range(3):
        try:
            folder.rename(place)
        except OSError:
            if not place.exists():
                raise
            if is_whole():
                return
            with contextlib.suppress(OSError):  # another process may replace the same damaged entry
                place.rename(damaged)
            shutil.rmtree(damaged, ignore_errors=True)
        else:
            return


def _unwritable(error: OSError) -> CannotBundle:
    return CannotBundle(
        f"the cache `{root()}` cannot be written: {reason(error)}; free disk space, or set {VARIABLE} to another folder"
    )
