"""Policy documents as lines, with the lines of the statement that an outcome is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from policypack.core.memo import memoized
from policypack.core.policy import Outcome, Resource, Unknown, covers
from policypack.evaluation.statement_place import contains_secret
from policypack.iam.document_readers import documents_of
from stackguard.reports.excerpt import json_lines
from stackguard.reports.formatting import printable

LONGEST = 1000
"""Lines of a document; of a longer one only those around the statement are shown."""
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
        spans = (span(document.raw, statement), span(document.raw, steps)) if steps else ((0, 0), (0, 0))
        return _shortened(printable(prefix), _lines(resource, prefix), *spans)
    return None


@memoized
def _lines(resource: Resource, prefix: str) -> tuple[str, ...]:
    """The lines of a document, which all outcomes about it have."""
    document = dict(documents_of(resource))[prefix]
    assert not isinstance(document, Unknown)
    return tuple(json_lines(document.raw))


def span(value: Any, steps: Sequence[str | int]) -> Span:
    """The range of lines that a path leads to in indented JSON; the last part that exists if all of it does not."""
    if not steps:
        return 0, _height(value)
    line = 1
    for key, child in _children(value):
        if key == steps[0]:
            first, last = span(child, steps[1:])
            return line + first, line + last
        line += _height(child)
    if isinstance(steps[0], int) and not isinstance(value, list):  # AWS takes one value for a list of one
        return span(value, steps[1:])
    return 0, _height(value)


def _children(value: Any) -> Iterable[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _height(value: Any) -> int:
    """The number of lines of indented JSON."""
    return 2 + sum(_height(child) for _, child in _children(value)) if value and isinstance(value, dict | list) else 1


def _shortened(path: str, lines: tuple[str, ...], statement: Span, element: Span) -> Marked:
    start = max(0, min(statement[0], element[0] - LONGEST // 2)) if len(lines) > LONGEST else 0
    part = lines[start : start + LONGEST]

    def moved(span: Span) -> Span:
        first, last = (min(max(line - start, 0), len(part)) for line in span)
        return first, last

    return Marked(Document(path, part, start + 1, len(lines)), moved(statement), moved(element))
