"""The statement of a policy document that outcomes are about, as indented JSON."""

from __future__ import annotations

import json
import re
from typing import Any

from policypack.core.policy import Outcome
from policypack.core.wire import UNKNOWNS
from policypack.evaluation.statement_place import contains_secret, statement_at
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
    lines = json_lines(place.statement)
    elements = [place.element]
    elements += [other.element for path in others if (other := statement_at(path.resource, path.path))]
    spans = [_span(lines, element) for element in elements]
    marks = {number for first, last in spans for number in range(first, last)}
    return _shortened([(number in marks, line) for number, line in enumerate(lines)], *spans[0])


def json_lines(value: Any) -> list[str]:
    """The printable lines of a value, as indented JSON."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=lambda _: UNKNOWN)
    for sentinel in UNKNOWNS:
        text = text.replace(sentinel, UNKNOWN)
    return [printable(line) for line in text.split("\n")]


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
