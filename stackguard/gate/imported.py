"""The services of pulumi-aws that several programs mention, so that one import serves them. Nothing depends on this guess."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from stackguard.gate.stacks import own

ATTRIBUTE = re.compile(rb"\baws\.([a-z]\w*)|\bpulumi_aws\.([a-z]\w*)")
NAMES = re.compile(rb"^\s*from\s+pulumi_aws\s+import\s+(\([^)]*\)|[^\n#]*)", re.MULTILINE)
WORD = re.compile(rb"[a-z]\w*")
FILES = 200
"""The most files of a program that are read."""
LONGEST = 1 << 18
"""Bytes of a file that are read."""


def services(folders: Iterable[Path]) -> set[str]:
    """The names that may be those of services, in the Python files of several of these programs."""
    counts = Counter[str]()
    for folder, stacks in Counter(folders).items():
        counts.update(dict.fromkeys({name.decode() for name in _mentioned(folder)}, stacks))
    return {name for name, count in counts.items() if count > 1}


def _mentioned(folder: Path) -> Iterator[bytes]:
    read = 0
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if own(Path(root, name))]
        for file in files:
            if file.endswith(".py") and read < FILES:
                read += 1
                with suppress(OSError), Path(root, file).open("rb") as stream:
                    text = stream.read(LONGEST)
                    yield from (first or second for first, second in ATTRIBUTE.findall(text))
                    for names in NAMES.findall(text):
                        yield from WORD.findall(names)
