"""A Lambda function's handler, read from the code that the program packages.

Source: https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator

import msgspec

from policypack.aws.archive import Archive
from policypack.aws.packaging import is_packaged, read_code
from policypack.policy import Reading, Resource, Unknown
from policypack.resources.tokens import FUNCTION


class How(enum.StrEnum):
    """How a loop is left: a verb that follows the place."""

    RETURN = "returns"
    BREAK = "breaks off"
    RAISE = "raises"
    EXIT = "ends the process"


class Place(msgspec.Struct, frozen=True):
    """A line of a file of the archive."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Leaving(msgspec.Struct, frozen=True):
    """A statement by which a loop is left while records remain."""

    place: Place
    how: How


class RecordLoop(msgspec.Struct, frozen=True):
    """A loop over the records. `searches` says that it does nothing but look for something among them."""

    place: Place
    leavings: tuple[Leaving, ...]
    searches: bool = False


class Handling(msgspec.Struct, frozen=True):
    """What a handler does with the records of its event."""

    loops: tuple[RecordLoop, ...] = ()
    picks: tuple[Place, ...] = ()
    """Where one record is taken by its place."""
    elsewhere: bool = False
    """Whether all records are gone through without a loop, counted, or given to a library."""


def handlers(resource: Resource) -> Iterator[Reading[Handling]]:
    """What the handler of a Python function does with the records of its event.

    Yields nothing for other runtimes, for container images, for code that lies in a bucket, and for code of which a
    state from another machine has only the hash: there is no code to read. What should be readable and is not is yielded as `Unknown`, with the reason.
    """
    if resource.type == FUNCTION:
        found = resource.once("handling", lambda: _read(resource))
        if found is not None:
            yield found


def _read(resource: Resource) -> Reading[Handling] | None:
    inputs = resource.inputs
    runtime, name = inputs.get("runtime"), inputs.get("handler")
    if isinstance(runtime, str) and not runtime.startswith("python"):
        return None
    if not is_packaged(resource):
        return None
    for path, value in (("runtime", runtime), ("handler", name)):
        if isinstance(value, Unknown):
            return path, value
    if not isinstance(runtime, str) or not isinstance(name, str):
        return None

    def read(archive: Archive) -> Handling | Unknown:
        # parsing is paid for only where there is code to parse
        from policypack.aws.python_package import Package
        from policypack.aws.record_loops import read_handler

        return read_handler(Package(archive), name, layered=bool(inputs.get("layers")))

    found = read_code(resource, read)
    return None if found is None else ("code", found)
