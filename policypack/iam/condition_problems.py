"""Problems of conditions by AWS's current reference, which Parliament's data of early 2025 does not have.

Parliament judges a condition only for actions in its data, so it ignores statements about newer actions, `*` and
`NotAction`, and wildcards that are compared as plain text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from policypack.core.spelling import similar
from policypack.iam.actions import condition_keys, documented, multivalued
from policypack.iam.condition_keys import GLOBAL_KEYS
from policypack.iam.condition_types import FAMILIES, family, is_of, mistyped
from policypack.iam.document import Condition, PolicyDocument, Statement
from policypack.iam.tables import DocumentKind

LITERAL = ("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase")
ADDRESSES = ("IpAddress", "NotIpAddress")
TAGS = "aws:tagkeys"
_VARIABLE = re.compile(r"\$\{[^{}]*\}")


def ineffective(document: PolicyDocument) -> Iterator[tuple[str, str]]:
    """The conditions that have no effect, or another than they read: path, and a clause that quotes no value."""
    for statement in document.statements:
        for condition in statement.conditions:
            for clause in _clauses(condition, statement, document.kind):
                yield condition.path, clause


def _clauses(condition: Condition, statement: Statement, kind: DocumentKind) -> Iterator[str]:
    if documented(condition.key) is False and (kind is not DocumentKind.TRUST or condition.name.startswith("aws:")):
        close = similar(condition.name, _known(condition.name), cutoff=0.8)
        hint = f"; did you mean `{_known(condition.name)[close[0]]}`?" if close else ""
        yield f"`{condition.key}` is not in AWS's reference of condition keys, so a request may never have it{hint}"
    if condition.operator in ADDRESSES:
        return  # `iam-invalid-address` reads them
    if family(condition.operator) == "Null":
        if not all(is_of("Null", value) for value in condition.values):
            yield f"`Null` compares {FAMILIES['Null']}, and takes `true` or `false`"
        return
    yield from mistyped(condition, statement, usable=False)
    if condition.operator in LITERAL and any("*" in _VARIABLE.sub("", value) for value in condition.values):
        like = "StringNotLike" if condition.negated else "StringLike"
        yield f"`{condition.operator}` takes `*` for a plain character; `{like}` reads it as a wildcard"


def _known(name: str) -> dict[str, str]:
    """The condition keys of one service, by their lower-case name."""
    service = name.partition(":")[0]
    known = GLOBAL_KEYS if service == "aws" else condition_keys(service)
    return {key.lower(): key for key in known}


def matching_without_key(statement: Statement) -> Iterator[Condition]:
    """The `ForAllValues` conditions of an Allow statement that match requests without their key.

    `ForAllValues` is true for an empty set. On a key with one value this is a mistake, and on a key that describes the
    caller it allows requests that lack the key; on tags and on what a request adds, it does no harm.
    """
    for condition in statement.conditions if statement.allows else ():
        several = multivalued(condition.name)
        wrong = condition.name.startswith("aws:") and condition.name != TAGS if several else several is False
        if condition.qualifier == "ForAllValues" and wrong and not condition.present:
            yield condition
