"""Containment of policy documents as a question to z3, with which the access engine is compared.

Actions, resources and condition values are strings, statements regular expressions over them. Only what the sample
uses is encoded: string, ARN and boolean operators, `Null`, `IfExists`. A question is whether a request exists that the new
document allows and the old one does not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import z3

TIMEOUT = 10_000
"""Milliseconds that z3 gets for one question."""
OPERATORS = frozenset(
    {
        "StringEquals",
        "StringNotEquals",
        "StringLike",
        "StringNotLike",
        "ArnLike",
        "ArnEquals",
        "ArnNotLike",
        "Bool",
        "Null",
    }
)


class NotEncodedError(Exception):
    """The document has something that is not encoded."""


def newly_allowed(new: Any, old: Any) -> bool | None:
    """Whether the new document allows a request that the old one does not; None if z3 gives up."""
    request = _Request()
    solver = z3.Solver()
    solver.set("timeout", TIMEOUT)
    solver.add(_allowed(new, request), z3.Not(_allowed(old, request)), *request.limits)
    answer = solver.check()
    return None if answer == z3.unknown else bool(answer == z3.sat)


class _Request:
    def __init__(self) -> None:
        self.action, self.resource = z3.String("action"), z3.String("resource")
        self.limits: list[Any] = []

    def key(self, name: str) -> tuple[Any, Any]:
        return z3.Bool(f"has {name.lower()}"), z3.String(name.lower())


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _any_of(text: Any, patterns: Sequence[str]) -> Any:
    return z3.Or(*[_matches(text, pattern) for pattern in patterns])


def _matches(text: Any, pattern: str) -> Any:
    if "*" not in pattern and "?" not in pattern:
        return text == z3.StringVal(pattern)
    return z3.InRe(text, _regex(pattern))


def _regex(pattern: str) -> Any:
    every = z3.AllChar(z3.ReSort(z3.StringSort()))
    parts = [
        z3.Star(every) if piece == "*" else every if piece == "?" else z3.Re(z3.StringVal(piece))
        for piece in re.findall(r"[*?]|[^*?]+", pattern)
    ]
    return parts[0] if len(parts) == 1 else z3.Concat(*parts)


def _arn(text: Any, pattern: str) -> Any:
    """Part by part: each part ends at the next colon."""
    parts = pattern.split(":", 5)
    if len(parts) < 6:
        raise NotEncodedError
    return _matches(text, pattern) if not any("*" in part for part in parts[:5]) else _by_parts(text, parts)


def _by_parts(text: Any, parts: Sequence[str]) -> Any:
    no_colon = z3.Star(z3.Diff(z3.AllChar(z3.ReSort(z3.StringSort())), z3.Re(z3.StringVal(":"))))
    regexes: list[Any] = []
    for part, following in pairwise([*parts, None]):
        if following is None:
            regexes.append(_regex(str(part)) if part else z3.Re(z3.StringVal("")))
            break
        pieces = [
            no_colon if piece == "*" else z3.Re(z3.StringVal(piece)) for piece in re.findall(r"\*|[^*]+", str(part))
        ]
        regexes += [*pieces, z3.Re(z3.StringVal(":"))]
    return z3.InRe(text, z3.Concat(*regexes))


def _allowed(document: Any, request: _Request) -> Any:
    matches = [(statement["Effect"], _applies(statement, request)) for statement in _list(document["Statement"])]
    allows = [match for effect, match in matches if effect == "Allow"]
    denies = [match for effect, match in matches if effect == "Deny"]
    return z3.And(z3.Or(*allows), z3.Not(z3.Or(*denies)))


def _applies(statement: Any, request: _Request) -> Any:
    if not statement.keys() <= {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}:
        raise NotEncodedError
    parts = []
    for element, text, lower in (("Action", request.action, True), ("Resource", request.resource, False)):
        for name, inside in ((element, True), (f"Not{element}", False)):
            if name in statement:
                patterns = [pattern.lower() if lower else pattern for pattern in _list(statement[name])]
                if any("${" in pattern for pattern in patterns):
                    raise NotEncodedError
                match = _any_of(text, patterns)
                parts.append(match if inside else z3.Not(match))
    for operator, keys in statement.get("Condition", {}).items():
        parts += [
            _met(operator, *request.key(key), list(map(str, _list(values))), request) for key, values in keys.items()
        ]
    return z3.And(*parts)


def _met(written: str, present: Any, value: Any, values: Sequence[str], request: _Request) -> Any:
    operator = written.removesuffix("IfExists")
    if operator not in OPERATORS or any("${" in text for text in values):
        raise NotEncodedError
    if operator == "Null":
        return z3.Or(*[z3.Not(present) if text.lower() == "true" else present for text in values])
    if operator == "Bool":
        request.limits.append(z3.Or(value == z3.StringVal("true"), value == z3.StringVal("false")))
        match = z3.Or(*[value == z3.StringVal(text.lower()) for text in values])
    elif operator.startswith("Arn"):
        match = z3.Or(*[_arn(value, pattern) for pattern in values])
    elif operator.endswith("Like"):
        match = _any_of(value, values)
    else:
        match = z3.Or(*[value == z3.StringVal(text) for text in values])
    if "Not" in operator:
        return z3.Or(z3.Not(present), z3.Not(match))
    return z3.Or(z3.Not(present), match) if written.endswith("IfExists") else z3.And(present, match)
