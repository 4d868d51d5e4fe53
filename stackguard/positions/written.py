"""Values as a source states them: each with its line, as far as the source states it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policypack.core.policy import Position
from policypack.core.wire import UNKNOWNS

COMPARED = frozenset({"sid", "effect", "action", "notaction", "resource", "notresource"})
"""The elements that a data source's block of a statement states in the form of the document."""
COMMON = frozenset({"effect", "version"})
"""The keys whose values are the same in most documents, so that equal ones identify nothing."""
EVERYTHING = "*"
"""A value that identifies nothing."""
MOST_COMPARISONS = 4096
"""Comparisons of the items of one list with those of another."""
DECODER = json.JSONDecoder(strict=False)
SPACE = re.compile(r"\s*")


@dataclass(frozen=True, slots=True)
class Computed:
    """A value that the source computes."""


COMPUTED = Computed()


@dataclass(frozen=True, slots=True)
class Template:
    """A text with parts that the source computes between these."""

    parts: tuple[str, ...]

    def fits(self, text: str) -> bool:
        """Whether a text has these parts, in this order, at its beginning and at its end."""
        first, *inner, last = self.parts
        at = len(first)
        if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
            return False
        for part in inner:
            found = text.find(part, at, len(text) - len(last))
            if found < 0:
                return False
            at = found + len(part)
        return True


@dataclass(frozen=True, slots=True)
class Written:
    """A value in the source. `value` is a constant, a `Template`, a dictionary, a list, or `COMPUTED`."""

    position: Position
    value: Any = COMPUTED
    complete: bool = True
    """Whether it has no other keys or items than these."""
    block: bool = False
    """Whether it is a block of `aws.iam.get_policy_document`."""
    repeated: bool = False
    """Whether it may be several items of its list, as in a comprehension."""
    parts: tuple[Written, ...] = ()
    """What is passed to a function that is not followed."""

    def member(self, name: str) -> Written | None:
        """The value of a key in whatever spelling; its position is that of the key."""
        if not isinstance(self.value, Mapping):
            return None
        members: Mapping[str, Written] = self.value
        return members.get(plain(name)) or (members.get(f"{plain(name)}s") if self.block else None)

    def item(self, index: int, actual: Sequence[Any]) -> Written | None:
        """The item of a list that states the item with this index, if there is exactly one that can.

        Args:
            index: in the actual list.
            actual: the list that the program passes.
        """
        if not isinstance(self.value, list):  # one item stands for a list of one
            return self if len(actual) == 1 and isinstance(self.value, Mapping) else None
        value, items = actual[index], self.value
        if self.complete and len(items) == len(actual):
            same: Written = items[index]
            return same if agreement(same, value) is not None else None
        sid = value.get("Sid") if isinstance(value, Mapping) else None
        named: list[Written] = [item for item in items if sid and (own := item.member("Sid")) and own.value == sid]
        if len(named) == 1 and sum(isinstance(other, Mapping) and other.get("Sid") == sid for other in actual) == 1:
            return named[0]
        fitting = [(item, shared) for item in items if (shared := agreement(item, value)) is not None]
        if len(fitting) != 1 or not fitting[0][1]:
            return None
        (item, _), others = fitting[0], (other for number, other in enumerate(actual) if number != index)
        alone = item.repeated or not any(agreement(item, other) is not None for other in others)
        return item if alone else None

    def dictionaries(self) -> Iterator[Written]:
        """The dictionaries among what is passed to a function that is not followed."""
        for part in (*self.parts, *(self.value if isinstance(self.value, list) else ())):
            if isinstance(part.value, Mapping):
                yield part
            yield from part.dictionaries()


def plain(name: str) -> str:
    """A key in the one spelling for `cidrBlocks`, `cidr_blocks` and `from_`."""
    return name.replace("_", "").lower()


def agreement(written: Written, actual: Any) -> int | None:
    """How many constants of the source agree with a value; None if something does not."""
    value = written.value
    if value is COMPUTED:
        return 0
    if isinstance(value, Mapping):
        return _keys(written, actual)
    if isinstance(value, list):
        return _items(written, actual if isinstance(actual, list) else [actual])
    if isinstance(actual, list) and len(actual) == 1:
        actual = actual[0]
    if isinstance(actual, str) and any(sentinel in actual for sentinel in UNKNOWNS):
        return 0
    if isinstance(value, Template):
        return int(any(value.parts)) if isinstance(actual, str) and value.fits(actual) else None
    return (0 if value == EVERYTHING else 1) if value == actual else None


def _keys(written: Written, actual: Any) -> int | None:
    if not isinstance(actual, Mapping):
        return None
    spelled = {plain(key): value for key, value in actual.items()}
    shared = 0
    for name, member in written.value.items():
        key = name.removesuffix("s") if written.block else name
        if written.block and key not in COMPARED:
            continue
        if key not in spelled:
            if member.value in (None, COMPUTED):
                continue
            return None
        agreed = agreement(member, spelled[key])
        if agreed is None:
            return None
        shared += 0 if key in COMMON else agreed
    return shared


def _items(written: Written, actual: list[Any]) -> int | None:
    items = written.value
    if len(items) * len(actual) > MOST_COMPARISONS:
        return 0
    if written.complete and len(items) < len(actual):
        return None
    shared = 0
    for item in items:
        agreed = [number for value in actual if (number := agreement(item, value)) is not None]
        if not agreed:
            return None
        shared += max(agreed)
    return shared


def from_json(text: str, start: Position, holes: str = "") -> Written | None:
    """The value of a JSON text; None if it is not well-formed.

    Args:
        text: the text; its lines are those of the source.
        start: where it begins.
        holes: the character that stands for what the source computes.
    """
    try:
        value, end = _read(text, _skip(text, 0), start, holes)
    except (ValueError, IndexError, RecursionError):
        return None
    return value if not text[end:].strip() else None


def _read(text: str, at: int, start: Position, holes: str) -> tuple[Written, int]:
    position = Position(start.file, start.line + text.count("\n", 0, at))
    if text[at] not in "{[":
        value, end = DECODER.raw_decode(text, at)
        if holes and isinstance(value, str) and holes in value:
            value = Template(tuple(value.split(holes)))
        return Written(position, value), end
    closing = "}" if text[at] == "{" else "]"
    members: dict[str, Written] = {}
    items: list[Written] = []
    at = _skip(text, at + 1)
    while text[at] != closing:
        if closing == "}":
            line = Position(start.file, start.line + text.count("\n", 0, at))
            key, at = DECODER.raw_decode(text, at)
            at = _skip(text, at)
            if text[at] != ":":
                raise ValueError
            member, at = _read(text, _skip(text, at + 1), start, holes)
            members[plain(str(key))] = Written(line, member.value)
        else:
            item, at = _read(text, at, start, holes)
            items.append(item)
        at = _skip(text, at)
        if text[at] == ",":
            at = _skip(text, at + 1)
        elif text[at] != closing:
            raise ValueError
    return Written(position, members if closing == "}" else items), at + 1


def _skip(text: str, at: int) -> int:
    match = SPACE.match(text, at)
    return match.end() if match else at
