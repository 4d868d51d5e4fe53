"""What is found: calls with where their arguments come from, and what cannot be resolved."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from policypack.aws.handler import Place


class Environment(msgspec.Struct, frozen=True):
    """The value of an environment variable, and what the code takes where it is not set."""

    name: str
    default: str | None = None


class Hole(msgspec.Struct, frozen=True):
    """A text that the code does not tell: it comes with the event, or from somewhere else."""

    event: bool = False


Part = str | Environment | Hole


class Text(msgspec.Struct, frozen=True):
    """A text of which some parts are known, in order."""

    parts: tuple[Part, ...]

    @property
    def constant(self) -> str | None:
        """The whole text where all of it stands in the code."""
        return "".join(map(str, self.parts)) if all(isinstance(each, str) for each in self.parts) else None

    def __add__(self, other: Text) -> Text:
        """One after the other."""
        return joined((*self.parts, *other.parts))

    def __str__(self) -> str:
        """As a person reads it: `${NAME}` for a variable of the environment, `…` for what is not known."""
        return "".join(
            each
            if isinstance(each, str)
            else f"${{{each.name}}}"
            if isinstance(each, Environment)
            else "(the event's)"
            if each.event
            else "…"
            for each in self.parts
        )


def joined(parts: Iterable[Part]) -> Text:
    """A text of these parts: neighbours that are known become one, and so do holes."""
    found: list[Part] = []
    for each in parts:
        last = found[-1] if found else None
        if isinstance(each, str) and isinstance(last, str):
            found[-1] = last + each
        elif isinstance(each, Hole) and isinstance(last, Hole):
            found[-1] = Hole(event=each.event and last.event)
        elif each != "":
            found.append(each)
    return Text(tuple(found))


UNKNOWN_TEXT = Text((Hole(),))
EVENT_TEXT = Text((Hole(event=True),))


class Call(msgspec.Struct, frozen=True):
    """One call of an operation, in one way: a helper that is called with two buckets makes two."""

    place: Place
    service: str
    """As botocore names it: `s3`, `stepfunctions`."""
    operation: str
    """As the service names it: `ListObjectsV2`."""
    arguments: tuple[tuple[str, tuple[Text, ...]], ...] = ()
    """By name, each text that an argument may be; texts inside lists and mappings are named `Entries[].EventBusName`."""
    open: bool = False
    """Whether there may be arguments that cannot be read: `**options`."""

    def argument(self, *names: str) -> tuple[Text, ...]:
        """What the first of these arguments that is given may be; nothing where none is."""
        given = dict(self.arguments)
        return next((given[each] for each in names if each in given), ())

    def has(self, *names: str) -> bool:
        """Whether one of these arguments is given."""
        return any(name in names or name.partition("[")[0].partition(".")[0] in names for name, _ in self.arguments)


class Unresolved(msgspec.Struct, frozen=True):
    """What may be a call of AWS, and why it cannot be told which."""

    place: Place
    why: str


class Found(msgspec.Struct, frozen=True):
    """The calls of a package, in the order of its files and lines."""

    calls: tuple[Call, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
