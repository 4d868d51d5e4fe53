"""Starts the hosts of programs, each with the services of pulumi-aws that several of its programs mention.

Nothing depends on this guess: a program imports what its host has not.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from stackguard.errors import CannotJudge
from stackguard.gate.stacks import StackTarget, own
from stackguard.preview.project.project import Project, load
from stackguard.preview.server.hosts import Hosts

ATTRIBUTE = re.compile(rb"\baws\.([a-z]\w*)|\bpulumi_aws\.([a-z]\w*)")
NAMES = re.compile(rb"^\s*from\s+pulumi_aws\s+import\s+(\([^)]*\)|[^\n#]*)", re.MULTILINE)
WORD = re.compile(rb"[a-z]\w*")
FILES = 200
"""The most files of a program that are read."""
LONGEST = 1 << 18
"""Bytes of a file that are read."""


def hosts(stacks: Iterable[StackTarget], config: Mapping[str, str]) -> Hosts:
    """Start the hosts of the programs of these stacks."""
    programs = list(_programs(stacks, config))
    return Hosts(programs, services(program.root for program in programs))


def _programs(stacks: Iterable[StackTarget], config: Mapping[str, str]) -> Iterator[Project]:
    """The programs that can be read."""
    for stack in stacks:
        if stack.folder is not None:
            with suppress(CannotJudge):  # it is reported when it is judged
                yield load(stack.folder, stack.stack, config)


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
