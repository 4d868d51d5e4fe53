"""Files of an archive as the reader of code sees them: by name, and lines in them by place."""

from __future__ import annotations

from typing import Protocol

import msgspec


class UnreadableError(Exception):
    """An archive or a file in it cannot be read here. The message is a clause that follows the property's name."""


class CodePlace(msgspec.Struct, frozen=True):
    """A line of a file of the archive."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Files(Protocol):
    """Files by name."""

    def content(self, name: str, /) -> bytes | None:
        """The content of one file, or None if there is none; raises `UnreadableError`."""


def source_of(files: Files, name: str) -> tuple[str, bytes] | None:
    """The file and the text of the module of this dotted name, or None if there is none.

    Raises:
        UnreadableError: it cannot be read.
    """
    base = name.replace(".", "/")
    for file in (f"{base}/__init__.py", f"{base}.py"):  # if there are both, Python imports the package
        content = files.content(file)
        if content is not None:
            return file, content
    return None
