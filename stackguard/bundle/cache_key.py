"""The key of a finished bundle, from the function's own files and its lock: no dependency is read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from stackguard.bundle.archive import ArchiveFile
from stackguard.bundle.cache import key_of
from stackguard.bundle.config import FunctionProject
from stackguard.bundle.errors import CannotBundle
from stackguard.bundle.install import lock_file
from stackguard.errors import reason

KIND = "finished"
OVERSIZED = "oversized.txt"
"""A file in the cache beside a finished bundle that Lambda would refuse, with the reason."""


def key(function: FunctionProject, own: Sequence[ArchiveFile]) -> str:
    """The key of a finished bundle: a digest of project file, lock, options and own files."""
    lock = lock_file.find(function)
    try:
        locked = hashlib.sha256(lock.read_bytes()).hexdigest() if lock else ""
    except OSError as error:
        raise CannotBundle(f"`{lock}` cannot be read: {reason(error)}") from None
    project = hashlib.sha256(function.raw).hexdigest()
    files = [(file.path, file.sha256, file.executable) for file in own]
    return key_of(function.name, project, lock and lock.name, locked, msgspec.to_builtins(function.table), files)
