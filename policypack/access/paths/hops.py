"""Places on a way, and the hops between them."""

from __future__ import annotations

import enum

import msgspec

from policypack.core.policy import Resource


class Hold(enum.StrEnum):
    """What an attacker has of a place."""

    OUTSIDE = "outside"
    """Nothing: anyone on the internet, or with an AWS account."""
    IDENTITY = "identity"
    """The permissions of a role or a user."""
    ACCOUNT = "account"
    """Every permission in an account."""
    RUN = "run"
    """A run of a function or a state machine with an input of choice."""
    READ = "read"
    WRITE = "write"
    EDIT = "edit"
    """What it is allowed, or the code that it has."""


class Node(msgspec.Struct, frozen=True):
    """A place: what is held, and of which resource, by its URN, or of which account."""

    hold: Hold
    of: str = ""


class Hop(msgspec.Struct, frozen=True):
    """One hop. `by` and `path` are what allows it; without `by` nothing needs to."""

    start: Node
    end: Node
    verb: str
    certain: bool = True
    by: Resource | None = None
    path: str = ""
    why: str = ""
    """What decides it, if it is not certain; else what makes it possible, or empty."""
    example: str = ""
    """A request."""


Way = tuple[Hop, ...]
OUTSIDE = Node(Hold.OUTSIDE)
