"""The statement of a policy document that an outcome is about, as a person would write it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policypack.core.policy import Outcome, Resource, Unknown, covers
from policypack.core.wire import UNKNOWNS
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import documents_of
from stackguard.reports.formatting import printable

UNKNOWN = "(unknown)"
LONGEST = 40
"""Lines of one excerpt; a longer statement is shown around what is blamed."""
AROUND = 4
STATEMENT = re.compile(r"Statement(?:\[(\d+)\])?(?=\.|$)\.?")


@dataclass(frozen=True, slots=True)
class Blamed:
    """A place in a policy document: the property that holds it, the statement, and the element in it."""

    property: str
    statement: Mapping[str, Any]
    element: str
    """Relative to the statement: `Action[1]`, or empty for the whole of it."""
    sids: tuple[object, ...]
    """The `Sid` of every statement of the document."""


def blamed(outcome: Outcome) -> Blamed | None:
    """The statement that the outcome's path leads to; None where it leads elsewhere."""
    for prefix, document in documents_of(outcome.resource) if "Statement" in outcome.path else ():
        if isinstance(document, Unknown) or not outcome.path.startswith(f"{prefix}.Statement"):
            continue
        found = STATEMENT.match(outcome.path, len(prefix) + 1)
        statements = _statements(document)
        index = int(found[1] or 0) if found else len(statements)
        if found and index < len(statements) and isinstance(statements[index], Mapping):
            sids = tuple(each.get("Sid") for each in statements if isinstance(each, Mapping))
            return Blamed(prefix, statements[index], outcome.path[found.end() :], sids)
    return None


def _statements(document: PolicyDocument) -> list[Any]:
    given = document.raw.get("Statement")
    return given if isinstance(given, list) else [given]


def holds_secret(resource: Resource, prefix: str) -> bool:
    """Whether a property is secret, lies in a secret, or has one in it."""
    return any(covers(secret, prefix) or covers(prefix, secret) for secret in resource.secrets)


def excerpt(outcome: Outcome) -> list[tuple[bool, str]]:
    """The lines of the statement, each with whether it is to blame; none where it is secret or there is no statement."""
    place = blamed(outcome)
    if place is None or holds_secret(outcome.resource, place.property):
        return []
    text = json.dumps(place.statement, indent=2, ensure_ascii=False, default=lambda _: UNKNOWN)
    for sentinel in UNKNOWNS:
        text = text.replace(sentinel, UNKNOWN)
    lines = [printable(line) for line in text.split("\n")]
    first, last = _span(lines, place.element)
    marked = [(first <= number < last, line) for number, line in enumerate(lines)]
    return _shortened(marked, first, last)


def _span(lines: list[str], element: str) -> tuple[int, int]:
    """Which lines of indented JSON are of the top-level key that an element's path begins with."""
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
