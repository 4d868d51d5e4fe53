"""A slow, obvious evaluator: one request against policy documents as they are written, straight from AWS's rules.

It shares no code with the engine, not even the parser: it reads JSON values.
Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True)
class Asked:
    """A request. `names` are all that a document may call its sender by; `context` is by key in lower case."""

    kind: str
    names: tuple[str, ...]
    account: str | None
    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def allowed(document: Any, asked: Asked) -> bool:
    """An explicit Deny wins, else an Allow is needed."""
    effects = {statement["Effect"] for statement in _list(document["Statement"]) if applies(document, statement, asked)}
    return "Deny" not in effects and "Allow" in effects


def applies(document: Any, statement: Any, asked: Asked) -> bool:
    """Whether every element of the statement matches."""
    wide = document.get("Version") == "2012-10-17"

    def one_of(values: Any, text: str, *, fold: bool = False) -> bool:
        return any(glob(pattern, text, asked if wide else None, fold=fold) for pattern in _list(values))

    if "Action" in statement and not one_of(statement["Action"], asked.action, fold=True):
        return False
    if "NotAction" in statement and one_of(statement["NotAction"], asked.action, fold=True):
        return False
    if "Resource" in statement and not one_of(statement["Resource"], asked.resource):
        return False
    if "NotResource" in statement and one_of(statement["NotResource"], asked.resource):
        return False
    if "Principal" in statement and not named(statement["Principal"], asked):
        return False
    if "NotPrincipal" in statement and excepted(statement["NotPrincipal"], asked):
        return False
    return all(
        holds(operator, values, asked.context.get(key.lower(), ()), asked if wide else None)
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    )


def named(principals: Any, asked: Asked) -> bool:
    if principals == "*":
        return True
    for kind, values in principals.items():
        for value in _list(values):
            if kind == "AWS" and value == "*":
                return True
            if kind != asked.kind:
                continue
            if kind == "AWS" and asked.account and value in (asked.account, f"arn:aws:iam::{asked.account}:root"):
                return True
            if value in asked.names:
                return True
    return False


def excepted(principals: Any, asked: Asked) -> bool:
    """An account that is listed with one of its roles, users or sessions stands for its root user only.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html.
    """
    if principals == "*":
        return True
    identities = ("role/", "user/", "assumed-role/", "federated-user/")
    listed = _list(principals.get("AWS", []))
    of_account = [value for value in listed if value.split(":")[4:5] == [asked.account]]
    if asked.kind == "AWS" and any(value.split(":", 5)[5].startswith(identities) for value in of_account):
        root = f"arn:aws:iam::{asked.account}:root"
        whole = {asked.account, root}
        rest = [value for value in listed if value not in whole]
        return named({"AWS": rest}, asked) or (root in asked.names and not whole.isdisjoint(listed))
    return named(principals, asked)


def holds(written: str, values: Any, sent: tuple[str, ...], asked: Asked | None) -> bool:
    qualifier, _, operator = written.rpartition(":")
    if operator == "Null":
        return any((str(value).lower() == "true") == (not sent) for value in _list(values))
    if_exists = operator.endswith("IfExists")
    operator = operator.removesuffix("IfExists")
    negative = "Not" in operator
    if not sent:
        return if_exists or qualifier == "ForAllValues" or (negative and qualifier != "ForAnyValue")

    def positive(value: str) -> bool:
        return any(equal(operator.replace("Not", ""), _text(each), value, asked) for each in _list(values))

    if qualifier == "ForAllValues":
        return all(positive(value) != negative for value in sent)
    if qualifier == "ForAnyValue":
        return any(positive(value) != negative for value in sent)
    return any(map(positive, sent)) != negative


def equal(operator: str, pattern: str, value: str, asked: Asked | None) -> bool:
    match operator:
        case "StringEquals" | "BinaryEquals":
            return substituted(pattern, asked) == list(value)
        case "StringEqualsIgnoreCase":
            return "".join(map(str, substituted(pattern, asked) or ["\0"])).lower() == value.lower()
        case "Bool":
            return pattern.lower() == value.lower()
        case "StringLike":
            return glob(pattern, value, asked)
        case "ArnLike" | "ArnEquals":
            parts, others = pattern.split(":", 5), value.split(":", 5)
            return len(parts) == len(others) and all(
                glob(part, other, asked) for part, other in zip(parts, others, strict=True)
            )
        case "IpAddress":
            return ipaddress.ip_address(value) in ipaddress.ip_network(pattern, strict=False)
    left, right = number(value), number(pattern)
    if left is None or right is None:
        return False
    return {
        "Equals": left == right,
        "LessThan": left < right,
        "LessThanEquals": left <= right,
        "GreaterThan": left > right,
        "GreaterThanEquals": left >= right,
    }[operator.removeprefix("Numeric").removeprefix("Date")]


def number(text: str) -> float | None:
    for read in (float, lambda each: datetime.fromisoformat(each).replace(tzinfo=UTC).timestamp()):
        try:
            return float(read(text))
        except ValueError:
            continue
    return None


ANY, ONE = object(), object()


def substituted(pattern: str, asked: Asked | None) -> list[Any] | None:
    """The pattern's characters with the values of variables; None where the request lacks one."""
    characters: list[Any] = []
    while pattern:
        if pattern.startswith("${") and asked is not None:
            name, _, pattern = pattern[2:].partition("}")
            if name in ("*", "?", "$"):
                characters += name
                continue
            name, comma, default = name.partition(",")
            values = asked.context.get(name.strip().lower(), ())
            if values:
                characters += values[0]
            elif comma:
                characters += default.strip().strip("'")
            else:
                return None
        else:
            characters.append(pattern[0])
            pattern = pattern[1:]
    return characters


def glob(pattern: str, text: str, asked: Asked | None, *, fold: bool = False) -> bool:
    if fold:
        pattern, text = pattern.lower(), text.lower()
    tokens: list[Any] = []
    rest = pattern
    while rest:
        if rest.startswith("${") and asked is not None:
            name, _, after = rest[2:].partition("}")
            inner = substituted("${" + name + "}", asked)
            if inner is None:
                return False
            tokens += inner
            rest = after
        else:
            tokens.append({"*": ANY, "?": ONE}.get(rest[0], rest[0]))
            rest = rest[1:]
    places = {0}
    for character in [*text, None]:
        grown = set()
        for start in sorted(places):
            end = start
            while end < len(tokens) and tokens[end] is ANY:
                end += 1
            grown.update(range(start, end + 1))
        if character is None:
            return len(tokens) in grown
        places = {place for place in grown if place < len(tokens) and tokens[place] is ANY} | {
            place + 1 for place in grown if place < len(tokens) and (tokens[place] is ONE or tokens[place] == character)
        }
    return False


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
