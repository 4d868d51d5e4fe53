"""Two values of one object that exclude one another: a resource's inputs in, places and clauses out.

`tools/property_pairs.py` derives the pairs. Unknown values go with every other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from policypack.core.policy import Resource, Unknown
from policypack.iam.document_readers import values_at
from policypack.resources.property_kinds.table import Pair, conflicting_pairs, ordered_pairs

UNLIMITED = frozenset({0, -1})
"""What stands for an absent maximum or for no limit."""
_NUMBER = re.compile(r"-?\d{1,18}(?:\.\d{1,9})?", re.ASCII)


def pair_problems(resource: Resource) -> Iterator[tuple[str, str]]:
    """The places of minima above their maxima, and of properties beside one that the provider does not take with them."""
    for pair in ordered_pairs(resource.type):
        for place, *values in _values(resource.inputs, pair):
            least, greatest = map(_number, values)
            if least is None or greatest is None or greatest in UNLIMITED:
                continue
            if pair.distance and least not in UNLIMITED and least + pair.distance > greatest:
                needed = f"at least {least + pair.distance:g}, which is {pair.distance} more than `{pair.first}`"
                yield f"{place}{pair.second}", f"takes {needed}, and is {greatest:g}"
            elif not pair.distance and least > greatest:
                yield f"{place}{pair.first}", f"is {least:g}, which is greater than `{pair.second}`, {greatest:g}"
    for pair in conflicting_pairs(resource.type):
        for place, first, second in _values(resource.inputs, pair):
            if first and second and not isinstance(first, Unknown) and not isinstance(second, Unknown):
                yield f"{place}{pair.first}", f"is set beside `{pair.second}`, and only one of the two is taken"


def _values(inputs: Mapping[str, Any], pair: Pair) -> Iterator[tuple[str, Any, Any]]:
    """The objects with both properties: the beginning of their properties' paths, and both values."""
    if pair.place.partition(".")[0].removesuffix("[*]") not in ("", *inputs):
        return
    for path, value in values_at(inputs, pair.place):
        if isinstance(value, Mapping) and pair.first in value and pair.second in value:
            yield f"{path}." if path else "", value[pair.first], value[pair.second]


def _number(value: Any) -> float | None:
    """A number, which some properties take as a text."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
