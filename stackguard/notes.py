"""Notes about a stack that are not outcomes: they never close the gate."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace


class NoteKind(enum.StrEnum):
    """What a note is about."""

    REMEDIATED = "remediated"
    NOT_APPLICABLE = "not-applicable"
    UNANSWERED = "unanswered"
    UNUSED = "unused"
    PROJECT = "project"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Note:
    """One note about some resources.

    `about` names a policy, a function, another stack, a file, a project or an account; `message` is one line; `urns` are
    the resources concerned, or empty for the stack.
    """

    kind: NoteKind
    about: str
    message: str
    urns: tuple[str, ...] = ()


def masked_notes(notes: Iterable[Note], hide: Callable[[str], str]) -> tuple[Note, ...]:
    """The notes without secrets, which `hide` takes out of a text."""
    return tuple(
        replace(each, about=hide(each.about), message=hide(each.message), urns=tuple(map(hide, each.urns)))
        for each in notes
    )


def gathered(notes: Iterable[Note]) -> tuple[Note, ...]:
    """The notes, with equal notes about different resources merged into the first."""
    merged: dict[Note, dict[str, None]] = {}
    for note in notes:
        merged.setdefault(replace(note, urns=()), {}).update(dict.fromkeys(note.urns))
    return tuple(replace(note, urns=tuple(urns)) for note, urns in merged.items())
