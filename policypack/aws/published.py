"""Which files of an archive belong to packages that were published before they were installed into it.

Sources: https://packaging.python.org/en/latest/specifications/recording-installed-packages/ (`RECORD`), and
https://packaging.python.org/en/latest/specifications/direct-url/ (`direct_url.json`).
"""

from __future__ import annotations

import csv
import posixpath
import re

from policypack.aws.archive import Archive

_RECORD = re.compile(r"(?P<root>(?:.*/)?)(?P<info>[^/]+\.dist-info)/RECORD$")
_MOST = 8_000_000
"""Bytes of a record: those of the largest packages have a tenth."""


def published(archive: Archive) -> frozenset[str]:
    """The files that installed packages record, but for those that were installed from a folder: the author's own.

    Raises:
        UnreadableError: the archive cannot be read.
    """
    found: set[str] = set()
    for name in archive.members:
        record = _RECORD.match(name)
        if record and not _is_local(archive, f"{record['root']}{record['info']}/direct_url.json"):
            text = archive.head(name, _MOST).decode(errors="replace").replace("\0", "")
            found |= {posixpath.normpath(record["root"] + row[0]) for row in csv.reader(text.splitlines()) if row}
    return frozenset(found)


def _is_local(archive: Archive, name: str) -> bool:
    return archive.find(name) is not None and b'"dir_info"' in archive.head(name, _MOST)
