"""Modules that a handler imports, as far as the archive has them, the nearest to the handler first."""

from __future__ import annotations

from collections import deque
from collections.abc import Container

from policypack.python.files import UnreadableError
from policypack.python.modules import Module, NotPythonError, Package

MOST_FILES = 200
MOST_BYTES = 4_000_000
"""What is read at most: the function's own modules are the nearest to the handler, and come first."""


class Sources:
    """The modules of one program by dotted name, and the files of it that do not parse."""

    def __init__(self) -> None:
        self.modules: dict[str, Module] = {}
        self.broken: list[str] = []
        self.cut = False
        """Whether there are more than are read."""


def imported_modules(package: Package, entry: str, known: Container[str] = ()) -> Sources:
    """A module and what it imports, and what those import.

    Args:
        package: where the modules are.
        entry: the dotted name of the handler's module.
        known: packages that are not looked into.

    Raises:
        UnreadableError: the archive cannot be read, or holds no such module.
    """
    found = Sources()
    seen: set[str] = set()
    waiting = deque([entry])
    size = 0
    while waiting:
        name = waiting.popleft()
        if name in seen or not all(name.split(".")) or name.partition(".")[0] in known:
            continue
        seen.add(name)
        if (outer := name.rpartition(".")[0]) and outer not in seen:
            waiting.append(outer)
        try:
            module = package.module(name)
        except NotPythonError as error:
            found.broken.append(error.file)
            continue
        if module is None:
            if name == entry:
                raise UnreadableError(f"holds no module `{entry}`, which the handler is in")
            continue
        size += module.size
        if len(found.modules) == MOST_FILES or size > MOST_BYTES:
            found.cut = True
            return found
        found.modules[name] = module
        waiting += module.named
        for _, each in module.imported:
            waiting += [each.module] + (
                [f"{each.module}.{each.member}" if each.module else each.member] if each.member else []
            )
    return found
