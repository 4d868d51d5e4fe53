"""Whether one thing follows from another, as far as that can be told without the service."""

from __future__ import annotations

import enum


class Proof(enum.IntEnum):
    """Whether something follows."""

    NO = 0
    MAYBE = 1
    YES = 2
