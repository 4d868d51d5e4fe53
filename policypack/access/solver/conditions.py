"""When a condition holds for one request, and which addresses it lets through.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache

from policypack.access.solver.partition import Pattern
from policypack.iam.addresses import AddressError, Ranges, address_number, everything, nothing
from policypack.iam.document import Condition
from policypack.iam.globs import matches

SOURCE_IP = "aws:sourceip"
VPC_SOURCE_IP = "aws:vpcsourceip"
ADDRESS_KEYS = frozenset({SOURCE_IP, VPC_SOURCE_IP, "ec2-instance-connect:privateipaddress"})
"""Keys, in lower case, that hold an address."""
ADDRESS_OPERATORS = ("IpAddress", "NotIpAddress")

Values = tuple[str, ...]
"""What a request has for a condition key; several values only where the key takes them."""


def address_problems(condition: Condition) -> Iterator[str]:
    """What is wrong with a condition on an address: clauses that follow the condition's path."""
    if condition.name not in ADDRESS_KEYS:
        if condition.operator in ADDRESS_OPERATORS:
            yield f"`{condition.operator}` compares addresses, and `{condition.key}` holds none"
    elif condition.operator not in (*ADDRESS_OPERATORS, "Null"):
        yield f"`{condition.operator}` compares texts, so no address ever equals a range; write `{_address_operator(condition)}`"
    elif condition.operator != "Null":
        for index, value in enumerate(condition.values):
            try:
                Ranges.parse(value)
            except AddressError as error:
                yield f"value {index + 1} {error}"


def _address_operator(condition: Condition) -> str:
    suffix = "IfExists" if condition.if_exists else ""
    return f"{'NotIpAddress' if condition.negated else 'IpAddress'}{suffix}"


@lru_cache(maxsize=4096)
def named(values: tuple[str, ...]) -> Ranges:
    """The addresses that the values name; those that are malformed name none."""
    return Ranges.union(_ranges(values))


def _ranges(values: Iterable[str]) -> Iterator[Ranges]:
    for value in values:
        try:
            yield Ranges.parse(value)
        except AddressError:
            yield nothing()


def passing(condition: Condition) -> Ranges:
    """The addresses for which a condition on an address that is present holds."""
    return _side(condition, passes=True)


def refused(condition: Condition) -> Ranges:
    """The addresses for which it does not hold: the complement of `passing`."""
    return _side(condition, passes=False)


def _side(condition: Condition, *, passes: bool) -> Ranges:
    if condition.operator == "Null":
        return everything() if holds(condition, "") is passes else nothing()
    if condition.operator not in ADDRESS_OPERATORS:
        return everything() if condition.negated is passes else nothing()
    return _outside(condition.values) if condition.negated is passes else named(condition.values)


@lru_cache(maxsize=4096)
def _outside(values: tuple[str, ...]) -> Ranges:
    return ~named(values)


def holds(condition: Condition, value: str | None) -> bool:
    """Whether the condition holds for a request whose key has this one value, or lacks the key (None)."""
    return met(condition, () if value is None else (value,))


def met(condition: Condition, values: Values) -> bool:
    """Whether a condition holds for what a request has for its key: no value where it lacks the key.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html.
    """
    if condition.operator == "Null":
        return any((each.lower() == "true") == (not values) for each in condition.values)
    if not values:
        if condition.if_exists or condition.qualifier == "ForAllValues":
            return True
        return condition.negated and condition.qualifier != "ForAnyValue"
    each_one = (one_met(condition, each) for each in values)
    return all(each_one) if demands_all(condition) else any(each_one)


def demands_all(condition: Condition) -> bool:
    """Whether every value of a request has to meet the condition, rather than one of them."""
    return condition.qualifier == "ForAllValues" or (not condition.qualifier and condition.negated)


def one_met(condition: Condition, value: str) -> bool:
    """Whether one value of a request meets a condition other than `Null`."""
    if condition.operator in ADDRESS_OPERATORS:
        return _inside(condition.values, value) != condition.negated
    compare = _COMPARISONS.get(condition.operator.replace("Not", ""), _equal)
    return any(compare(each, value) for each in condition.values) != condition.negated


def pattern_of(operator: str, value: str) -> Pattern:
    """How an operator on texts reads one of its values."""
    arn = operator.startswith("Arn")
    return Pattern(value, wild=arn or "Like" in operator, fold="IgnoreCase" in operator, arn=arn)


def _inside(values: tuple[str, ...], address: str) -> bool:
    bounds, at = _bounds(values), address_number(address)
    return at is not None and bisect_right(bounds, at) % 2 == 1


@lru_cache(maxsize=4096)
def _bounds(values: tuple[str, ...]) -> list[tuple[int, int]]:
    """Where the ranges begin and where the addresses behind them do, in order."""
    return named(values).bounds()


def _equal(written: str, value: str) -> bool:
    return written == value


def _ignoring_case(written: str, value: str) -> bool:
    return written.lower() == value.lower()


def _arn(written: str, value: str) -> bool:
    """Part by part: a wildcard does not reach over a colon, save in the last part."""
    patterns, parts = written.split(":", 5), value.split(":", 5)
    return len(patterns) == len(parts) and all(map(matches, patterns, parts))


def _numbers(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def decide(written: str, value: str) -> bool:
        left, right = number(value), number(written)
        return left is not None and right is not None and compare(left, right)

    return decide


def number(text: str) -> float | None:
    """The number that a text spells; dates are numbers too, as seconds since 1970."""
    try:
        return float(text)
    except ValueError:
        return _moment(text)


def _moment(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


_ORDERINGS: dict[str, Callable[[float, float], bool]] = {
    "Equals": lambda left, right: left == right,
    "LessThan": lambda left, right: left < right,
    "LessThanEquals": lambda left, right: left <= right,
    "GreaterThan": lambda left, right: left > right,
    "GreaterThanEquals": lambda left, right: left >= right,
}

_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": _equal,
    "StringEqualsIgnoreCase": _ignoring_case,
    "StringLike": matches,
    "Bool": _ignoring_case,
    "BinaryEquals": _equal,
    "ArnEquals": _arn,
    "ArnLike": _arn,
    **{f"{kind}{name}": _numbers(compare) for kind in ("Numeric", "Date") for name, compare in _ORDERINGS.items()},
}
