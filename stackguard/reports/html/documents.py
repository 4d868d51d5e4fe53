"""Policy documents as lines, with the lines of the statement that an outcome is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from policypack.core.memo import memoized
from policypack.core.policy import Outcome, Resource, Unknown, covers
from policypack.evaluation.placing.statement_place import contains_secret
from policypack.iam.document_readers import documents_of
from stackguard.reports.excerpt import json_lines
from stackguard.reports.formatting import printable

LONGEST = 1000
"""Lines of a document; of a longer one only those around the statement are shown."""
SHIFT = LONGEST // 2
"""Parts of a document begin at a multiple of this number of lines: outcomes near each other have the same part."""
STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")

Span = tuple[int, int]


class Document(msgspec.Struct, frozen=True, rename="camel"):
    """The lines of a policy document, and where it is."""

    path: str
    """The property that contains it."""
    lines: tuple[str, ...]
    first: int
    """The number of the first of the lines."""
    total: int
    """The number of lines of the document: of a long one there is only a part."""


class Marked(NamedTuple):
    """A document with the lines of a statement and of the element in it, counted from 0, each without its end."""

    document: Document
    statement: Span
    element: Span


def marked(outcome: Outcome) -> Marked | None:
    """The document that an outcome is about; None for a secret or another path."""
    resource, path = outcome.resource, outcome.path
    for prefix, document in documents_of(resource):
        inside = path.removeprefix(prefix).lstrip(".")
        if isinstance(document, Unknown) or not covers(prefix, path) or contains_secret(resource, prefix):
            continue
        steps = [int(index) if index else name for index, name in STEP.findall(inside)]
        statement = steps[:2] if steps[1:2] and isinstance(steps[1], int) else steps[:1]
        outline = _outline(resource, prefix)
        spans = (outline.span(statement), outline.span(steps)) if steps else ((0, 0), (0, 0))
        return _shortened(printable(prefix), _lines(resource, prefix), *spans)
    return None


@memoized
def _lines(resource: Resource, prefix: str) -> tuple[str, ...]:
    """The lines of a document, which all outcomes about it have."""
    document = dict(documents_of(resource))[prefix]
    assert not isinstance(document, Unknown)
    return tuple(json_lines(document.raw))


@memoized
def _outline(resource: Resource, prefix: str) -> Outline:
    document = dict(documents_of(resource))[prefix]
    assert not isinstance(document, Unknown)
    return Outline(document.raw)


class Outline:
    """Where each part of a value is in its indented JSON; the lines of the parts of one part are counted once."""

    def __init__(self, value: Any) -> None:
        self._value = value
        self._parts: dict[str | int, tuple[int, Outline]] | None = None
        self._height: int | None = None

    @property
    def parts(self) -> Mapping[str | int, tuple[int, Outline]]:
        """By key or index, the first line of each part and its outline."""
        if self._parts is None:
            self._parts, line = {}, 1
            for key, child in _children(self._value):
                outline = Outline(child)
                self._parts[key] = line, outline
                line += outline.height
        return self._parts

    @property
    def height(self) -> int:
        """The number of lines."""
        if self._height is None:
            self._height = sum((part.height for _, part in self.parts.values()), 2) if self.parts else 1
        return self._height

    def span(self, steps: Sequence[str | int]) -> Span:
        """The range of lines that a path leads to; the last part that exists if all of it does not."""
        if steps and (part := self.parts.get(steps[0])):
            line, outline = part
            first, last = outline.span(steps[1:])
            return line + first, line + last
        if steps and isinstance(steps[0], int) and not isinstance(self._value, list):
            return self.span(steps[1:])  # AWS takes one value for a list of one
        return 0, self.height


def _children(value: Any) -> Iterable[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _shortened(path: str, lines: tuple[str, ...], statement: Span, element: Span) -> Marked:
    start = max(0, min(statement[0], element[0] - SHIFT)) // SHIFT * SHIFT if len(lines) > LONGEST else 0
    part = lines[start : start + LONGEST]

    def moved(span: Span) -> Span:
        first, last = (min(max(line - start, 0), len(part)) for line in span)
        return first, last

    return Marked(Document(path, part, start + 1, len(lines)), moved(statement), moved(element))
