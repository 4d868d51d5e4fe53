"""The modules of an archive that a handler imports, as far as the archive has them: file names and texts."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Container, Iterator

from policypack.aws.archive import UnreadableError
from policypack.aws.python_package import Files, absolute, source_of

MOST_FILES = 200
MOST_BYTES = 4_000_000
"""What is read at most: the function's own modules are the nearest to the handler, and come first."""


def imported_sources(archive: Files, handler: str, known: Container[str] = ()) -> dict[str, bytes]:
    """The handler's module and what it imports, and what those import.

    Args:
        archive: its files.
        handler: as Lambda names it: `ingest.handler.handler`.
        known: packages that are not looked into.

    Raises:
        UnreadableError: the archive cannot be read, or holds no such module.
    """
    entry = handler.replace("/", ".").rpartition(".")[0]
    found: dict[str, bytes] = {}
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
        read = source_of(archive, name)
        if read is None:
            if name == entry:
                raise UnreadableError(f"holds no module `{entry}`, which the handler is in")
            continue
        file, text = read
        size += len(text)
        if len(found) == MOST_FILES or size > MOST_BYTES:
            return found
        found[file] = text
        waiting += _imported(text, name if file.endswith("/__init__.py") else name.rpartition(".")[0])
    return found


def _imported(text: bytes, parent: str) -> Iterator[str]:
    """The dotted names that may be modules."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = absolute(parent, node)
            yield module
            yield from (f"{module}.{each.name}" if module else each.name for each in node.names)
