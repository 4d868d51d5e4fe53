"""Saved views: a name for the address of a page, in a file of the user's settings, never in the store."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from policypack.core.reading.json_errors import NO_JSON
from stackguard.errors import CannotJudge, reason

PAGES = ("/violations", "/stacks", "/resources", "/access", "/sql", "/difference", "/policies")
"""The pages that can be saved."""
MOST = 500
LONGEST_NAME = 100
LONGEST_ADDRESS = 8000


class View(msgspec.Struct, frozen=True):
    """A page with its filters, under a name."""

    name: str
    address: str


class SavedViews:
    """The views in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()

    def all(self) -> list[View]:
        """The views by name; none if the file is missing.

        Raises:
            CannotJudge: the file cannot be read.
        """
        try:
            content = self._file.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise CannotJudge(f"`{self._file}` cannot be read: {reason(error)}") from None
        try:
            views = msgspec.json.decode(content, type=list[View])
        except NO_JSON:
            raise CannotJudge(f"`{self._file}` is damaged; restore it, or remove it") from None
        return sorted((view for view in views if _ours(view.address)), key=lambda view: view.name.lower())

    def save(self, name: str, address: str) -> None:
        """Save a view; one of the same name is replaced.

        Raises:
            CannotJudge: the name or the address does not fit, or the file cannot be written.
        """
        name = " ".join(name.split())
        if not name or len(name) > LONGEST_NAME:
            raise CannotJudge(f"a view needs a name of at most {LONGEST_NAME} characters")
        if not _ours(address):
            raise CannotJudge("only a page with filters can be saved")
        with self._lock:
            views = [view for view in self.all() if view.name != name]
            if len(views) >= MOST:
                raise CannotJudge(f"there are {MOST} views; remove one first")
            self._write([*views, View(name, address)])

    def remove(self, name: str) -> None:
        """Remove a view if it is there.

        Raises:
            CannotJudge: the file cannot be written.
        """
        with self._lock:
            self._write([view for view in self.all() if view.name != name])

    def _write(self, views: list[View]) -> None:
        temporary = ""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(prefix=".writing-", dir=self._file.parent)
            with os.fdopen(handle, "wb") as stream:
                stream.write(msgspec.json.format(msgspec.json.encode(views), indent=1))
            Path(temporary).replace(self._file)
        except OSError as error:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise CannotJudge(f"`{self._file}` cannot be written: {reason(error)}") from None


def _ours(address: str) -> bool:
    """Whether an address is a page of ours: the file can be edited by others."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return (
        not parts.scheme
        and not parts.netloc
        and not parts.fragment
        and parts.path in PAGES
        and len(address) <= LONGEST_ADDRESS
        and address.isprintable()
        and "\\" not in address
    )
