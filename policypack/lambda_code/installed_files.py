"""Which files of an archive belong to packages that were published before they were installed into it.

Sources: https://packaging.python.org/en/latest/specifications/recording-installed-packages/ (`RECORD`), and
https://packaging.python.org/en/latest/specifications/direct-url/ (`direct_url.json`), and
https://packaging.python.org/en/latest/specifications/core-metadata/ (`METADATA`).
"""

from __future__ import annotations

import csv
import posixpath
import re
from collections.abc import Iterator

from policypack.lambda_code.archive import Archive

_MOST_OF_A_LIST = 5_000_000
_SDK = re.compile(rb"^Requires-Dist:\s*(?:aio)?boto(?:3|core)\b", re.MULTILINE | re.IGNORECASE)


def published(archive: Archive) -> frozenset[str]:
    """The files that came with packages from an index: `direct_url.json` marks one that was built from a folder here.

    Raises:
        UnreadableError: the archive cannot be read.
    """
    return frozenset(file for folder in _described(archive) for file in _files_of(archive, folder))


def idle(archive: Archive) -> frozenset[str]:
    """The files of published packages that do not need an SDK of AWS, and so call nothing there by themselves.

    Raises:
        UnreadableError: the archive cannot be read.
    """
    names: set[str] = set()
    for folder in _described(archive):
        metadata = f"{folder}/METADATA"
        if metadata in archive.members and not _SDK.search(archive.head(metadata, _MOST_OF_A_LIST)):
            names.update(_files_of(archive, folder))
    return frozenset(names)


def _described(archive: Archive) -> Iterator[str]:
    """The folders that describe published packages."""
    for name in archive.members:
        folder, base = posixpath.split(name)
        if base == "RECORD" and folder.endswith(".dist-info") and f"{folder}/direct_url.json" not in archive.members:
            yield folder


def _files_of(archive: Archive, folder: str) -> Iterator[str]:
    listed = archive.head(f"{folder}/RECORD", _MOST_OF_A_LIST).decode(errors="replace")
    yield from _recorded(listed, posixpath.dirname(folder))


def _recorded(listed: str, root: str) -> Iterator[str]:
    try:
        for row in csv.reader(listed.splitlines()):
            if row:
                yield posixpath.normpath(posixpath.join(root, row[0]))
    except csv.Error:
        return
