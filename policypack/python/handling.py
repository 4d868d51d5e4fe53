"""What a handler does with the records of its event."""

from __future__ import annotations

import enum

import msgspec

from policypack.python.files import Place


class How(enum.StrEnum):
    """How a loop is left: a verb that follows the place."""

    RETURN = "returns"
    BREAK = "breaks off"
    RAISE = "raises"
    EXIT = "ends the process"


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
