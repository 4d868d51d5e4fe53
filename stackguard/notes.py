"""What is said about a stack that is no outcome: it never closes the gate."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace


class NoteKind(enum.StrEnum):
    """What a note tells of."""

    REMEDIATED = "remediated"
    NOT_APPLICABLE = "not-applicable"
    UNANSWERED = "unanswered"
    UNUSED = "unused"
    PROJECT = "project"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to know about some resources.

    `about` names a policy, a function, another stack, a file, a project or an account; `message` is one line in the words of an outcome's; `urns` are the resources
    concerned, and empty where it is the stack.
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
    """The notes with those that say the same of several resources made one, in their first order."""
    found: dict[Note, dict[str, None]] = {}
    for note in notes:
        found.setdefault(replace(note, urns=()), {}).update(dict.fromkeys(note.urns))
    return tuple(replace(note, urns=tuple(urns)) for note, urns in found.items())
