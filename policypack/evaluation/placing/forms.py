"""One form for what AWS reads alike in several spellings: an element of a statement, a range of addresses, a default.

IAM ignores the letter case of actions, of operators and keys of conditions and of some of their values, the order and
repetition of items, and whether one item is a list. EC2 and IAM ignore the bits of a range after its mask. A property that
the program sets to nothing, to zero or to false is one that it leaves out. The form is the usual spelling.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html and
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import cache, partial
from ipaddress import ip_network
from typing import Any

from policypack.core.policy import Unknown
from policypack.evaluation.placing.shared_names import ACTION, UNKNOWN
from policypack.iam.condition_keys import ACCOUNT, GLOBAL_KEYS
from policypack.iam.document import split_operator

RANGE = re.compile(r"(?P<address>[0-9A-Fa-f:.]+)/(?P<prefix>\d{1,3})")
ADDRESS = re.compile(r"[0-9A-Fa-f:.]*[:.][0-9A-Fa-f:.]*")
SAME_OPERATOR = {"ArnEquals": "ArnLike", "ArnNotEquals": "ArnNotLike"}
"""Operators that behave identically."""
ANY_CASE = frozenset({"Bool", "Null", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"})
"""Operators that ignore the letter case of values."""


def folded(text: str) -> str:
    """A text as `folded_statement` has it, if it is an action."""
    return text.lower() if ACTION.fullmatch(text) else text


def folded_statement(statement: Mapping[str, Any]) -> dict[str, Any]:
    """A statement without its `Sid`, with actions in lower case; its lists have the same items."""
    return {
        key: _lower(value) if key in {"Action", "NotAction"} else value
        for key, value in statement.items()
        if key != "Sid"
    }


def _lower(value: Any) -> Any:
    if isinstance(value, list):
        return [_lower(item) for item in value]
    return value.lower() if isinstance(value, str) else value


def element(name: str, value: Any) -> Any:
    """The value of an element of a statement of `folded_statement`."""
    if name == "Condition" and isinstance(value, Mapping):
        return unordered(_conditions(value))
    if name.endswith("Principal") and isinstance(value, Mapping):
        return unordered({**value, "AWS": _each(value["AWS"], _root)} if "AWS" in value else value)
    return unordered(value)


def condition_path(operator: str, key: str) -> list[str]:
    """The steps to a key of a condition, or to its operator if the key is empty."""
    return ["Condition", _operator(operator)[1], *([_key(key)] if key else [])]


def unordered(value: Any) -> Any:
    """The value with each list as what it means in a statement: without order and repetition; one item is no list."""
    if isinstance(value, Mapping):
        return {key: unordered(item) for key, item in value.items()}
    if isinstance(value, str):
        return addresses(value)
    if not isinstance(value, list):
        return value
    items = {json.dumps(item, sort_keys=True, default=plain): item for item in map(unordered, value)}
    return next(iter(items.values())) if len(items) == 1 else [items[text] for text in sorted(items)]


def plain(value: Any) -> Any:
    """A value that JSON has not, as one that it has."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence):
        return list(value)
    return UNKNOWN if isinstance(value, Unknown) else type(value).__name__


def addresses(text: str) -> str:
    """A range of addresses in its form; another text as it is."""
    match = RANGE.fullmatch(text.strip()) if "/" in text else None
    if match is None:
        return text
    try:
        return str(ip_network((match["address"], int(match["prefix"])), strict=False))
    except ValueError:
        return text


def is_off(value: Any) -> bool:
    """Whether a property has a value that it also has where the program leaves it out: nothing, zero or false."""
    return value in (None, "", 0, "false", [], {})


def scalar(value: str | float) -> str:
    """The text of a plain value of a property."""
    return "True" if value == "true" else addresses(str(value))


def _conditions(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """The conditions of a statement; as they are where two of them differ by their spelling only."""
    forms: dict[str, Any] = {}
    for written, keys in raw.items():
        operator, name = _operator(written)
        if not isinstance(keys, Mapping):
            return raw
        form = {_key(key): _each(value, partial(_value, operator)) for key, value in keys.items()}
        if len(form) < len(keys) or not form.keys().isdisjoint(forms.get(name, ())):
            return raw
        forms[name] = {**forms.get(name, {}), **form}
    return forms


def _operator(written: str) -> tuple[str, str]:
    """The operator of a condition, empty if there is no such one; and how it is written with its qualifier and suffix."""
    qualifier, operator, if_exists = split_operator(written)
    if operator is None:
        return "", written
    operator = SAME_OPERATOR.get(operator, operator)
    return operator, f"{qualifier}{':' * bool(qualifier)}{operator}{'IfExists' * if_exists}"


def _key(written: str) -> str:
    return _global_keys().get(written.lower(), written.lower())


@cache
def _global_keys() -> Mapping[str, str]:
    """The documented names of keys by their names in lower case."""
    return {key.lower(): key for key in GLOBAL_KEYS}


def _each(value: Any, form: Callable[[Any], Any]) -> Any:
    return [form(item) for item in value] if isinstance(value, list) else form(value)


def _value(operator: str, value: Any) -> Any:
    """A value that an operator compares, as a text."""
    if isinstance(value, bool):
        value = str(value).lower()
    if not isinstance(value, str | int | float):
        return value
    text = str(value)
    if operator in ANY_CASE:
        return text.lower()
    if operator.startswith("Numeric"):
        return _number(text)
    if "Ip" in operator and ADDRESS.fullmatch(text.strip()):
        text = f"{text.strip()}/{128 if ':' in text else 32}"
    return text


def _number(text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return format(number.normalize(), "f") if number.is_finite() and abs(number.adjusted()) < 40 else text


def _root(principal: Any) -> Any:
    """A principal, of which an account that is named by its number has the ARN that means the same."""
    return (
        f"arn:aws:iam::{principal}:root" if isinstance(principal, str) and ACCOUNT.fullmatch(principal) else principal
    )
