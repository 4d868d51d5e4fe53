"""The statement of a policy document that outcomes are about, as indented JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from policypack.core.memo import memoized
from policypack.core.policy import Outcome, Resource
from policypack.core.wire import UNKNOWNS
from policypack.evaluation.placing.statement_place import contains_secret, statement_at
from stackguard.reports.formatting import printable

UNKNOWN = "(unknown)"
LONGEST = 40
"""Lines of one excerpt; of a longer statement only the lines around the element are shown."""
AROUND = 4


def excerpt(outcome: Outcome, *others: Outcome) -> list[tuple[bool, str]]:
    """The lines of the statement, each with whether it is in an element; empty for a secret or another path.

    Args:
        outcome: the first in the statement; a long one is shown around its element.
        others: of the same statement, whose elements are marked too.
    """
    place = statement_at(outcome.resource, outcome.path)
    if place is None or contains_secret(outcome.resource, place.document):
        return []
    lines = _lines(outcome.resource, place.document, place.index)
    elements = [place.element]
    elements += [other.element for path in others if (other := statement_at(path.resource, path.path))]
    spans = [_span(lines, name) for name in dict.fromkeys(re.split(r"[.\[]", element)[0] for element in elements)]
    marks = {number for first, last in spans for number in range(first, last)}
    start, stop, above, below = _shown(len(lines), *spans[0])
    return [*above, *((number in marks, lines[number]) for number in range(start, stop)), *below]


@memoized
def _lines(resource: Resource, document: str, index: int) -> tuple[str, ...]:
    """The lines of a statement, which all outcomes in it have."""
    place = statement_at(resource, f"{document}.Statement[{index}]")
    assert place is not None
    return tuple(json_lines(place.statement))


def json_lines(value: Any) -> list[str]:
    """The printable lines of a value, as indented JSON."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=lambda _: UNKNOWN)
    for sentinel in UNKNOWNS:
        text = text.replace(sentinel, UNKNOWN)
    return [printable(line) for line in text.split("\n")]


def _span(lines: Sequence[str], name: str) -> tuple[int, int]:
    """The range of lines of indented JSON of a top-level key."""
    first = next((number for number, line in enumerate(lines) if name and line.startswith(f'  "{name}":')), None)
    if first is None:
        return 0, 0
    ends = (number for number in range(first + 1, len(lines)) if re.match(r"(  [^ \]}]|})", lines[number]))
    return first, next(ends, len(lines))


def _shown(
    total: int, first: int, last: int
) -> tuple[int, int, Sequence[tuple[bool, str]], Sequence[tuple[bool, str]]]:
    """Of the lines around the element those to show, and what to say of those above and below."""
    if total <= LONGEST:
        return 0, total, (), ()
    start = max(0, first - AROUND)
    stop = min(total, max(last if last - first <= LONGEST else first, start) + AROUND, start + LONGEST)
    above = [(False, f"… {start} lines above")] if start else []
    below = [(False, f"… {total - stop} lines below")] if stop < total else []
    return start, stop, above, below
