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
    SETTINGS = "settings"


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
    """The notes without secrets, which `hide` masks in a text."""
    return tuple(
        replace(note, about=hide(note.about), message=hide(note.message), urns=tuple(map(hide, note.urns)))
        for note in notes
    )


def merged(notes: Iterable[Note]) -> tuple[Note, ...]:
    """The notes, with equal notes about different resources merged into the first."""
    urns: dict[Note, dict[str, None]] = {}
    for note in notes:
        urns.setdefault(replace(note, urns=()), {}).update(dict.fromkeys(note.urns))
    return tuple(replace(note, urns=tuple(of_note)) for note, of_note in urns.items())
