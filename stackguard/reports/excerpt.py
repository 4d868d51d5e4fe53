"""The statement of a policy document that an outcome is about, as indented JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policypack.core.policy import Outcome, Resource, Unknown, covers
from policypack.core.wire import UNKNOWNS
from policypack.iam.document_readers import documents_of
from stackguard.reports.formatting import printable

UNKNOWN = "(unknown)"
LONGEST = 40
"""Lines of one excerpt; of a longer statement only the lines around the element are shown."""
AROUND = 4
STATEMENT = re.compile(r"Statement(?:\[(\d+)\])?(?=\.|$)\.?")


@dataclass(frozen=True, slots=True)
class StatementPlace:
    """A place in a policy document: the property that contains it, the statement, and the element in it."""

    property: str
    statement: Mapping[str, Any]
    element: str
    """Relative to the statement: `Action[1]`, or empty for the whole statement."""
    sids: tuple[object, ...]
    """The `Sid` of every statement of the document."""


def statement_of(outcome: Outcome) -> StatementPlace | None:
    """The statement that the outcome's path refers to; None for another path."""
    for prefix, document in documents_of(outcome.resource) if "Statement" in outcome.path else ():
        if isinstance(document, Unknown) or not outcome.path.startswith(f"{prefix}.Statement"):
            continue
        match = STATEMENT.match(outcome.path, len(prefix) + 1)
        value = document.raw.get("Statement")
        statements: list[Any] = value if isinstance(value, list) else [value]
        index = int(match[1] or 0) if match else len(statements)
        if match and index < len(statements) and isinstance(statements[index], Mapping):
            sids = tuple(statement.get("Sid") for statement in statements if isinstance(statement, Mapping))
            return StatementPlace(prefix, statements[index], outcome.path[match.end() :], sids)
    return None


def contains_secret(resource: Resource, prefix: str) -> bool:
    """Whether a property is secret, lies in a secret, or contains one."""
    return any(covers(secret, prefix) or covers(prefix, secret) for secret in resource.secrets)


def excerpt(outcome: Outcome) -> list[tuple[bool, str]]:
    """The lines of the statement, each with whether it is in the element; empty for a secret or another path."""
    place = statement_of(outcome)
    if place is None or contains_secret(outcome.resource, place.property):
        return []
    text = json.dumps(place.statement, indent=2, ensure_ascii=False, default=lambda _: UNKNOWN)
    for sentinel in UNKNOWNS:
        text = text.replace(sentinel, UNKNOWN)
    lines = [printable(line) for line in text.split("\n")]
    first, last = _span(lines, place.element)
    marked = [(first <= number < last, line) for number, line in enumerate(lines)]
    return _shortened(marked, first, last)


def _span(lines: list[str], element: str) -> tuple[int, int]:
    """The range of lines of indented JSON of the top-level key that an element's path begins with."""
    name = re.split(r"[.\[]", element)[0]
    first = next((number for number, line in enumerate(lines) if name and line.startswith(f'  "{name}":')), None)
    if first is None:
        return 0, 0
    ends = (number for number in range(first + 1, len(lines)) if re.match(r"(  [^ \]}]|})", lines[number]))
    return first, next(ends, len(lines))


def _shortened(marked: list[tuple[bool, str]], first: int, last: int) -> list[tuple[bool, str]]:
    if len(marked) <= LONGEST:
        return marked
    start = max(0, first - AROUND)
    stop = min(len(marked), max(last if last - first <= LONGEST else first, start) + AROUND, start + LONGEST)
    above = [(False, f"… {start} lines above")] if start else []
    below = [(False, f"… {len(marked) - stop} lines below")] if stop < len(marked) else []
    return [*above, *marked[start:stop], *below]
