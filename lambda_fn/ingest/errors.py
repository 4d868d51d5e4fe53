"""What stops one record, and what ends an invocation. No message quotes the contents of an object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class RefusedError(Exception):
    """The record or its object is at fault: every retry ends the same way, so a person must look at it."""


class OutOfTimeError(Exception):
    """The record has used up its share of the invocation's time."""

    def __init__(self) -> None:
        super().__init__("its share of the time is used up")


@dataclass(frozen=True, slots=True)
class Failure:
    """One record that is not done. `label` is `bucket/key`, or the record's position when it has no readable key."""

    label: str
    reason: str
    permanent: bool

    def __str__(self) -> str:
        return f"{self.label} {'is refused' if self.permanent else 'failed'}: {self.reason}"


class RecordsFailedError(Exception):
    """Raised once, after every record has had its turn, so that Lambda retries the event and then dead-letters it."""

    def __init__(self, failures: Sequence[Failure], received: int) -> None:
        named = "; ".join(str(failure) for failure in failures)
        super().__init__(f"{len(failures)} of {received} records are not done: {named}")
        self.failures = tuple(failures)
