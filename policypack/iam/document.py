"""IAM policy documents as frozen values, and the words of their language; `grammar.parse` creates them.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping
from typing import Any

import msgspec

from policypack.iam.tables import DocumentKind

VERSIONS = ("2012-10-17", "2008-10-17")
TOP_LEVEL = frozenset({"Version", "Id", "Statement"})
ELEMENTS = frozenset(
    {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)
PRINCIPAL_TYPES = ("AWS", "Service", "Federated", "CanonicalUser")

OPERATORS = {
    name.lower(): name
    for name in (
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
        "NumericEquals",
        "NumericNotEquals",
        "NumericLessThan",
        "NumericLessThanEquals",
        "NumericGreaterThan",
        "NumericGreaterThanEquals",
        "DateEquals",
        "DateNotEquals",
        "DateLessThan",
        "DateLessThanEquals",
        "DateGreaterThan",
        "DateGreaterThanEquals",
        "Bool",
        "BinaryEquals",
        "IpAddress",
        "NotIpAddress",
        "ArnEquals",
        "ArnLike",
        "ArnNotEquals",
        "ArnNotLike",
        "Null",
    )
}


class Effect(enum.StrEnum):
    """What a statement does with the requests it matches."""

    ALLOW = "Allow"
    DENY = "Deny"


EFFECTS = tuple(Effect)


class Principal(msgspec.Struct, frozen=True, cache_hash=True):
    """One principal: its type (`AWS`, `Service`, `Federated`, `CanonicalUser`) and value. `"*"` alone is AWS `*`."""

    type: str
    value: str

    @property
    def anyone(self) -> bool:
        """Whether this is every caller, anonymous ones included."""
        return self.type == "AWS" and self.value == "*"


class Condition(msgspec.Struct, frozen=True, cache_hash=True):
    """One operator on one key. `operator` is canonical (`IpAddress`); `key` is as written, compare `name`."""

    operator: str
    key: str
    values: tuple[str, ...]
    qualifier: str = ""
    """`ForAllValues`, `ForAnyValue`, or empty."""
    if_exists: bool = False
    path: str = ""
    """Relative to the document: `Statement[0].Condition.IpAddress.aws:SourceIp`."""
    present: bool = False
    """Whether a `Null` condition of the same statement requires the key."""

    @property
    def name(self) -> str:
        """The key in lower case: key names are not case-sensitive."""
        return self.key.lower()

    @property
    def negated(self) -> bool:
        """Whether the operator is a `Not` operator, which matches a request that lacks the key."""
        return "Not" in self.operator

    @property
    def written(self) -> str:
        """The operator with its qualifier and suffix, such as `ForAnyValue:StringLikeIfExists`."""
        return f"{self.qualifier}{':' * bool(self.qualifier)}{self.operator}{'IfExists' * self.if_exists}"


class Statement(msgspec.Struct, frozen=True, cache_hash=True):
    """One statement. An element that is absent is None; values that are unknown are left out and named in `unknown`."""

    path: str
    """Relative to the document: `Statement[0]`, or `Statement` if it is not in a list."""
    effect: Effect
    sid: str | None = None
    actions: tuple[str, ...] | None = None
    not_actions: tuple[str, ...] | None = None
    resources: tuple[str, ...] | None = None
    not_resources: tuple[str, ...] | None = None
    principals: tuple[Principal, ...] | None = None
    not_principals: tuple[Principal, ...] | None = None
    conditions: tuple[Condition, ...] = ()
    unknown: frozenset[str] = frozenset()
    """The elements (`Action`, `Condition` …) in which something is unknown."""

    @property
    def allows(self) -> bool:
        """Whether the effect is Allow."""
        return self.effect is Effect.ALLOW

    def at(self, element: str) -> str:
        """The path of an element of this statement."""
        return f"{self.path}.{element}"


class Spent(msgspec.Struct, eq=False):
    """The work that all questions about one document have taken so far; no part of what the document is."""

    steps: int = 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spent)

    def __hash__(self) -> int:
        return 0


class PolicyDocument(msgspec.Struct, frozen=True, cache_hash=True):
    """A parsed policy document."""

    kind: DocumentKind
    type: str
    """The type token of the resource that carries it."""
    statements: tuple[Statement, ...] = ()
    version: str | None = None
    problems: tuple[tuple[str, str], ...] = ()
    """The reasons why AWS refuses the document, each with its path. A refused document grants nothing."""
    warnings: tuple[tuple[str, str], ...] = ()
    """What AWS accepts and reads in another way than it is written: path and message."""
    unknowns: tuple[tuple[str, str], ...] = ()
    """The unknown leaves: the element (`Action`, …) and the path."""
    source: str | Mapping[str, Any] = ""
    """The document as it was written: JSON text, or a mapping; empty if it could not be read."""
    spent: Spent = msgspec.field(default_factory=Spent)
    """Shared with the documents that are derived from this one."""

    @property
    def raw(self) -> Mapping[str, Any]:
        """The document as a mapping: decoded again, because few ask for it and it is larger than its text."""
        decoded: Mapping[str, Any] = json.loads(self.source or "{}") if isinstance(self.source, str) else self.source
        return decoded

    @property
    def as_granted(self) -> PolicyDocument:
        """The document as AWS applies it: without statements if AWS refuses it."""
        return msgspec.structs.replace(self, statements=(), unknowns=()) if self.problems else self

    @property
    def size(self) -> int:
        """Characters of the minimal JSON text, as IAM counts them against its quotas."""
        return len(minimal(self.raw))

    def exceeds(self, quota: int) -> bool:
        """Whether the minimal JSON text has more characters. Numbers grow most, to five times their length."""
        return not (isinstance(self.source, str) and len(self.source) <= quota // 5) and self.size > quota


def minimal(raw: Mapping[str, Any]) -> str:
    """The minimal JSON text of a document: without white space, and with every character as itself."""
    return json.dumps(raw, separators=(",", ":"), ensure_ascii=False, skipkeys=True, default=lambda _: "")


def split_operator(written: str) -> tuple[str, str | None, bool]:
    """Qualifier, canonical operator (None if there is no such operator) and whether it ends in `IfExists`."""
    qualifier, colon, rest = written.rpartition(":")
    lowered = rest.lower()
    if_exists = lowered.endswith("ifexists")
    operator = OPERATORS.get(lowered.removesuffix("ifexists"))
    known = {"": "", "forallvalues": "ForAllValues", "foranyvalue": "ForAnyValue"}.get(qualifier.lower())
    if known is None or (colon and not qualifier) or (operator == "Null" and if_exists):
        return "", None, False
    return known, operator, if_exists
