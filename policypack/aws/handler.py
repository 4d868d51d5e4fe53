"""A Lambda function's handler, read from the code that the program packages.

Source: https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator

import msgspec

from policypack.aws.archive import AbsentError, UnreadableError, packaged
from policypack.aws.meaning import FUNCTION
from policypack.policy import Asset, Reading, Resource, Unknown

FIX = "Package the function's code from the program's own folder, and judge the program where that folder is."
NOT_CODE = Unknown("is not an archive of code that can be read here", FIX)


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
    runtime, code, name = inputs.get("runtime"), inputs.get("code"), inputs.get("handler")
    if isinstance(runtime, str) and not runtime.startswith("python"):
        return None
    if code is None or inputs.get("packageType") == "Image" or inputs.get("imageUri") is not None:
        return None
    for path, value in (("runtime", runtime), ("handler", name), ("code", code)):
        if isinstance(value, Unknown):
            return path, value
    if not isinstance(runtime, str) or not isinstance(name, str):
        return None
    if not isinstance(code, Asset):
        return "code", NOT_CODE
    # parsing is paid for only where there is code to parse
    from policypack.aws.python_package import Package
    from policypack.aws.record_loops import read_handler

    try:
        return "code", read_handler(Package(packaged(resource)), name, layered=bool(inputs.get("layers")))
    except AbsentError as error:
        # A state records the hash of code that was read, and judged, where the program ran.
        return None if recorded(code) else ("code", Unknown(str(error), FIX))
    except UnreadableError as error:
        return "code", Unknown(str(error), FIX)
    except RecursionError:
        return "code", Unknown("holds code that is nested too deeply to be read", FIX)


def recorded(code: Asset) -> bool:
    """Whether this comes from a state: the engine adds a hash once it has read the code."""
    return bool(code.hash) or any(recorded(member) for member in (code.members or {}).values())
