"""Folders that are whole or absent: each is filled beside its place and moved there at once.

An entry is `KIND-KEY/` with its files and `entry.json`, which has their digests. What does not agree with it was damaged,
and is made anew. Several processes may make the same entry: the first one's stays.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from stackguard.bundle.errors import CannotBundle, needing_the_extra
from stackguard.bundle.files import digest
from stackguard.errors import reason

VARIABLE = "STACKGUARD_CACHE_DIR"
INDEX = "entry.json"
_TEMPORARY = ".making-"
_DAY = 86_400.0
_KEPT_DAYS = {"finished": 2, "dependencies": 30, "materials": 30}
"""How long an entry stays that nobody uses. Finished archives are made again in a moment."""

_YOUNG = 60.0
"""Seconds for which a temporary folder is surely its maker's, who may not have locked it yet."""


def root() -> Path:
    """Where entries are: `STACKGUARD_CACHE_DIR`, else the user's cache folder."""
    if chosen := os.environ.get(VARIABLE):
        return Path(chosen).absolute() / "bundle"
    with needing_the_extra():
        from platformdirs import user_cache_path

    return user_cache_path("stackguard") / "bundle"


def fetch(kind: str, key: str, *, whole: bool = True) -> Path | None:
    """The folder of an entry; None where there is none, or a damaged one.

    Args:
        kind: of what.
        key: what the entry is made of, as a digest.
        whole: read all of it; else only see that it is there.
    """
    folder = root() / f"{kind}-{key}"
    try:
        index = msgspec.json.decode((folder / INDEX).read_bytes(), type=dict[str, str])
        for name, expected in index.items():
            if whole and digest(folder / name) != expected:
                return None
        with contextlib.suppress(OSError):
            os.utime(folder)
    except (OSError, msgspec.DecodeError):
        return None
    return folder


def store(kind: str, key: str, fill: Callable[[Path], None]) -> Path:
    """Make an entry, and give its folder.

    Raises:
        CannotBundle: the cache cannot be written.
    """
    place = root() / f"{kind}-{key}"
    with _temporary(place.parent) as folder:
        fill(folder)
        index = {each.name: digest(each) for each in sorted(folder.iterdir())}
        (folder / INDEX).write_bytes(msgspec.json.encode(index))
        _move(folder, place, lambda: fetch(kind, key) is not None)
    return place


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A folder to work in, on the cache's own disk; it is gone afterwards.

    Raises:
        CannotBundle: the cache cannot be written.
    """
    with _temporary(root()) as folder:
        yield folder


def prune() -> None:
    """Remove what nobody has used for long, and what makers left that were ended in the middle."""
    now = time.time()
    with contextlib.suppress(OSError):
        for entry in list(os.scandir(root())):
            age = now - entry.stat().st_mtime
            kind = entry.name.partition("-")[0]
            if entry.name.startswith(_TEMPORARY):
                if age > _YOUNG and not _held(entry.path):
                    shutil.rmtree(entry.path, ignore_errors=True)
            elif age > _KEPT_DAYS.get(kind, age) * _DAY:
                shutil.rmtree(entry.path, ignore_errors=True)


@contextlib.contextmanager
def _temporary(above: Path) -> Iterator[Path]:
    """A new folder that is locked while its maker lives, so that others know when it is abandoned."""
    import fcntl

    try:
        above.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=above))
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


def _held(folder: str) -> bool:
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def _move(folder: Path, place: Path, good: Callable[[], bool]) -> None:
    """Put a folder in its place; what another has put there stays if it is good."""
    for _ in range(3):
        try:
            folder.rename(place)
        except OSError:
            if not place.exists():
                raise
            if good():
                return
            with contextlib.suppress(OSError):  # another may replace the same damaged entry
                place.rename(folder.with_name(f"{folder.name}-damaged"))
            shutil.rmtree(folder.with_name(f"{folder.name}-damaged"), ignore_errors=True)
        else:
            return


def _unwritable(error: OSError) -> CannotBundle:
    return CannotBundle(
        f"the cache `{root()}` cannot be written: {reason(error)}; make room or give another folder in {VARIABLE}"
    )
