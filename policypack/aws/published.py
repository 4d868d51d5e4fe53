"""Which files of an archive belong to packages that were published before they were installed into it.

Sources: https://packaging.python.org/en/latest/specifications/recording-installed-packages/ (`RECORD`), and
https://packaging.python.org/en/latest/specifications/direct-url/ (`direct_url.json`).
"""

from __future__ import annotations

import csv
import posixpath
from collections.abc import Iterator

from policypack.aws.archive import Archive

_MOST_OF_A_LIST = 5_000_000


def published(archive: Archive) -> frozenset[str]:
    """The files that came with packages from an index: one that was built from a folder here says so itself.

    Raises:
        UnreadableError: the archive cannot be read.
    """
    found: set[str] = set()
    for name in archive.members:
        folder, base = posixpath.split(name)
        if base == "RECORD" and folder.endswith(".dist-info") and f"{folder}/direct_url.json" not in archive.members:
            listed = archive.head(name, _MOST_OF_A_LIST).decode(errors="replace")
            found |= set(_recorded(listed, posixpath.dirname(folder)))
    return frozenset(found)


def _recorded(listed: str, root: str) -> Iterator[str]:
    try:
        for row in csv.reader(listed.splitlines()):
            if row:
                yield posixpath.normpath(posixpath.join(root, row[0]))
    except csv.Error:
        return
