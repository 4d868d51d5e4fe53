"""What a finished bundle is made of, told without looking at any dependency."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from stackguard.bundle.config import Function
from stackguard.bundle.errors import CannotBundle
from stackguard.bundle.files import File, in_memory
from stackguard.bundle.keys import key_of
from stackguard.bundle.lock_file import find
from stackguard.bundle.sources import collect
from stackguard.errors import reason

KIND = "finished"
OVERSIZED = "oversized.txt"
"""A file of a finished bundle in the cache, where Lambda would refuse it: it holds the reason."""


def own_files(function: Function) -> list[File]:
    """The function's own files, read, by path.

    Raises:
        CannotBundle: there is none, or one cannot be read.
    """
    found = []
    for each in collect(function).files:
        try:
            found.append(in_memory(each.path, each.file.read_bytes(), runs=each.runs))
        except OSError as error:
            raise CannotBundle(f"`{each.file}` cannot be read: {reason(error)}") from None
    return found


def key(function: Function, own: Sequence[File]) -> str:
    """The key of a finished bundle: the bytes of project file and lock, every option, and every own file."""
    lock = find(function)
    try:
        locked = hashlib.sha256(lock.read_bytes()).hexdigest() if lock else ""
    except OSError as error:
        raise CannotBundle(f"`{lock}` cannot be read: {reason(error)}") from None
    stated = hashlib.sha256(function.raw).hexdigest()
    files = [(each.path, each.sha256, each.runs) for each in own]
    return key_of(function.name, stated, lock and lock.name, locked, msgspec.to_builtins(function.table), files)
