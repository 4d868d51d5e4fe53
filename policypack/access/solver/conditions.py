"""Whether a condition holds for a request, and for which addresses.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime

from policypack.access.solver.partition import Pattern
from policypack.core.caches import bounded_cache
from policypack.iam.addresses import AddressError, Ranges, address_number, everything, nothing
from policypack.iam.document import Condition
from policypack.iam.globs import matches

SOURCE_IP = "aws:sourceip"
VPC_SOURCE_IP = "aws:vpcsourceip"
ADDRESS_KEYS = frozenset({SOURCE_IP, VPC_SOURCE_IP, "ec2-instance-connect:privateipaddress"})
"""Keys, in lower case, whose value is an address."""
ADDRESS_OPERATORS = ("IpAddress", "NotIpAddress")

Values = tuple[str, ...]
"""What a request has for a condition key; several values only if the key is multivalued."""


def address_problems(condition: Condition) -> Iterator[str]:
    """Problems of a condition on an address: clauses that follow the condition's path."""
    if condition.name not in ADDRESS_KEYS:
        if condition.operator in ADDRESS_OPERATORS:
            yield f"`{condition.operator}` compares addresses, and `{condition.key}` has none"
    elif condition.operator not in (*ADDRESS_OPERATORS, "Null"):
        right = f"{'NotIpAddress' if condition.negated else 'IpAddress'}{'IfExists' * condition.if_exists}"
        yield f"`{condition.operator}` compares texts, so no address ever equals a range; write `{right}`"
    elif condition.operator != "Null":
        for index, value in enumerate(condition.values):
            try:
                Ranges.parse(value)
            except AddressError as error:
                yield f"value {index + 1} {error}"


@bounded_cache(4096)
def named(values: tuple[str, ...]) -> Ranges:
    """The addresses that the values name; a malformed value names none."""
    ranges = []
    for value in values:
        with suppress(AddressError):
            ranges.append(Ranges.parse(value))
    return Ranges.union(ranges)


def addresses(condition: Condition, *, passing: bool) -> Ranges:
    """The addresses for which a condition on an address that is present holds, or does not hold."""
    if condition.operator == "Null":
        return everything() if holds(condition, "") is passing else nothing()
    if condition.operator not in ADDRESS_OPERATORS:
        return everything() if condition.negated is passing else nothing()
    return ~named(condition.values) if condition.negated is passing else named(condition.values)


def on_key(conditions: Iterable[Condition], name: str | None) -> list[Condition]:
    """The conditions on a key, in lower case."""
    return [condition for condition in conditions if condition.name == name]


def by_key(conditions: Iterable[Condition]) -> dict[str, list[Condition]]:
    """The conditions by their key, in lower case."""
    grouped: dict[str, list[Condition]] = {}
    for condition in conditions:
        grouped.setdefault(condition.name, []).append(condition)
    return grouped


def holds(condition: Condition, value: str | None) -> bool:
    """Whether the condition holds for a request whose key has this one value, or lacks the key (None)."""
    return met(condition, () if value is None else (value,))


def met(condition: Condition, values: Values) -> bool:
    """Whether a condition holds for what a request has for its key: no value if it lacks the key.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html.
    """
    if condition.operator == "Null":
        return any((value.lower() == "true") == (not values) for value in condition.values)
    if not values:
        if condition.if_exists or condition.qualifier == "ForAllValues":
            return True
        return condition.negated and condition.qualifier != "ForAnyValue"
    meeting = (one_met(condition, value) for value in values)
    return all(meeting) if demands_all(condition) else any(meeting)


def demands_all(condition: Condition) -> bool:
    """Whether every value of a request has to meet the condition, rather than one of them."""
    return condition.qualifier == "ForAllValues" or (not condition.qualifier and condition.negated)


def one_met(condition: Condition, value: str) -> bool:
    """Whether one value of a request meets a condition other than `Null`."""
    if condition.operator in ADDRESS_OPERATORS:
        return (address_number(value) in named(condition.values)) != condition.negated
    compare = _COMPARISONS.get(condition.operator.replace("Not", ""), str.__eq__)
    return any(compare(written, value) for written in condition.values) != condition.negated


def pattern_of(name: str, value: str) -> Pattern:
    """A value as an operator on texts reads it."""
    arn = name.startswith("Arn")
    return Pattern(value, wild=arn or "Like" in name, fold="IgnoreCase" in name, arn=arn)


def _ignoring_case(written: str, value: str) -> bool:
    return written.lower() == value.lower()


def _arn(written: str, value: str) -> bool:
    """Part by part: a wildcard does not match a colon, except in the last part."""
    patterns, parts = written.split(":", 5), value.split(":", 5)
    return len(patterns) == len(parts) and all(map(matches, patterns, parts))


def _numbers(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def decide(written: str, value: str) -> bool:
        left, right = number(value), number(written)
        return left is not None and right is not None and compare(left, right)

    return decide


@bounded_cache(16384)
def number(text: str) -> float | None:
    """The number in a text; dates are numbers too, as seconds since 1970."""
    try:
        value = float(text)
    except ValueError:
        pass
    else:
        return value if math.isfinite(value) else None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


TOO_LARGE = "compares with a number beyond the range of a double, and AWS does not document how it reads one"
"""A clause about a condition of `too_large`."""


def too_large(condition: Condition) -> bool:
    """Whether a condition compares numbers, and one of its own is beyond what a double holds, about 1.8e308.

    AWS states neither a range nor what it does beyond one, so such a condition may be met by any request or by none. A
    date beyond its range is one that AWS refuses (`element_forms.refused_date`).
    """
    return condition.operator.startswith("Numeric") and any(map(_beyond_double, condition.values))


def _beyond_double(text: str) -> bool:
    try:
        return math.isinf(float(text))
    except ValueError:
        return False


_ORDERINGS: Mapping[str, Callable[[float, float], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}
_COMPARISONS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEqualsIgnoreCase": _ignoring_case,
    "StringLike": matches,
    "Bool": _ignoring_case,
    "ArnEquals": _arn,
    "ArnLike": _arn,
    **{f"{kind}{name}": _numbers(compare) for kind in ("Numeric", "Date") for name, compare in _ORDERINGS.items()},
}
"""By positive operator, how a value of the condition compares with a value of the request; others compare for equality."""
